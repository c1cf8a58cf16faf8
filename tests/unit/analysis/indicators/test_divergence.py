import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Array, values, walk

KEPT = 2.0**-0.1


def looked_back(high: Array, low: Array, index: Array) -> Array:
    """The same by looking for each swing in what lies before each candle, (n, 2)."""
    told = np.zeros((len(index), 2))
    for side, (reach, strength) in enumerate(((high, index), (-low, -index))):
        before: int | None = None
        for candle in range(17, len(index)):
            told[candle, side] = told[candle - 1, side] * KEPT
            turn = candle - 3
            is_turn = reach[turn] > reach[turn - 3 : turn].max() and reach[turn] >= reach[turn + 1 : candle + 1].max()
            if is_turn:
                if before is not None and reach[turn] > reach[before]:
                    told[candle, side] = max(0.0, strength[before] - strength[turn])
                before = turn
    return told


@given(seed=st.integers(0, 10_000))
def test_it_is_how_far_the_index_of_ta_lib_stayed_behind_at_swings_further_out(seed: int) -> None:
    made = walk(200, seed)
    found = values(made, "divergence")
    told = looked_back(made["high"], made["low"], talib.RSI(made["close"], 14))[21:]

    np.testing.assert_allclose(found["divergence_at_highs"], told[:, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["divergence_at_lows"], told[:, 1], rtol=0, atol=1e-9)


def test_a_lower_low_that_falls_less_is_so_many_points_apart() -> None:
    # A steep fall of 2 a candle from 60 to 28, back to 36, and a slow one of 1 to 26: lower, on a higher index.
    path = [*range(60, 26, -2), 30, 32, 34, 36, *range(35, 25, -1), 27, 28, 29]
    close = np.array(path, float)
    candles = {"high": close + 0.5, "low": close - 0.5, "close": close}
    found = values(candles, "divergence")
    first, second = path.index(28), path.index(26)
    index = talib.RSI(close, 14)

    assert index[second] - index[first] > 5.0
    assert found["divergence_at_lows"][-1] == pytest.approx(index[second] - index[first], abs=1e-9)
    # The third candle after the low confirms it, and the second knows nothing yet.
    assert found["divergence_at_lows"][-2] == 0.0
    assert set(found["divergence_at_highs"].tolist()) == {0.0}
