import numpy as np

from tidemark.analysis.factors.sentiment.realised_volatility import strength


def test_calm_is_no_better_than_usual_and_twice_the_usual_halves() -> None:
    figures = strength(np.array([0.1, 1.0, 1.6, 2.0, 50.0]), np.zeros(5))

    assert figures.tolist() == [1.0, 1.0, 0.625, 0.5, 0.5]


def test_a_volatility_of_nothing_against_its_usual_is_calm() -> None:
    with np.errstate(divide="ignore"):
        assert strength(np.array([0.0]), np.array([0.0])).tolist() == [1.0]
