"""What a closed candle says of where its figures came from; the rest is tested with its neighbours in test_candles."""

from types import ModuleType

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import close
from tidemark.model.candle import Origin

LIVE, ROWS = 4, 8
MODES = pytest.mark.parametrize("kernel", [close, load_pure("close")], ids=["built", "pure"])


def closed(kernel: ModuleType, flags: int) -> tuple[int, int, float, int]:
    """Origin, trades and bought of bucket 9, whose accumulator has three trades and these flags; the parent's flags."""
    state = np.zeros((1, LIVE, 11), np.int64)
    state[0, 1] = [9, 50, 52, 49, 51, 3, 90, 1, 99, 3, flags]
    sums = np.zeros((1, LIVE, 3))
    sums[0, 1] = 6.0, 300.0, 2.0
    into, into_sums = np.zeros((1, LIVE, 11), np.int64), np.zeros((1, LIVE, 3))
    into[:, :, 0] = -1
    rows = [np.zeros((1, ROWS), dtype) for dtype in (*[np.int32] * 4, *[np.float32] * 3, np.uint32)]
    nothing, one = np.zeros(1, np.int64), np.ones(1, np.uint8)
    kernel.close_bucket(
        9, 10, one, np.zeros(1, np.uint8), nothing, nothing, nothing.copy(), state, sums, np.array([8], np.int64),
        *rows, False, 4, into, into_sums,
    )  # fmt: skip
    marks = int(rows[7][0, 1])
    return marks & 7, marks >> 4, float(rows[6][0, 1]), int(into[0, 0, 10])


@MODES
@pytest.mark.parametrize(
    ("flags", "origin"),
    [(0, Origin.TRADES), (8, Origin.REPAIRED), (16, Origin.EXCHANGE), (24, Origin.REPAIRED), (9, Origin.PARTIAL)],
)
def test_a_candle_says_what_its_parts_came_from(kernel: ModuleType, flags: int, origin: Origin) -> None:
    assert closed(kernel, flags) == (origin, 3, 2.0, flags)


@MODES
def test_what_was_not_told_of_a_part_is_not_known_of_the_whole(kernel: ModuleType) -> None:
    assert closed(kernel, 8 | 4) == (Origin.REPAIRED, 0, 0.0, 8 | 4)
