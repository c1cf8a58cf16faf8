import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "adx")

    columns = (made["high"], made["low"], made["close"])
    for name, told in (("adx", talib.ADX), ("plus_di", talib.PLUS_DI), ("minus_di", talib.MINUS_DI)):
        np.testing.assert_allclose(found[name], told(*columns, 14)[27:], rtol=0, atol=1e-9)


def test_a_market_that_only_rises_is_all_direction() -> None:
    steps = np.arange(40.0)
    found = values({"high": steps + 1.0, "low": steps, "close": steps + 1.0}, "adx")

    np.testing.assert_allclose(found["adx"], 100.0)
    np.testing.assert_allclose(found["plus_di"], 100.0)
    np.testing.assert_allclose(found["minus_di"], 0.0)


def test_candles_without_any_range_leave_it_as_it_was() -> None:
    still = {name: np.full(60, 5.0) for name in ("high", "low", "close")}

    assert set(values(still, "adx")["adx"].tolist()) == {0.0}
