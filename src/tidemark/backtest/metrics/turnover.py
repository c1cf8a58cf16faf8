"""How often the equity was traded in a year: what takes both the equity and the trips."""

from tidemark.backtest.metrics.curve import CurveSums
from tidemark.backtest.metrics.curve_figures import LEAST_DAYS, YEAR_DAYS
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trips import TripSums
from tidemark.units import DAY


def turnover(curve: CurveSums, trips: TripSums) -> Figure:
    """What was bought and sold in a year against the mean equity; in and out of a position counts twice.

    Formula: traded / (mean equity over time) / T
    Unit: times a year
    Of a year: by the time that passed
    Source: CFA Institute's turnover of a portfolio, with purchases and sales added up in the place of the lesser
    """
    days = (curve.ended - curve.began) / DAY
    if days < LEAST_DAYS:
        return Figure.none(f"fewer than {LEAST_DAYS} days")
    if curve.mean_equity <= 0.0:
        return Figure.none("the mean equity is not above 0")
    return Figure.of(trips.traded / curve.mean_equity / (days / YEAR_DAYS))
