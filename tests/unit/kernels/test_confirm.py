import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import confirm
from tidemark.model.candle import Origin
from tidemark.model.events import KlineRow

MODES = pytest.mark.parametrize("kernel", [confirm, load_pure("confirm")], ids=["built", "pure"])
ROWS = 8


class Columns:
    """*count* intervals of 10 ns from bucket 100 on, prices of 10 ticks a unit."""

    def __init__(self, kernel: ModuleType, count: int = 4) -> None:
        self.kernel = kernel
        self.count = count
        self.present = np.ones(count, np.uint8)
        self.prices = np.zeros((count, 4), np.int64)
        self.sums = np.zeros((count, 3))
        self.trades = np.zeros(count, np.int64)
        self.tally = np.zeros(3, np.int64)
        self.in_gap = np.zeros(count, np.uint8)
        self.verdict = np.zeros(count, np.uint8)
        self.fields = np.zeros(count, np.uint8)
        self.head = np.array([-1], np.int64)
        self.rows: list[Any] = [np.zeros((1, ROWS), t) for t in (*[np.int32] * 4, *[np.float32] * 3, np.uint32)]

    def read(self, *rows: KlineRow) -> int:
        taken: int = self.kernel.read(
            rows, 100, self.count, 10, 10.0, self.present, self.prices, self.sums, self.trades, self.tally
        )
        return taken

    def judge(self, *, whole_only: bool = False, opens_at_close: bool = False) -> int:
        written: int = self.kernel.judge(
            0, 100, self.count, self.present, self.prices, self.sums, self.trades, self.in_gap, whole_only,
            opens_at_close, 0.5, 10.0, self.head, *self.rows, self.verdict, self.fields,
        )  # fmt: skip
        return written

    def hold(self, bucket: int, *values: float, origin: Origin, trades: int = 1) -> None:
        for column, value in zip(self.rows[:7], values, strict=True):
            column[0, bucket % ROWS] = value
        self.rows[7][0, bucket % ROWS] = origin | trades << 4
        self.head[0] = max(int(self.head[0]), bucket)

    def row(self, bucket: int) -> tuple[Any, ...]:
        marks = int(self.rows[7][0, bucket % ROWS])
        return (*(column[0, bucket % ROWS].item() for column in self.rows[:7]), marks & 7, bool(marks & 8), marks >> 4)


def kline(open_time: int, *prices: float, volume: float = 2.0, **told: Any) -> KlineRow:
    opened, high, low, close = prices or (5.0, 5.2, 4.9, 5.1)
    return KlineRow(open_time, opened, high, low, close, volume, volume * 5, **told)


@MODES
def test_rows_find_their_place_in_whatever_order_they_come(kernel: ModuleType) -> None:
    made = Columns(kernel)

    taken = made.read(kline(1030, trades=3, bought=0.5), kline(1000, 6.0, 6.1, 6.0, 6.1))

    assert taken == 2
    assert made.present.tolist() == [1, 0, 0, 1]
    assert made.prices[[0, 3]].tolist() == [[60, 61, 60, 61], [50, 52, 49, 51]]
    assert made.sums[[0, 3]].tolist() == [[2.0, 10.0, 0.0], [2.0, 10.0, 0.5]]
    assert made.trades[[0, 3]].tolist() == [0, 3]
    assert made.tally.tolist() == [0, 0, 0]


@MODES
@pytest.mark.parametrize(
    "row",
    [
        kline(1001), kline(-10), kline(2**70 * 10), kline(1000, 5.0, 4.0, 5.0, 5.0), kline(1000, 5.0, 5.2, 5.1, 5.1),
        kline(1000, math.nan, 5.2, 4.9, 5.1), kline(1000, 5.0, math.inf, 4.9, 5.1), kline(1000, 0.0, 1.0, 0.0, 1.0),
        kline(1000, -5.0, -5.0, -5.0, -5.0), kline(1000, 3e8, 3e8, 3e8, 3e8), kline(1000, 5.0, 5.2, 0.01, 5.1),
        kline(1000, volume=-1.0), kline(1000, volume=math.nan), kline(1000, volume=1e300),
        kline(1000, trades=-1, bought=1.0), kline(1000, trades=1, bought=3.0), kline(1000, trades=1, bought=math.nan),
    ],
)  # fmt: skip
def test_a_row_that_no_candle_can_have_is_refused_and_counted(kernel: ModuleType, row: KlineRow) -> None:
    made = Columns(kernel)

    assert made.read(row) == 0

    assert made.present.tolist() == [0, 0, 0, 0]
    assert made.tally.tolist() == [0, 1, 0]


@MODES
def test_what_stands_there_twice_counts_once_and_what_was_not_asked_for_not_at_all(kernel: ModuleType) -> None:
    made = Columns(kernel)

    taken = made.read(
        kline(1010), kline(1010, 6.0, 6.0, 6.0, 6.0), kline(990), kline(1040), kline(1020, 5.0, 5.25, 5, 5)
    )

    assert taken == 2
    assert made.prices[1].tolist() == [50, 52, 49, 51]
    assert made.tally.tolist() == [2, 1, 1]


