"""The kernel itself, array in and array out; behaviour is tested through `market.candles`."""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import candles, close, taint
from tidemark.model.candle import Origin


class Kernel(NamedTuple):
    """The three kernels that share the accumulators."""

    apply: Any
    revise: Any
    close_bucket: Any
    taint: Any


def kernel_of(accumulating: ModuleType, closing: ModuleType, tainting: ModuleType) -> Kernel:
    return Kernel(accumulating.apply, accumulating.revise, closing.close_bucket, tainting.taint)


KERNELS = [kernel_of(candles, close, taint), kernel_of(*(load_pure(name) for name in ("candles", "close", "taint")))]
MODES = pytest.mark.parametrize("kernel", KERNELS, ids=["built", "pure"])
Array = npt.NDArray[Any]
LIVE, ROWS, STEP = 4, 8, 10


class State:
    """One base timeframe of *series* series, with steps of 10 ns and a parent of 20."""

    def __init__(self, kernel: Kernel, series: int = 1) -> None:
        self.kernel = kernel
        self.state = np.zeros((series, LIVE, 11), np.int64)
        self.state[:, :, 0] = -1
        self.sums = np.zeros((series, LIVE, 3))
        self.into = self.state.copy()
        self.into_sums = self.sums.copy()
        self.clock = np.zeros(5, np.int64)
        self.clock[4] = 100
        self.offsets = np.zeros(64, np.int64)
        self.late = np.zeros(16, np.int32)
        self.suspects = np.zeros(series, np.uint8)
        self.counters = np.zeros(5, np.int64)
        self.per_unit = np.full(series, 10.0)
        self.active = np.ones(series, np.uint8)
        self.dead = np.zeros(series, np.uint8)
        self.dead_since = np.zeros(series, np.int64)
        self.alive_since = np.zeros(series, np.int64)
        self.last_close = np.zeros(series, np.int64)
        self.head = np.full(series, -1, np.int64)
        self.rows = [np.zeros((series, ROWS), dtype) for dtype in (*[np.int32] * 4, *[np.float32] * 3, np.uint32)]

    def apply(self, trades: list[tuple[int, float, float, int]], grace: int = 2, start: int = 0) -> tuple[int, int]:
        """(time, price, size, sequence) of slot 0."""
        n = len(trades)
        self.fresh = np.ones(n, np.uint8)
        ts, price, size, sequence = (list(column) for column in zip(*trades, strict=True))
        self.columns = (
            np.zeros(n, np.int32), np.array(ts, np.int64), np.array(ts, np.int64) - 5, np.array(sequence, np.int64),
            np.array(price, np.float64), np.array(size, np.float64), np.ones(n, np.uint8),
        )  # fmt: skip
        taken: tuple[int, int] = self.kernel.apply(
            *self.columns, self.fresh, start, n, STEP, grace, self.per_unit, self.state, self.sums, self.clock,
            self.offsets, self.late, self.suspects, self.counters,
        )  # fmt: skip
        return taken

    def close(self, bucket: int) -> int:
        self.clock[4] = bucket + 1
        present: int = self.kernel.close_bucket(
            bucket, STEP, self.active, self.dead, self.dead_since, self.alive_since, self.last_close, self.state,
            self.sums, self.head, *self.rows, True, bucket // 2, self.into, self.into_sums,
        )  # fmt: skip
        return present

    def row(self, bucket: int) -> tuple[Any, ...]:
        """Open, high, low, close, volume, origin, revised, trades."""
        values = [column[0, bucket % ROWS].item() for column in self.rows]
        marks = values[7]
        return (*values[:5], marks & 7, bool(marks & 8), marks >> 4)


@MODES
def test_trades_gather_until_one_shows_that_the_bucket_is_over(kernel: Kernel) -> None:
    made = State(kernel)

    taken = made.apply([(1001, 5.0, 1.0, 1), (1009, 5.2, 2.0, 2), (1011, 5.1, 1.0, 3), (1012, 5.0, 1.0, 4)])

    assert taken == (3, 0)
    assert made.state[0, 100 % LIVE].tolist() == [100, 50, 52, 50, 52, 2, 1001, 1, 1009, 2, 0]
    assert made.sums[0, 100 % LIVE].tolist() == [3.0, 15.4, 3.0]
    assert made.counters.tolist() == [3, 0, 0, 0, 0]
    assert made.offsets[:3].tolist() == [5, 5, 5]
    assert made.close(100) == 1
    assert made.row(100) == (50, 52, 50, 52, 3.0, Origin.TRADES, False, 2)
    assert made.into[0, 50 % LIVE].tolist() == [50, 50, 52, 50, 52, 2, 1001, 1, 1009, 2, 2]


@MODES
def test_trades_of_one_time_go_by_their_sequence(kernel: Kernel) -> None:
    made = State(kernel)

    made.apply([(1001, 5.2, 1.0, 3), (1001, 5.0, 1.0, 1), (1001, 5.1, 1.0, 2), (1001, 5.3, 1.0, 4)])
    made.close(100)

    assert made.row(100)[:4] == (50, 53, 50, 53)


