from types import ModuleType

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import taint
from tidemark.model.candle import Origin

MODES = pytest.mark.parametrize("kernel", [taint, load_pure("taint")], ids=["built", "pure"])


@MODES
def test_what_the_exchange_vouched_for_stays_whole_when_a_gap_is_noticed(kernel: ModuleType) -> None:
    marks = np.array([[1 | 2 << 4, 2, 3, 4, 6, 0]], np.uint32)
    state, sums = np.zeros((1, 4, 11), np.int64), np.zeros((1, 4, 3))
    slots, buckets = np.zeros(8, np.int32), np.zeros(8, np.int64)

    changed = kernel.taint(
        np.array([0], np.int32), 6, 20, 12, state, sums, np.array([11], np.int64), marks, False, slots, buckets
    )

    assert (changed, buckets[:2].tolist()) == (2, [6, 9])
    assert (marks[0] & 7).tolist() == [
        Origin.PARTIAL, Origin.EXCHANGE, Origin.REPAIRED, Origin.ABSENT, Origin.PARTIAL, Origin.ABSENT,
    ]  # fmt: skip
    assert marks[0, 0] >> 4 == 2


@MODES
def test_open_candles_of_the_shortest_timeframe_are_marked_before_they_have_a_trade(kernel: ModuleType) -> None:
    marks = np.zeros((1, 8), np.uint32)
    state, sums = np.zeros((1, 4, 11), np.int64), np.zeros((1, 4, 3))
    state[:, :, 0] = -1

    kernel.taint(
        np.array([0], np.int32), 12, 13, 12, state, sums, np.array([-1], np.int64), marks, True,
        np.zeros(8, np.int32), np.zeros(8, np.int64),
    )  # fmt: skip

    assert state[0, :, [0, 10]].T.tolist() == [[12, 1], [13, 1], [-1, 0], [-1, 0]]
