import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_range_of_ta_lib_over_its_smoothed_mean(seed: int) -> None:
    made = walk(400, seed)
    ranges = talib.ATR(made["high"], made["low"], made["close"], 14)[14:]
    means = [ranges[:100].mean()]
    for one in ranges[100:]:
        means.append((means[-1] * 99.0 + one) / 100.0)

    np.testing.assert_allclose(values(made, "atr_ratio")["atr_ratio"], ranges[99:] / means, rtol=0, atol=1e-9)


def test_candles_that_become_twice_as_large_approach_twice_the_usual() -> None:
    # 114 candles with a range of 2, then one of 16: the average is (2 x 13 + 16) / 14 = 3, the mean (2 x 99 + 3) / 100.
    reach = np.append(np.ones(114), 8.0)
    candles = {"high": 10.0 + reach, "low": 10.0 - reach, "close": np.full(115, 10.0)}

    assert values(candles, "atr_ratio")["atr_ratio"].tolist() == pytest.approx([1.0, 3.0 / 2.01], abs=1e-12)


def test_a_price_that_does_not_move_is_as_usual() -> None:
    still = {name: np.full(130, 7.0) for name in ("high", "low", "close")}

    assert set(values(still, "atr_ratio")["atr_ratio"].tolist()) == {1.0}
