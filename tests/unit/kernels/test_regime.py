from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import regime as built

LIMITS = np.array([0.2, 0.35, 1.6, 1.25, 25.0, 20.0])
# ADX, +DI, -DI, ranges and volume against the usual, and whether they are known; values around the limits.
CANDLE = st.tuples(
    st.sampled_from([10.0, 20.0, 22.0, 25.0, 26.0]),
    st.sampled_from([10.0, 15.0, 20.0]),
    st.sampled_from([10.0, 15.0, 20.0]),
    st.sampled_from([1.0, 1.25, 1.4, 1.6, 1.7]),
    st.sampled_from([0.1, 0.2, 0.3, 0.35, 0.5]),
    st.booleans(),
)
Candle = tuple[float, float, float, float, float, bool]
UNKNOWN, ILLIQUID, VOLATILE, UP, DOWN, RANGE = range(6)


def stated(before: int, candle: Candle) -> int:
    """The rules of concepts/score.md, one after the other."""
    adx, plus, minus, ranges, volume, is_known = candle
    if not is_known:
        return UNKNOWN
    if volume < 0.2 or (before == ILLIQUID and not volume > 0.35):
        return ILLIQUID
    if ranges > 1.6 or (before == VOLATILE and not ranges < 1.25):
        return VOLATILE
    was_trend = before in {UP, DOWN}
    if adx > 25.0 or (was_trend and not adx < 20.0):
        if plus == minus:
            return before if was_trend else RANGE
        return UP if plus > minus else DOWN
    return RANGE


def moved(mode: ModuleType, rows: list[int], candles: list[Candle]) -> tuple[list[int], list[int]]:
    regime, since = np.zeros(2, np.uint8), np.zeros(2, np.int64)
    figures = np.array([candle[:5] for candle in candles]).reshape(-1, 5)
    known = np.array([candle[5] for candle in candles], np.uint8)
    at = np.arange(1, len(rows) + 1, dtype=np.int64)
    told = np.full(len(rows), 99, np.uint8)
    mode.move(np.array(rows, np.int32), at, figures, known, LIMITS, regime, since, told)
    # What is told of each entry ends with where its series is.
    for row in set(rows):
        assert told[len(rows) - 1 - rows[::-1].index(row)] == regime[row]
    return regime.tolist(), since.tolist()


@pytest.mark.parametrize("mode", [built, load_pure("regime")], ids=["built", "pure"])
@given(course=st.lists(st.tuples(st.integers(0, 1), CANDLE), max_size=40))
def test_each_series_goes_by_the_rules_candle_after_candle(mode: ModuleType, course: list[tuple[int, Candle]]) -> None:
    regime, since = [UNKNOWN, UNKNOWN], [0, 0]
    for at, (row, candle) in enumerate(course, 1):
        now = stated(regime[row], candle)
        if now != regime[row] or since[row] == 0:
            since[row] = at
        regime[row] = now

    assert moved(mode, [row for row, _ in course], [candle for _, candle in course]) == (regime, since)
