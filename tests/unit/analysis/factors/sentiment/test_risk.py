import numpy as np

from tidemark.analysis.factors.sentiment.risk import FACT, strength


def test_all_of_the_variance_in_jumps_halves() -> None:
    assert strength(np.array([0.0, 0.5, 1.0])).tolist() == [1.0, 0.75, 0.5]


def test_the_fact_says_how_much_came_in_jumps() -> None:
    assert FACT.format(jump_share=0.254) == "25% of the variance of about 50 candles came in jumps"
