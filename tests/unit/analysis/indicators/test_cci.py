import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "cci")

    told = talib.CCI(made["high"], made["low"], made["close"], 20)[19:]
    np.testing.assert_allclose(found["cci"], told, rtol=0, atol=1e-9)


def test_the_last_of_twenty_steps() -> None:
    steps = np.arange(20.0)

    # The mean is 9.5, the mean deviation 5: 9.5 / (0.015 x 5).
    assert values({"high": steps, "low": steps, "close": steps}, "cci")["cci"].tolist() == [pytest.approx(9.5 / 0.075)]


def test_a_price_that_does_not_move_is_neutral() -> None:
    still = {name: np.full(25, 7.0) for name in ("high", "low", "close")}

    assert set(values(still, "cci")["cci"].tolist()) == {0.0}
