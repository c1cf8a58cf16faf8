import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Array, Candles, values, walk

KEPT = 2.0 ** (-1.0 / 200.0)
STILL = [10.0] * 20


def of_path(path: list[float]) -> Candles:
    """Candles that close at *path* and reach one up and down: as long as it moves by at most 1 their ATR is 2."""
    close = np.array(path)
    return {"high": close + 1.0, "low": close - 1.0, "close": close}


def last(path: list[float]) -> tuple[float, float]:
    """Support and resistance after the last candle."""
    found = values(of_path(path), "levels")
    return float(found["support"][-1]), float(found["resistance"][-1])


def test_a_swing_high_is_resistance_when_it_is_confirmed_the_less_the_further_it_is() -> None:
    path = [*STILL, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0]

    assert last(path[:-1]) == (0.0, 0.0)
    # The peak reached 14: two ATR above 10, one of the 2.75 between 0.25, where a level counts in full, and 3.
    assert last(path) == pytest.approx((0.0, 1.0 / 2.75), abs=1e-12)


def test_touches_of_one_level_add_up_and_fade() -> None:
    path = [*STILL, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0]
    support, resistance = last(path)

    # 14 again, six candles later; between them the trough of 9, three candles old and half an ATR below 10.
    assert resistance == pytest.approx((1.0 + KEPT**6) / 2.75, abs=1e-12)
    assert support == pytest.approx(KEPT**3 * 2.5 / 2.75, abs=1e-12)


def test_a_touch_near_a_level_moves_it_to_the_mean_of_its_touches() -> None:
    # Peaks of 14 and 13.5, which is within half an ATR of it.
    path = [*STILL, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0, 10.5, 11.5, 12.5, 11.5, 10.5, 10.0]
    _, resistance = last(path)

    mean = (14.0 * KEPT**6 + 13.5) / (1.0 + KEPT**6)
    assert resistance == pytest.approx((1.0 + KEPT**6) * (3.0 - (mean - 10.0) / 2.0) / 2.75, abs=1e-12)


def test_resistance_that_the_price_has_passed_is_support() -> None:
    path = [*STILL, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]
    support, resistance = last(path)

    # 14 is one ATR below 16, the trough of 9 more than three.
    assert support == pytest.approx(KEPT**6 * 2.0 / 2.75, abs=1e-12)
    assert resistance == 0.0


def test_a_level_at_the_close_speaks_for_neither_side() -> None:
    path = [*STILL, 11.0, 12.0, 13.0, 12.0, 11.0, 10.0, 11.0, 12.0, 13.0, 14.0]

    # Of 14 nothing; the trough of 9, one candle old, is two and a half ATR below.
    assert last(path) == pytest.approx((KEPT * 0.5 / 2.75, 0.0), abs=1e-12)


def test_a_candle_that_is_both_extremes_turned_nowhere() -> None:
    candles = of_path([*STILL, 10.0, 10.0, 10.0])
    candles["high"][19], candles["low"][19] = 12.0, 8.0
    found = values(candles, "levels")

    assert not found["support"].any()
    assert not found["resistance"].any()


@given(seed=st.integers(0, 10_000))
def test_no_side_is_negative_and_an_unmoved_price_has_none(seed: int) -> None:
    found: dict[str, Array] = values(walk(300, seed), "levels")
    still = values({name: np.full(300, float(seed)) for name in ("high", "low", "close")}, "levels")

    assert all((column >= 0.0).all() for column in found.values())
    assert found["support"].any()
    assert found["resistance"].any()
    assert not any(column.any() for column in still.values())
