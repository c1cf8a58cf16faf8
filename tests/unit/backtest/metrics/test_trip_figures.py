import inspect
import math

import pytest
from tests.round_trips import trip

from tidemark.backtest.metrics import trip_figures as module
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trip_figures import TripFigures, trip_figures
from tidemark.backtest.metrics.trips import R_EDGES, summed


def of(*profits: float, **other: object) -> TripFigures:
    return trip_figures(summed(trip(number, profit, **other) for number, profit in enumerate(profits, 1)))


def test_five_trips_by_hand() -> None:
    # With 4 at stake in each: 2, -1, 0, 1 and -0.5 R.
    found = of(8.0, -4.0, 0.0, 4.0, -2.0)

    assert (found.count, found.wins, found.losses) == (5, 2, 2)
    assert found.profit == Figure(6.0)
    assert found.win_rate == Figure(0.4)
    assert found.profit_factor == Figure(2.0)
    assert found.payoff == Figure(2.0)
    assert found.expectancy == Figure(1.2)
    assert found.expectancy_r.value == pytest.approx(0.3)
    # The distances from 0.3: 1.7, -1.3, -0.3, 0.7 and -0.8; squares of 5.8 together.
    assert found.r_deviation.value == pytest.approx(math.sqrt(5.8 / 4))
    assert (found.r_lowest, found.r_highest) == (Figure(-1.0), Figure(2.0))
    assert dict(zip(R_EDGES, found.r_counts[1:], strict=True))[-1.0] == 1
    assert sum(found.r_counts) == 5
    assert (found.largest_win, found.largest_loss) == (Figure(8.0), Figure(4.0))
    assert (found.fees, found.funding, found.slippage) == (Figure(2.5), Figure(-0.5), Figure(0.0))
    assert found.cost_share.value == pytest.approx(2.0 / 8.0)
    assert (found.mean_held, found.mean_bars) == (Figure(3600.0), Figure(7.0))
    assert (found.win_streak, found.loss_streak) == (Figure(1), Figure(1))
    assert [found.mean_mfe.value, found.furthest_mfe.value] == pytest.approx([0.03, 0.03])
    assert [found.mean_mae.value, found.furthest_mae.value] == pytest.approx([-0.01, -0.01])
    # A price of 100 and a quantity of 2 are 50 R.
    assert [found.mean_mfe_r.value, found.mean_mae_r.value] == pytest.approx([1.5, -0.5])


def test_what_is_not_defined_says_why() -> None:
    none, won, lost, even = of(), of(1.0, risk=None), of(-1.0), of(0.0)

    for name in ("win_rate", "profit_factor", "payoff", "expectancy", "mean_held", "mean_mfe", "furthest_mae"):
        assert getattr(none, name) == Figure(None, "no trips")
    assert (none.profit, none.win_streak) == (Figure(0.0), Figure(0))
    assert won.profit_factor == won.payoff == won.largest_loss == Figure(None, "no losses")
    assert won.expectancy_r == won.r_lowest == won.r_highest == won.mean_mfe_r == Figure(None, "no trip had a stop")
    assert lost.payoff == lost.largest_win == even.payoff == Figure(None, "no wins")
    assert lost.r_deviation == Figure(None, "fewer than two trips had a stop")
    assert lost.cost_share == Figure(None, "nothing was won before costs")
    assert lost.profit_factor == Figure(0.0)


def test_every_figure_is_described_by_the_function_of_its_name() -> None:
    figures = [name for name, kind in TripFigures.__annotations__.items() if kind is Figure]

    assert len(figures) > 20
    for name in figures:
        words = inspect.getdoc(getattr(module, name)) or ""
        assert all(f"\n{line}: " in words for line in ("Formula", "Unit", "Source")), name