@MODES
def test_an_absent_row_is_written_and_says_whether_it_was_in_a_gap(kernel: ModuleType) -> None:
    made = Columns(kernel)
    made.read(kline(1000), kline(1010, trades=7, bought=1.5))
    made.in_gap[1] = 1

    assert made.judge() == 2

    assert made.row(100) == (50, 52, 49, 51, 2.0, 10.0, 0.0, Origin.EXCHANGE, False, 0)
    assert made.row(101) == (50, 52, 49, 51, 2.0, 10.0, 1.5, Origin.REPAIRED, False, 7)
    assert made.verdict.tolist() == [1, 2, 0, 0]
    assert made.head.tolist() == [101]


@MODES
def test_older_rows_can_be_written_behind_the_head(kernel: ModuleType) -> None:
    made = Columns(kernel)
    made.hold(103, 50, 50, 50, 50, 1, 5, 1, origin=Origin.TRADES)
    made.read(kline(1010))

    made.judge()

    assert made.head.tolist() == [103]
    assert [made.row(bucket)[7] for bucket in (101, 102, 103)] == [Origin.EXCHANGE, Origin.ABSENT, Origin.TRADES]


@MODES
@pytest.mark.parametrize("origin", [Origin.PARTIAL, Origin.FILLED])
def test_a_row_that_was_not_seen_whole_gives_way_as_repaired(kernel: ModuleType, origin: Origin) -> None:
    made = Columns(kernel, 1)
    made.hold(100, 50, 50, 50, 50, 0, 0, 0, origin=origin, trades=0)
    made.read(kline(1000, trades=4, bought=1.0))

    assert made.judge(whole_only=True) == 1

    assert made.row(100) == (50, 52, 49, 51, 2.0, 10.0, 1.0, Origin.REPAIRED, True, 4)
    assert made.verdict.tolist() == [2]


@MODES
def test_a_whole_row_that_agrees_stays_as_it_is(kernel: ModuleType) -> None:
    made = Columns(kernel, 1)
    made.hold(100, 50, 52, 49, 51, 2.0, 10.0, 1.0, origin=Origin.TRADES, trades=3)
    made.read(kline(1000, trades=999, bought=0.1))

    assert made.judge() == 0

    assert made.verdict.tolist() == [3]
    assert made.row(100) == (50, 52, 49, 51, 2.0, 10.0, 1.0, Origin.TRADES, False, 3)


@MODES
@pytest.mark.parametrize(
    ("changed", "bit"),
    [((51, 52, 49, 51, 2, 10), 1), ((50, 53, 49, 51, 2, 10), 2), ((50, 52, 48, 51, 2, 10), 4),
     ((50, 52, 49, 50, 2, 10), 8), ((50, 52, 49, 51, 2.5, 10), 16), ((50, 52, 49, 51, 2, 12), 32)],
)  # fmt: skip
def test_each_figure_that_differs_is_told_and_the_exchange_wins(
    kernel: ModuleType, changed: tuple[float, ...], bit: int
) -> None:
    made = Columns(kernel, 1)
    made.hold(100, *changed, 1.0, origin=Origin.TRADES)
    made.read(kline(1000))

    assert made.judge() == 1

    assert (made.verdict.tolist(), made.fields.tolist()) == ([4], [bit])
    assert made.row(100) == (50, 52, 49, 51, 2.0, 10.0, 0.0, Origin.EXCHANGE, True, 0)


@MODES
def test_rounding_is_no_difference(kernel: ModuleType) -> None:
    made = Columns(kernel, 1)
    made.hold(100, 50, 52, 49, 51, 2.2, 11.2, 1.0, origin=Origin.TRADES)
    made.read(kline(1000))

    made.judge()

    assert made.verdict.tolist() == [3], "0.2 is less than half a step of 0.5, and 1.2 less than that at 5.2"


@MODES
def test_where_candles_open_at_the_close_before_high_and_low_take_it_in(kernel: ModuleType) -> None:
    made = Columns(kernel, 2)
    made.hold(100, 45, 47, 45, 47, 2.0, 10.0, 1.0, origin=Origin.TRADES)
    made.hold(101, 50, 52, 49, 51, 2.0, 10.0, 1.0, origin=Origin.TRADES)
    made.read(kline(1010, 4.7, 5.2, 4.7, 5.1))

    made.judge(opens_at_close=True)
    agreed = made.verdict[1], made.row(101)[0]
    made.judge(opens_at_close=False)

    assert agreed == (3, 50)
    assert made.fields.tolist() == [0, 1 | 4]


@MODES
def test_an_open_that_is_not_the_close_before_it_differs(kernel: ModuleType) -> None:
    made = Columns(kernel, 2)
    made.hold(100, 45, 46, 45, 46, 2.0, 10.0, 1.0, origin=Origin.TRADES)
    made.hold(101, 50, 52, 47, 51, 2.0, 10.0, 1.0, origin=Origin.TRADES)
    made.read(kline(1010, 4.7, 5.2, 4.7, 5.1))

    made.judge(opens_at_close=True)

    assert made.fields.tolist() == [0, 1]
