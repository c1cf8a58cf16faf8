import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "atr")

    told = talib.ATR(made["high"], made["low"], made["close"], 14)[14:]
    np.testing.assert_allclose(found["atr"], told, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["atr_percent"], 100 * told / made["close"][14:], rtol=0, atol=1e-9)


def test_a_jump_between_two_candles_counts() -> None:
    candles = {"high": np.full(15, 11.0), "low": np.full(15, 9.0), "close": np.full(15, 10.0)}
    candles["close"][0] = 4.0

    # Thirteen ranges of 2, and the first one of 11 - 4.
    assert values(candles, "atr")["atr"].tolist() == [pytest.approx((13 * 2.0 + 7.0) / 14)]
