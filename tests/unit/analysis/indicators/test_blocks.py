import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Candles, values, walk

BELOW = ("block_below", "block_below_distance")
ABOVE = ("block_above", "block_above_distance")
FIRST = 14
FALLING = (11.0, 11.5, 9.5, 10.0)
RISING = (10.0, 11.5, 9.5, 11.0)
# A body of 3 after fifteen of 1.
UP = (10.0, 13.5, 9.75, 13.0)


def candles_of(*rest: tuple[float, float, float, float], first: tuple[float, ...] = FALLING) -> Candles:
    """Fifteen candles like *first*, with bodies of 1, then *rest*: open, high, low, close."""
    rows = np.array([first] * 15 + list(rest))
    return {"open": rows[:, 0], "high": rows[:, 1], "low": rows[:, 2], "close": rows[:, 3]}


def told(candles: Candles, names: tuple[str, ...], candle: int) -> list[float]:
    """What is said *candle* candles after the first fifteen, the next one being 1."""
    found = values(candles, "blocks")
    return [float(found[name][candle]) for name in names]


def test_the_last_falling_candle_before_a_large_rise_is_a_block_below() -> None:
    candles = candles_of(UP)

    assert told(candles, BELOW, 0) == [0.0, 0.0]
    # The close of 13 is 1.5 above the high of 11.5.
    assert told(candles, BELOW, 1) == [1.0, 1.5]
    assert told(candles, ABOVE, 1) == [0.0, 0.0]


def test_the_last_rising_candle_before_a_large_fall_is_one_above() -> None:
    candles = candles_of((11.0, 11.25, 7.5, 8.0), first=RISING)

    assert told(candles, ABOVE, 1) == [1.0, 1.5]
    assert told(candles, BELOW, 1) == [0.0, 0.0]


def test_a_body_below_two_and_a_half_mean_ones_displaces_nothing() -> None:
    assert told(candles_of((10.0, 12.5, 9.75, 12.4375)), BELOW, 1) == [0.0, 0.0]
    assert told(candles_of((10.0, 12.5, 9.75, 12.5)), BELOW, 1) == [1.0, 1.0]


def test_it_fades_by_half_in_fifty_candles_and_is_at_hand_within_its_zone() -> None:
    beside = (13.0, 13.25, 12.75, 13.0)
    candles = candles_of(UP, *[beside] * 50, (13.0, 13.0, 10.0, 11.0))

    assert told(candles, BELOW, 51) == [pytest.approx(0.5, abs=1e-12), 1.5]
    assert told(candles, BELOW, 52) == [pytest.approx(2.0 ** (-51.0 / 50.0), abs=1e-12), 0.0]


def test_at_its_edge_it_holds_and_reached_through_it_is_void() -> None:
    # Its lowest price is 9.5, which the rise itself did not reach.
    held = candles_of(UP, (13.0, 13.0, 9.5, 12.0))
    void = candles_of(UP, (13.0, 13.0, 9.25, 12.0))

    assert told(held, BELOW, 2) == [pytest.approx(2.0 ** (-1.0 / 50.0), abs=1e-12), 0.5]
    assert told(void, BELOW, 2) == [0.0, 0.0]


def test_the_zone_begins_at_the_lowest_price_since_the_candle_that_makes_it() -> None:
    # The rise went down to 9 first: 9.25 is within.
    candles = candles_of((10.0, 13.5, 9.0, 13.0), (13.0, 13.0, 9.25, 12.0))

    assert told(candles, BELOW, 2) == [pytest.approx(2.0 ** (-1.0 / 50.0), abs=1e-12), 0.5]


def test_an_opposite_candle_that_is_more_than_five_ago_makes_none() -> None:
    doji = (10.0, 11.5, 9.5, 10.0)

    assert told(candles_of(*[doji] * 4, UP), BELOW, 5) == [1.0, 1.5]
    assert told(candles_of(*[doji] * 5, UP), BELOW, 6) == [0.0, 0.0]


@given(seed=st.integers(0, 10_000))
def test_strength_and_distance_stay_within_their_bounds(seed: int) -> None:
    found = values(walk(300, seed), "blocks")

    for strength, distance in (BELOW, ABOVE):
        assert ((found[strength] == 0.0) | (found[strength] >= 0.01)).all()
        assert (found[strength] <= 1.0).all()
        assert (found[distance] >= 0.0).all()
        assert not found[distance][found[strength] == 0.0].any()
