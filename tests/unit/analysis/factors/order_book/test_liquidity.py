import numpy as np

from tidemark.analysis.factors.order_book.liquidity import strength


def test_half_of_what_usually_lies_near_halves_and_nothing_keeps_four_tenths() -> None:
    figures = strength(np.array([2.0, 0.5, 0.0]), np.full(3, 50.0))

    assert figures.tolist() == [1.0, 0.5, 0.4]


def test_where_no_distance_is_known_nothing_is_said() -> None:
    assert np.isnan(strength(np.array([0.0]), np.array([0.0]))).all()
