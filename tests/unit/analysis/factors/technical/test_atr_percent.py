import numpy as np
import pytest

from tidemark.analysis.factors.technical.atr_percent import strength


@pytest.mark.parametrize(
    ("ratio", "left"), [(1.0, 1.0), (2.0, 0.75), (0.5, 0.75), (4.0, 0.5), (0.25, 0.5), (64.0, 0.5), (1 / 64, 0.5)]
)
def test_twice_as_large_and_half_as_large_take_as_much_and_never_more_than_half(ratio: float, left: float) -> None:
    assert strength(np.array([0.3]), np.array([ratio])).tolist() == [left]


def test_the_level_of_the_price_is_of_no_account() -> None:
    assert np.unique(strength(np.array([0.01, 1.0, 50.0]), np.full(3, 1.5))).size == 1
