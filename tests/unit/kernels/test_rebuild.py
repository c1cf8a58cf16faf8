from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import rebuild
from tidemark.model.candle import Origin

MODES = pytest.mark.parametrize("kernel", [rebuild, load_pure("rebuild")], ids=["built", "pure"])
ROWS = 8


class Rows:
    """The rows of one timeframe of one series."""

    def __init__(self) -> None:
        self.head = np.array([-1], np.int64)
        self.columns: list[Any] = [np.zeros((1, ROWS), t) for t in (*[np.int32] * 4, *[np.float32] * 3, np.uint32)]

    def hold(self, bucket: int, *values: float, origin: Origin = Origin.TRADES, trades: int = 1) -> None:
        for column, value in zip(self.columns[:7], values, strict=True):
            column[0, bucket % ROWS] = value
        self.columns[7][0, bucket % ROWS] = origin | trades << 4
        self.head[0] = max(int(self.head[0]), bucket)

    def row(self, bucket: int) -> tuple[Any, ...]:
        marks = int(self.columns[7][0, bucket % ROWS])
        values = (column[0, bucket % ROWS].item() for column in self.columns[:7])
        return (*values, Origin(marks & 7), bool(marks & 8), marks >> 4)


def run(kernel: ModuleType, child: Rows, parent: Rows, first: int = 10, last: int = 10, *, keep: bool = False) -> int:
    written: int = kernel.rebuild(
        0, first, last, 2, keep, child.head, *child.columns, parent.head, *parent.columns, np.zeros(8, np.uint8)
    )
    return written


@MODES
def test_a_row_is_the_sum_of_its_children(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5, trades=3)
    child.hold(21, 52, 53, 48, 50, 1.0, 50.0, 0.25, origin=Origin.REPAIRED, trades=2)

    assert run(kernel, child, parent) == 1

    assert parent.row(10) == (50, 55, 48, 50, 3.0, 150.0, 1.75, Origin.REPAIRED, False, 5)
    assert parent.head.tolist() == [10]


@MODES
def test_a_child_without_volume_gives_no_price(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 99, 99, 99, 99, 0, 0, 0, origin=Origin.FILLED, trades=0)
    child.hold(21, 52, 53, 48, 50, 1.0, 50.0, 0.25)

    run(kernel, child, parent)

    assert parent.row(10)[:4] == (52, 53, 48, 50)


@MODES
def test_children_without_any_volume_are_flat_at_the_last_close(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 99, 99, 99, 99, 0, 0, 0, origin=Origin.EXCHANGE, trades=0)
    child.hold(21, 98, 98, 98, 98, 0, 0, 0, origin=Origin.FILLED, trades=0)

    run(kernel, child, parent)

    assert parent.row(10) == (98, 98, 98, 98, 0, 0, 0, Origin.EXCHANGE, False, 0)


@MODES
def test_what_one_child_does_not_tell_the_sum_does_not_either(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5, trades=3)
    child.hold(21, 52, 53, 48, 50, 1.0, 50.0, 0.0, origin=Origin.REPAIRED, trades=0)

    run(kernel, child, parent)

    assert parent.row(10)[4:] == (3.0, 150.0, 0.0, Origin.REPAIRED, False, 0)


@MODES
def test_a_hole_never_replaces_what_is_whole_and_mends_nothing(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5, origin=Origin.PARTIAL)
    child.hold(21, 52, 53, 48, 50, 1.0, 50.0, 0.25)
    child.hold(23, 52, 53, 48, 50, 1.0, 50.0, 0.25)
    parent.hold(10, 1, 1, 1, 1, 1.0, 1.0, 1.0, origin=Origin.EXCHANGE)
    parent.hold(11, 1, 1, 1, 1, 1.0, 1.0, 1.0, origin=Origin.PARTIAL)

    assert run(kernel, child, parent, 10, 11) == 1

    assert parent.row(10)[0] == 1
    assert parent.row(11) == (52, 53, 48, 50, 1.0, 50.0, 0.25, Origin.PARTIAL, True, 1)


@MODES
def test_children_that_are_not_all_held_leave_the_row_alone(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5)
    missing_end = run(kernel, child, parent)
    child.hold(28, 50, 55, 49, 51, 2.0, 100.0, 1.5)

    assert (missing_end, run(kernel, child, parent)) == (0, 0)


@MODES
def test_the_exchanges_own_stays_where_it_has_no_shorter_candles(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5)
    child.hold(21, 52, 53, 48, 50, 1.0, 50.0, 0.25)
    parent.hold(10, 1, 1, 1, 1, 1.0, 1.0, 1.0, origin=Origin.EXCHANGE)

    assert run(kernel, child, parent, keep=True) == 0
    assert run(kernel, child, parent, keep=False) == 1


@MODES
def test_a_row_that_says_the_same_is_not_written(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5)
    child.hold(21, 52, 53, 48, 50, 1.0, 50.0, 0.25)
    parent.hold(10, 50, 55, 48, 50, 3.0, 150.0, 1.75, origin=Origin.EXCHANGE, trades=2)

    assert run(kernel, child, parent) == 0
    assert parent.row(10)[7] == Origin.EXCHANGE


@MODES
def test_a_row_with_holes_takes_what_its_parts_have_gained(kernel: ModuleType) -> None:
    child, parent = Rows(), Rows()
    child.hold(20, 50, 55, 49, 51, 2.0, 100.0, 1.5, origin=Origin.PARTIAL)
    child.hold(21, 0, 0, 0, 0, 0, 0, 0, origin=Origin.ABSENT, trades=0)
    parent.hold(10, 50, 50, 50, 50, 1.0, 50.0, 0.5, origin=Origin.PARTIAL)

    assert run(kernel, child, parent) == 1
    assert parent.row(10) == (50, 55, 49, 51, 2.0, 100.0, 1.5, Origin.PARTIAL, True, 1)
