import numpy as np
import pytest
from tests.figures import candles, figures


def test_three_of_four_bought_are_half_of_the_volume_more_than_were_sold() -> None:
    assert figures("delta", candles(15, delta=5.0)) == [0.5, 0.5]
    assert figures("delta", candles(15, delta=-5.0)) == [-0.5, -0.5]


def test_only_the_latest_five_candles_count() -> None:
    delta = np.array([10.0] * 9 + [0.0, 0.0, 0.0, 0.0, -10.0])

    assert figures("delta", candles(14, delta=delta)) == pytest.approx([-10.0 / 50.0])
