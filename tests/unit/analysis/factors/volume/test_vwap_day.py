import numpy as np
import pytest
from tests.figures import candles, figures

MINUTE_S, DAY_S = 60.0, 86_400.0


def test_it_is_the_distance_of_the_close_in_standard_deviations_of_the_day() -> None:
    price = np.array([10.0, 14.0, 16.0])
    made = candles(3, high=price, low=price, close=price, volume=np.array([1.0, 3.0, 0.0]))

    # One traded price has no deviation; then a mean of 13 and a deviation of the root of 3.
    assert figures("vwap_day", made) == pytest.approx([1.0 / 3.0**0.5, 3.0 / 3.0**0.5])


def test_a_day_forgets_the_one_before_it() -> None:
    time = DAY_S + MINUTE_S * np.array([-2.0, -1.0, 0.0, 1.0])
    price = np.array([50.0, 90.0, 10.0, 12.0])
    made = candles(4, time=time, high=price, low=price, close=price)

    # The mean of 10 and 12 is 11, and both are 1 from it.
    assert figures("vwap_day", made) == pytest.approx([1.0, 1.0])


def test_candles_of_a_day_have_no_band() -> None:
    price = np.array([10.0, 12.0, 15.0])

    assert figures("vwap_day", candles(3, time=DAY_S * np.arange(3.0), high=price, low=price, close=price)) == []
