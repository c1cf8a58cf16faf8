import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "macd")

    for told, name in zip(talib.MACD(made["close"], 12, 26, 9), ("macd", "macd_signal", "macd_histogram"), strict=True):
        np.testing.assert_allclose(found[name], told[33:], rtol=0, atol=1e-9)


def test_a_straight_line_keeps_its_distance() -> None:
    found = values({"close": np.arange(300.0)}, "macd")

    # An average of period p lags (p - 1) / 2 behind a straight line: 12.5 less 5.5.
    np.testing.assert_allclose(found["macd"], 7.0, atol=1e-9)
    np.testing.assert_allclose(found["macd_histogram"], 0.0, atol=1e-9)
