import numpy as np
import pytest

from tidemark.analysis.factors.structure.fair_value_gap import value

NONE = (0.0, 0.0, 0.0)


def weighed(below: tuple[float, float, float], above: tuple[float, float, float], atr: float = 2.0) -> float:
    """From width, distance and age of each side's gap."""
    return float(value(*(np.array([one]) for one in (*below, *above, atr)))[0])


def test_a_fresh_gap_of_one_range_at_the_price_weighs_one() -> None:
    assert weighed((2.0, 0.0, 0.0), NONE) == 1.0
    assert weighed(NONE, (2.0, 0.0, 0.0)) == -1.0


def test_one_range_further_or_fifty_candles_older_weighs_half() -> None:
    assert weighed((2.0, 2.0, 0.0), NONE) == 0.5
    assert weighed((2.0, 0.0, 50.0), NONE) == 0.5
    assert weighed((2.0, 2.0, 100.0), NONE) == 0.125


def test_of_two_sides_the_difference_is_left() -> None:
    # 1 / 2 x 1 / (1 + 1 / 2) = 1 / 3, less 4 / 2 x 1 / 4 x 1 / (1 + 6 / 2) = 1 / 8.
    assert weighed((1.0, 1.0, 0.0), (4.0, 6.0, 100.0)) == pytest.approx(1 / 3 - 1 / 8, abs=1e-12)


def test_without_a_gap_it_is_neutral() -> None:
    assert weighed(NONE, NONE) == 0.0
