import numpy as np
import pytest
import talib
from tests.candles_of_prices import values, walk


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_extremes_of_ta_lib(seed: int) -> None:
    made = walk(600, seed)
    found = values(made, "price_range")

    assert np.array_equal(found["range_high"], talib.MAX(made["high"], 50)[49:])
    assert np.array_equal(found["range_low"], talib.MIN(made["low"], 50)[49:])


def test_an_extreme_that_leaves_is_followed_by_the_next_one_that_is_still_there() -> None:
    # Highs of 99, 98, .. 40: the first fifty reach from 99 to 50, and each further candle takes one off the top.
    falling = {"high": np.arange(99.0, 39.0, -1.0), "low": np.arange(98.0, 38.0, -1.0)}
    found = values(falling, "price_range")

    assert found["range_high"].tolist() == list(np.arange(99.0, 88.0, -1.0))
    assert found["range_low"].tolist() == list(np.arange(49.0, 38.0, -1.0))
