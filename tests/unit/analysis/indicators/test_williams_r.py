import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "williams_r")

    told = talib.WILLR(made["high"], made["low"], made["close"], 14)[13:]
    np.testing.assert_allclose(found["williams_r"], told, rtol=0, atol=1e-9)


def test_a_quarter_below_the_top() -> None:
    candles = {"high": np.full(14, 12.0), "low": np.full(14, 8.0), "close": np.full(14, 11.0)}

    assert values(candles, "williams_r")["williams_r"].tolist() == [-25.0]


def test_a_price_that_does_not_move_is_neutral() -> None:
    still = {name: np.full(20, 7.0) for name in ("high", "low", "close")}

    assert set(values(still, "williams_r")["williams_r"].tolist()) == {-50.0}
