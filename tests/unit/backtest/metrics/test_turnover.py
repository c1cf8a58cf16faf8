import numpy as np
import pytest
from tests.round_trips import BEGAN, trip

from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trips import summed
from tidemark.backtest.metrics.turnover import turnover
from tidemark.units import DAY


def of(days: int, equity: float) -> Figure:
    curve = Curve(1.0, BEGAN)
    curve.put(np.array([BEGAN + 1, BEGAN + days * DAY]), np.full(2, equity), np.zeros(2))
    return turnover(curve.sums(), summed([trip(1, 1.0), trip(2, 1.0)]))


def test_both_sides_of_a_trip_count() -> None:
    # Two trips, each 2 at 100 and 2 at 103; in a fifth of a year.
    assert of(73, 406.0).value == pytest.approx(2.0 * 5.0)


def test_what_is_not_defined_says_why() -> None:
    assert of(29, 406.0) == Figure(None, "fewer than 30 days")
    assert of(40, -5.0) == Figure(None, "the mean equity is not above 0")
