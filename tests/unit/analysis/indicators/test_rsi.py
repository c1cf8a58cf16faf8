import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "rsi")

    np.testing.assert_allclose(found["rsi"], talib.RSI(made["close"], 14)[14:], rtol=0, atol=1e-9)


def test_one_step_up_in_every_four_is_a_quarter() -> None:
    close = 100.0 + np.cumsum([0.0, *([1.0, -1.0] * 7)])

    # Seven gains and seven losses of one.
    assert values({"close": close}, "rsi")["rsi"].tolist() == [50.0]
    # Then a loss: (13 x 0.5 + 0) / 14 against (13 x 0.5 + 1) / 14.
    assert values({"close": np.append(close, close[-1] - 1.0)}, "rsi")["rsi"][1] == pytest.approx(100 * 6.5 / 14.0)


def test_a_price_that_does_not_move_is_neutral() -> None:
    assert values({"close": np.full(40, 7.0)}, "rsi")["rsi"].tolist() == [50.0] * 26
