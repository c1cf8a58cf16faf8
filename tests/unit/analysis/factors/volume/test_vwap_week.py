import numpy as np
import pytest
from tests.figures import candles, figures

DAY_S = 86_400.0


def test_a_week_goes_on_from_day_to_day_and_ends_on_sunday() -> None:
    # Thursday 1970-01-01, Friday, Sunday, Monday and Tuesday.
    time, price = DAY_S * np.array([0.0, 1.0, 3.0, 4.0, 5.0]), np.array([10.0, 12.0, 14.0, 30.0, 20.0])

    found = figures("vwap_week", candles(5, time=time, high=price, low=price, close=price))

    # Means of 11 and 12 with deviations of 1 and the root of 8 / 3; then 25 and 5 of the two of the next week.
    assert found == pytest.approx([1.0, 2.0 / (8.0 / 3.0) ** 0.5, -1.0])
