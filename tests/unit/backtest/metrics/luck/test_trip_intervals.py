import numpy as np
import pytest
from tests.round_trips import BEGAN, drawn, trip

from tidemark.backtest.metrics.luck.interval import Interval
from tidemark.backtest.metrics.luck.trip_intervals import day_sums, trip_intervals
from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import summed
from tidemark.units import DAY, HOUR

NAMES = ("win_rate", "profit_factor", "expectancy", "expectancy_r")


def test_trips_are_added_up_by_the_day_on_which_they_began() -> None:
    trips = [
        trip(1, 8.0, entry_at=BEGAN + DAY, risk=4.0),
        trip(2, -3.0, entry_at=BEGAN + 23 * HOUR, risk=None),
        trip(3, 0.0, entry_at=BEGAN + DAY + 5 * HOUR, risk=4.0),
    ]

    assert day_sums(trips).tolist() == [[1, 0, 0, 3, 0, 0], [2, 1, 8, 0, 2, 2]]
    assert day_sums([]).shape == (0, 6)


def test_the_figures_are_those_of_the_trips() -> None:
    trips = drawn(300)

    found, wanted = trip_intervals(day_sums(trips), draws=300), trip_figures(summed(trips))

    assert (found.trips, found.days, found.draws) == (300, 60, 300)
    for name in NAMES:
        estimate = getattr(found, name).estimate
        assert estimate.value == pytest.approx(getattr(wanted, name).value, rel=1e-9), name
        assert estimate.low < estimate.value < estimate.high


def covered(worlds: int, shared: float) -> float:
    """In what share of runs the interval held what a trip brings, where all trips of a day share some of it."""
    rng, held = np.random.default_rng(5), 0
    for world in range(worlds):
        days = np.zeros((100, 6))
        count = rng.integers(1, 6, 100)
        of_day = rng.normal(0.0, shared, 100)
        for day in range(100):
            profits = 1.0 + of_day[day] + rng.normal(0.0, 1.0, count[day])
            days[day] = (count[day], (profits > 0).sum(), profits[profits > 0].sum(), -profits[profits < 0].sum(), 0, 0)
        estimate = trip_intervals(days, draws=300, seed=world).expectancy.estimate
        assert estimate is not None
        held += estimate.low <= 1.0 <= estimate.high
    return held / worlds


@pytest.mark.parametrize("shared", [0.0, 3.0])
def test_the_interval_holds_the_truth_in_95_of_100_runs(shared: float) -> None:
    # Of 400 runs the share has a deviation of 1.1 %.
    assert covered(400, shared) == pytest.approx(0.94, abs=0.035)


def test_what_is_not_known_says_why() -> None:
    few = trip_intervals(day_sums([trip(1, 1.0)]))
    won = trip_intervals(day_sums(trip(n, 1.0, entry_at=BEGAN + n * DAY, risk=None) for n in range(1, 30)), draws=50)

    assert {getattr(few, name).why for name in NAMES} == {"trips on fewer than 8 days"}
    assert won.profit_factor == Interval(None, "no losses")
    assert won.expectancy_r == Interval(None, "no trip had a stop")
    assert won.win_rate.estimate is not None
    assert won.win_rate.estimate.low == 1.0
