import numpy as np
import pytest

from tidemark.analysis.factors.structure.order_block import value


def weighed(below: tuple[float, float], above: tuple[float, float], atr: float = 2.0) -> float:
    """From strength and distance of each side's block."""
    return float(value(*(np.array([one]) for one in (*below, *above, atr)))[0])


def test_a_fresh_block_at_hand_weighs_one_and_half_of_that_one_range_away() -> None:
    assert weighed((1.0, 0.0), (0.0, 0.0)) == 1.0
    assert weighed((0.0, 0.0), (1.0, 2.0)) == -0.5


def test_of_two_sides_the_difference_is_left() -> None:
    # 0.5 / (1 + 1 / 2) = 1 / 3, less 0.8 / (1 + 6 / 2) = 1 / 5.
    assert weighed((0.5, 1.0), (0.8, 6.0)) == pytest.approx(1 / 3 - 1 / 5, abs=1e-12)
