import numpy as np

from tidemark.analysis.factors.sentiment.basis import value


def test_a_discount_that_is_smaller_than_usual_speaks_for_rising_prices() -> None:
    assert value(np.array([-2.0, -5.0]), np.array([-4.0, -4.0])).tolist() == [2.0, -1.0]
