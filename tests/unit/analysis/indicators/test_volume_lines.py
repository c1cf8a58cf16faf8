import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "volume_lines")

    lines = {
        "obv": talib.OBV(made["close"], made["volume"]),
        "accumulation": talib.AD(made["high"], made["low"], made["close"], made["volume"]),
    }
    for name, told in lines.items():
        np.testing.assert_allclose(found[name], told[13:], rtol=0, atol=1e-9)
        slopes = talib.LINEARREG_SLOPE(told, 14) / talib.SMA(made["volume"], 14)
        np.testing.assert_allclose(found[f"{name}_slope"], slopes[13:], rtol=0, atol=1e-9)


def test_where_each_candle_adds_all_of_the_usual_volume_the_slope_is_one() -> None:
    steps = np.arange(14.0)
    rising = {"high": steps + 1.0, "low": steps, "close": steps + 1.0, "volume": np.full(14, 9.0)}
    found = {name: column[0] for name, column in values(rising, "volume_lines").items()}

    assert found == {"obv": 126.0, "obv_slope": 1.0, "accumulation": 126.0, "accumulation_slope": 1.0}


def test_nothing_traded_is_neutral() -> None:
    nothing = walk(30) | {"volume": np.zeros(30)}

    assert {name: set(column.tolist()) for name, column in values(nothing, "volume_lines").items()} == {
        name: {0.0} for name in ("obv", "obv_slope", "accumulation", "accumulation_slope")
    }