@MODES
def test_a_quiet_bucket_is_filled_once_a_price_is_known(kernel: Kernel) -> None:
    made = State(kernel)

    assert made.close(100) == 0
    made.apply([(1011, 5.0, 1.0, 1)])
    made.close(101)
    assert made.close(102) == 1

    assert made.row(100)[5] == Origin.ABSENT
    assert made.row(102) == (50, 50, 50, 50, 0.0, Origin.FILLED, False, 0)


@MODES
def test_a_dead_series_is_absent_from_the_bucket_in_which_it_died(kernel: Kernel) -> None:
    made = State(kernel)
    made.apply([(1001, 5.0, 1.0, 1)])
    made.close(100)
    made.dead[0], made.dead_since[0] = 1, 1025

    made.close(101)
    assert made.close(102) == 0

    assert made.row(101)[5] == Origin.FILLED
    assert made.row(102)[5] == Origin.ABSENT
    assert made.last_close[0] == 0


@MODES
def test_an_inactive_series_is_not_touched(kernel: Kernel) -> None:
    made = State(kernel)
    made.active[0] = 0

    assert made.close(100) == 0

    assert made.head.tolist() == [-1]


@MODES
def test_rows_that_are_skipped_become_absent(kernel: Kernel) -> None:
    made = State(kernel)
    for bucket in range(100, 108):
        made.apply([(bucket * 10, 5.0, 1.0, bucket)])
        made.close(bucket)
    made.active[0] = 1

    made.close(111)

    marks = made.rows[7][0] & 7
    assert [int(marks[bucket % ROWS]) for bucket in range(104, 112)] == [1, 1, 1, 1, 0, 0, 0, 4]


@MODES
def test_refusals_are_counted_and_taken_off_the_marks(kernel: Kernel) -> None:
    made = State(kernel)
    made.clock[0] = 1000

    made.apply([(1001, 5.04, 1.0, 1), (1002, 3e8, 1.0, 2), (1003, 1e-3, 1.0, 3), (2000 + 600_000_000_000, 5.0, 1.0, 4)])

    assert made.fresh.tolist() == [1, 0, 0, 0]
    assert made.counters.tolist() == [1, 0, 1, 1, 2]
    assert made.suspects.tolist() == [1]


@MODES
def test_a_late_trade_revises_its_row_and_its_followers(kernel: Kernel) -> None:
    made = State(kernel)
    made.apply([(1001, 5.0, 1.0, 1)])
    made.close(100)
    made.close(101)
    position, lates = made.apply([(1005, 6.0, 2.0, 2)])
    slots, buckets = np.zeros(4, np.int32), np.zeros(4, np.int64)
    taken = np.zeros(4, np.uint8)

    revised = kernel.revise(
        *made.columns[:2], *made.columns[3:], made.late, lates, STEP, 102, made.per_unit, made.state, made.sums,
        made.head, *made.rows, made.last_close, taken, slots, buckets,
    )  # fmt: skip

    assert (position, lates, revised) == (1, 1, (1, 0, 0))
    assert (slots[0], buckets[0]) == (0, 100)
    assert made.row(100) == (50, 60, 50, 60, 3.0, Origin.TRADES, True, 2)
    assert made.row(101) == (60, 60, 60, 60, 0.0, Origin.FILLED, True, 0)
    assert made.last_close[0] == 60


@MODES
@pytest.mark.parametrize(("flags", "origin"), [(0, Origin.TRADES), (1, Origin.PARTIAL)])
def test_a_late_trade_in_an_empty_row_is_as_whole_as_the_feed_was(kernel: Kernel, flags: int, origin: Origin) -> None:
    made = State(kernel)
    made.close(100)
    made.state[0, 100 % LIVE, 10] |= flags
    _, lates = made.apply([(1005, 6.0, 2.0, 2)])
    slots, buckets = np.zeros(4, np.int32), np.zeros(4, np.int64)
    taken = np.zeros(4, np.uint8)

    kernel.revise(
        *made.columns[:2], *made.columns[3:], made.late, lates, STEP, 101, made.per_unit, made.state, made.sums,
        made.head, *made.rows, made.last_close, taken, slots, buckets,
    )  # fmt: skip

    assert made.row(100) == (60, 60, 60, 60, 2.0, origin, True, 1)


@MODES
def test_tainting_marks_closed_and_open_buckets_and_lists_what_changed(kernel: Kernel) -> None:
    made = State(kernel)
    made.apply([(1001, 5.0, 1.0, 1)])
    made.close(100)
    made.close(101)
    slots, buckets = np.zeros(4, np.int32), np.zeros(4, np.int64)

    changed = kernel.taint(
        np.array([0], np.int32), 100, 102, 102, made.state, made.sums, made.head, made.rows[7], True, slots, buckets
    )

    assert changed == 2
    assert buckets[:2].tolist() == [100, 101]
    assert [made.row(bucket)[5] for bucket in (100, 101)] == [Origin.PARTIAL, Origin.ABSENT]
    assert made.state[0, 102 % LIVE].tolist() == [102, *[0] * 9, 1]
