from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import tape

MODES = pytest.mark.parametrize("kernel", [tape, load_pure("tape")], ids=["built", "pure"])
ROWS = 3


class State:
    def __init__(self, kernel: ModuleType, series: int = 2) -> None:
        self.kernel = kernel
        self.head = np.full(series, -1, np.int64)
        self.ring = [np.zeros((series, ROWS), dtype) for dtype in (np.int64, np.float64, np.float32, np.uint8)]
        self.last: list[Any] = [np.zeros(series, dtype) for dtype in (np.float64, *[np.int64] * 3, np.float64)]

    def append(self, trades: list[tuple[int, int, float]], fresh: list[int]) -> int:
        """(slot, time, price), each of size 2 and received 5 later."""
        n = len(trades)
        slot, ts, price = (list(column) for column in zip(*trades, strict=True))
        at = np.array(ts, np.int64)
        added: int = self.kernel.append(
            np.array(slot, np.int32), at, at + 5, np.array(price, np.float64), np.full(n, 2.0), np.ones(n, np.uint8),
            np.array(fresh, np.uint8), n, self.head, *self.ring, *self.last,
        )  # fmt: skip
        return added


@MODES
def test_fresh_trades_go_behind_the_newest_of_their_series(kernel: ModuleType) -> None:
    made = State(kernel)

    added = made.append([(0, 10, 1.0), (1, 11, 7.0), (0, 12, 2.0), (0, 13, 3.0)], [1, 1, 0, 1])

    assert added == 3
    assert made.head.tolist() == [1, 0]
    assert made.ring[0].tolist() == [[10, 13, 0], [11, 0, 0]]
    assert made.ring[1].tolist() == [[1.0, 3.0, 0.0], [7.0, 0.0, 0.0]]
    assert made.ring[3].tolist() == [[1, 1, 0], [1, 0, 0]]
    price, event, recv, trades, turnover = (column.tolist() for column in made.last)
    assert (price, event, recv, trades, turnover) == ([3.0, 7.0], [13, 11], [18, 16], [2, 1], [8.0, 14.0])


@MODES
def test_the_oldest_is_overwritten(kernel: ModuleType) -> None:
    made = State(kernel)

    made.append([(0, at, float(at)) for at in range(1, 6)], [1] * 5)

    assert made.head.tolist() == [4, -1]
    assert made.ring[0][0].tolist() == [4, 5, 3]


@MODES
def test_a_trade_from_before_the_newest_does_not_become_the_last_price(kernel: ModuleType) -> None:
    made = State(kernel)

    made.append([(0, 10, 1.0), (0, 9, 9.0), (0, 10, 2.0)], [1, 1, 1])

    assert made.last[0][0] == 2.0
    assert made.last[1][0] == 10
    assert made.last[2][0] == 15
    assert made.last[3][0] == 3
