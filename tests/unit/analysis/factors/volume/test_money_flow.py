import numpy as np
import pytest
from tests.figures import candles, figures


def test_candles_count_by_their_volume() -> None:
    # Ten of 10 close at the high, ten of 30 at the low: (100 - 300) / 400.
    half = np.arange(20) < 10

    found = figures("money_flow", candles(20, close=np.where(half, 101.0, 99.0), volume=np.where(half, 10.0, 30.0)))

    assert found == pytest.approx([-0.5])
