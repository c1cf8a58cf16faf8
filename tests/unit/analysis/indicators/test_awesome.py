import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "awesome")

    mid = (made["high"] + made["low"]) / 2.0
    told = (talib.SMA(mid, 5) - talib.SMA(mid, 34))[33:]
    np.testing.assert_allclose(found["awesome"], told, rtol=0, atol=1e-9)


def test_a_straight_line_is_ahead_by_what_the_means_lag() -> None:
    steps = np.arange(100.0)

    # A mean of p lags (p - 1) / 2: 16.5 less 2.
    np.testing.assert_allclose(values({"high": steps, "low": steps}, "awesome")["awesome"], 14.5)
    assert (
        values({"high": np.full(50, 3.0), "low": np.full(50, 3.0)}, "awesome")["awesome"].tolist()
        == [pytest.approx(0.0)] * 17
    )
