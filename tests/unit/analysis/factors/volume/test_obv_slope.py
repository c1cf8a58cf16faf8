import numpy as np
import pytest
from tests.figures import candles, figures


@pytest.mark.parametrize(("step", "slope"), [(0.1, 1.0), (-0.1, -1.0)])
def test_where_each_close_moves_the_same_way_each_candle_adds_all_of_its_volume(step: float, slope: float) -> None:
    # From the second candle on: the first has no close before it.
    found = figures("obv_slope", candles(15, close=100.0 + step * np.arange(15.0)))

    assert found[-1] == pytest.approx(slope)


def test_closes_that_come_and_go_add_next_to_nothing() -> None:
    found = figures("obv_slope", candles(40, close=100.0 + np.arange(40.0) % 2))

    # The line goes up and down by one volume: by least squares 7 x 0.5 / 227.5 of it a candle, with either sign.
    assert np.abs(found[-10:]) == pytest.approx(7.0 * 0.5 / 227.5)
