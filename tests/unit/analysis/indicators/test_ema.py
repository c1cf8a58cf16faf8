import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "ema")

    for period in (20, 50, 200):
        told = talib.EMA(made["close"], period)[199:]
        np.testing.assert_allclose(found[f"ema_{period}"], told, rtol=0, atol=1e-9)


def test_a_straight_line_is_followed_at_a_distance() -> None:
    found = values({"close": np.arange(3000.0)}, "ema")

    for period in (20, 50, 200):
        assert found[f"ema_{period}"][-1] == pytest.approx(2999.0 - (period - 1) / 2)
