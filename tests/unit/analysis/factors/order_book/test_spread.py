import numpy as np

from tidemark.analysis.factors.order_book.spread import strength


def test_a_narrow_spread_is_no_better_than_the_usual_and_a_wide_one_keeps_four_tenths() -> None:
    figures = strength(np.array([0.5, 2.0, 3.2, 200.0]), np.full(4, 2.0))

    assert figures.tolist() == [1.0, 1.0, 0.625, 0.4]
