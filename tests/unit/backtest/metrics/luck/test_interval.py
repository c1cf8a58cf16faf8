import numpy as np

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval, interval_of
from tidemark.backtest.statistics import Estimate


def test_it_holds_the_middle_of_what_was_drawn() -> None:
    drawn = np.arange(1001) / 1000.0

    assert interval_of(Figure(0.4), drawn) == Interval(Estimate(value=0.4, low=0.025, high=0.975))


def test_without_the_figure_or_in_too_few_draws_there_is_none() -> None:
    drawn = np.arange(100.0)
    few = np.where(drawn < 6, np.inf, drawn)

    assert interval_of(Figure(None, "no losses"), drawn) == Interval(None, "no losses")
    assert interval_of(Figure(1.0), few) == Interval(None, "more than 5% of the draws have none")
    assert interval_of(Figure(1.0), np.where(drawn < 5, np.nan, drawn)).estimate is not None
