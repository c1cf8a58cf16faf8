import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "chaikin")

    reach = made["high"] - made["low"]
    place = np.divide(2 * made["close"] - made["low"] - made["high"], reach, out=np.zeros(600), where=reach > 0)
    told = (talib.SUM(place * made["volume"], 20) / talib.SUM(made["volume"], 20))[19:]
    np.testing.assert_allclose(found["chaikin"], told, rtol=0, atol=1e-9)


def test_closes_at_the_top_are_all_one_and_nothing_traded_is_neutral() -> None:
    candles = {"high": np.full(20, 2.0), "low": np.full(20, 1.0), "close": np.full(20, 2.0), "volume": np.full(20, 3.0)}

    assert values(candles, "chaikin")["chaikin"].tolist() == [1.0]
    assert values(candles | {"volume": np.zeros(20)}, "chaikin")["chaikin"].tolist() == [0.0]
