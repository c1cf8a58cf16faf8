import numpy as np
import pytest
from tests.figures import candles, figures


def test_less_volume_than_usual_weakens_by_half_of_what_is_missing() -> None:
    volume = np.array([10.0] * 20 + [0.0, 20.0, 60.0])

    found = figures("relative_volume", candles(23, volume=volume))

    # 40 where 50 is usual, then 50 where four are 10 each and one 9.5; 100 are more than is usual.
    assert found == pytest.approx([0.5 + 0.5 * 40.0 / 50.0, 1.0, 1.0])


def test_silence_leaves_half() -> None:
    assert figures("relative_volume", candles(30, volume=np.array([10.0] * 25 + [0.0] * 5)))[-1] == 0.5
