import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Candles, values, walk

BELOW = ("gap_below_width", "gap_below_distance", "gap_below_age")
ABOVE = ("gap_above_width", "gap_above_distance", "gap_above_age")
FIRST = 16


def candles_of(*rest: tuple[float, float, float]) -> Candles:
    """Seventeen candles of 9 to 11 that close at 10, then *rest*: high, low, close."""
    rows = np.array([(11.0, 9.0, 10.0)] * 17 + list(rest))
    return {"high": rows[:, 0], "low": rows[:, 1], "close": rows[:, 2]}


def told(candles: Candles, names: tuple[str, ...], candle: int) -> list[float]:
    """What is said *candle* candles after the first seventeen, the next one being 1."""
    found = values(candles, "gaps")
    return [float(found[name][candle]) for name in names]


# 11 was the high of the candle before the rise and 13 is the low of the one after it.
RISE = ((14.0, 10.0, 14.0), (15.0, 13.0, 14.5))


def test_what_a_rise_left_untraded_is_a_gap_below_when_the_third_candle_has_closed() -> None:
    candles = candles_of(*RISE)

    assert told(candles, BELOW, 1) == [0.0, 0.0, 0.0]
    # 13 - 11; 14.5 - 13.
    assert told(candles, BELOW, 2) == [2.0, 1.5, 0.0]
    assert told(candles, ABOVE, 2) == [0.0, 0.0, 0.0]


def test_the_same_fall_leaves_it_above() -> None:
    candles = candles_of((10.0, 6.0, 6.0), (7.0, 5.0, 5.5))

    assert told(candles, ABOVE, 2) == [2.0, 1.5, 0.0]
    assert told(candles, BELOW, 2) == [0.0, 0.0, 0.0]


def test_a_candle_that_reaches_into_it_takes_that_part_away_and_through_it_all() -> None:
    candles = candles_of(*RISE, (15.0, 12.0, 14.0), (15.0, 14.0, 15.0), (15.0, 11.0, 14.0))

    assert told(candles, BELOW, 3) == [1.0, 2.0, 1.0]
    assert told(candles, BELOW, 4) == [1.0, 3.0, 2.0]
    assert told(candles, BELOW, 5) == [0.0, 0.0, 0.0]


def test_of_two_the_nearest_is_told_and_when_it_is_filled_the_other() -> None:
    further = ((17.0, 14.5, 17.0), (18.0, 16.5, 17.0))
    candles = candles_of(*RISE, *further, (17.0, 14.0, 16.0))

    # 15 was the high of the candle before the second rise: 16.5 - 15.
    assert told(candles, BELOW, 4) == [1.5, 0.5, 0.0]
    assert told(candles, BELOW, 5) == [2.0, 3.0, 3.0]


def test_a_gap_of_less_than_a_tenth_of_the_average_range_is_none() -> None:
    candles = candles_of((11.5, 10.0, 11.5), (12.0, 11.125, 11.5))

    assert told(candles, BELOW, 2) == [0.0, 0.0, 0.0]


def test_it_is_forgotten_after_three_hundred_candles() -> None:
    candles = candles_of(*RISE, *[(15.0, 14.0, 14.5)] * 301)

    assert told(candles, BELOW, 302) == [2.0, 1.5, 300.0]
    assert told(candles, BELOW, 303) == [0.0, 0.0, 0.0]


@given(seed=st.integers(0, 10_000))
def test_no_candle_since_then_has_reached_into_what_is_left(seed: int) -> None:
    made = walk(200, seed)
    found = values(made, "gaps")

    for candle in range(FIRST, 200):
        width, distance, age = (found[name][candle - FIRST] for name in BELOW)
        if width > 0.0:
            since = made["low"][candle - int(age) : candle + 1].min()
            assert distance >= 0.0
            assert made["close"][candle] - distance <= since + 1e-9
        width, distance, age = (found[name][candle - FIRST] for name in ABOVE)
        if width > 0.0:
            since = made["high"][candle - int(age) : candle + 1].max()
            assert distance >= 0.0
            assert made["close"][candle] + distance >= since - 1e-9
