import numpy as np

from tidemark.analysis.factors.order_book.pulling import FACT, READS, strength


def test_three_times_the_usual_halves_and_no_more_than_that() -> None:
    figures = strength(np.array([0.2, 1.5, 2.0, 3.0, 90.0]), np.zeros(5), np.zeros(5))

    assert figures.tolist() == [1.0, 1.0, 0.75, 0.5, 0.5]


def test_the_fact_shows_how_much_was_taken_away_on_which_side() -> None:
    told = FACT.format(**dict(zip(READS, (3.2, 1250.0, 40.5), strict=True)))

    assert told == (
        "1,250 bid and 40.5 offered were taken from the best 20 levels without a trade (half-life 30 s):"
        " 3.2 times the usual share"
    )
