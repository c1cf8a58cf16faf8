import inspect
import json
import math
from typing import Any

import numpy as np
import pytest
from tests.empyrical_answers import ANSWERS, QUESTIONS
from tests.project.repository import ROOT, text_of
from tests.round_trips import BEGAN

from tidemark.backtest.metrics import curve_figures as module
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import CurveFigures, curve_figures
from tidemark.backtest.metrics.figure import Figure
from tidemark.units import DAY, SECOND

TOLD = json.loads(text_of(ANSWERS))


def figures_of(equity: list[float] | np.ndarray, exposure: list[float] | np.ndarray | None = None) -> CurveFigures:
    """Of a run that began with 100 and has one point a day."""
    curve = Curve(100.0, BEGAN)
    count = len(equity)
    held = np.zeros(count) if exposure is None else np.array(exposure, float)
    curve.put(BEGAN + DAY * np.arange(1, count + 1), np.array(equity, float), held)
    return curve_figures(curve.sums())


def test_sixty_days_by_hand() -> None:
    # Up 2 % and down 1 % by turns: 30 pairs, each 1.02 * 0.99 = 1.0098.
    equity = 100.0 * np.cumprod(np.tile([1.02, 0.99], 30))
    found = figures_of(equity, equity / 2.0)

    gained = 1.0098**30
    # The mean is 0.005, all distances from it are 0.015.
    deviation = 0.015 * math.sqrt(60 / 59)
    below = math.sqrt(0.01**2 / 2)
    assert found.days == 60
    assert found.total_return.value == pytest.approx(gained - 1.0)
    assert found.annual_return.value == pytest.approx(gained ** (365 / 60) - 1.0)
    assert found.volatility.value == pytest.approx(deviation * math.sqrt(365))
    assert found.downside_deviation.value == pytest.approx(below * math.sqrt(365))
    assert found.sharpe.value == pytest.approx(0.005 / deviation * math.sqrt(365))
    assert found.sortino.value == pytest.approx(0.005 / below * math.sqrt(365))
    assert found.max_drawdown.value == pytest.approx(-0.01)
    assert found.calmar.value == pytest.approx((gained ** (365 / 60) - 1.0) / 0.01)
    assert [found.best_day.value, found.worst_day.value] == pytest.approx([0.02, -0.01])
    assert [found.skew.value, found.kurtosis.value] == pytest.approx([0.0, 1.0], abs=1e-9)
    # Each fall is reached again on the next day.
    assert found.drawdown_length.value == 2 * DAY / SECOND
    assert found.drawdown_recovery.value == DAY / SECOND
    assert found.longest_drawdown.value == 2 * DAY / SECOND
    assert found.time_in_market.value == pytest.approx(59 / 60)
    assert found.mean_exposure.value == pytest.approx(59 / 60 / 2)
    assert found.highest_exposure.value == 0.5
    # It began on 8 January 2022.
    assert [(month.year, month.month) for month in found.months] == [(2022, 1), (2022, 2), (2022, 3)]
    assert found.months[0].value == pytest.approx(1.0098**12 - 1.0)


def test_what_is_not_defined_says_why() -> None:
    few, flat = figures_of([101.0] * 29), figures_of([100.0] * 30)
    rising = figures_of(100.0 + np.arange(1, 41) ** 1.5)

    for name in ("annual_return", "volatility", "downside_deviation", "sharpe", "sortino", "calmar", "skew"):
        assert getattr(few, name) == Figure(None, "fewer than 30 days")
    assert few.total_return.value == pytest.approx(0.01)
    assert (flat.volatility, flat.annual_return) == (Figure(0.0), Figure(0.0))
    assert flat.sharpe == flat.kurtosis == Figure(None, "the returns of all days are the same")
    assert rising.sortino == Figure(None, "no day lost")
    assert rising.calmar == Figure(None, "no drawdown")
    assert rising.drawdown_length == rising.drawdown_recovery == Figure(None, "no drawdown")
    assert figures_of([90.0] * 40).drawdown_recovery == Figure(None, "it was not recovered from")
    empty = curve_figures(Curve(1.0, BEGAN).sums())
    assert empty.best_day == empty.worst_day == Figure(None, "no days")
    assert empty.time_in_market == empty.mean_exposure == Figure(None, "no time passed")


def test_an_account_that_is_gone_lost_all_of_it() -> None:
    found = figures_of([50.0, -10.0, *[-10.0] * 40])

    assert found.is_ruined
    assert found.total_return.value == pytest.approx(-1.1)
    assert found.annual_return == Figure(-1.0)
    assert found.max_drawdown.value == pytest.approx(-1.1)
    # Only two days had something to earn on.
    assert found.sharpe == Figure(None, "fewer than 30 days")


def test_a_gain_that_no_number_holds_is_said() -> None:
    found = figures_of([1e100] * 31)

    assert found.annual_return == found.kurtosis == found.calmar == Figure(None, "too large to be told")


@pytest.mark.parametrize("run", TOLD["runs"], ids=lambda run: f"{len(run['returns'])} days")
def test_they_are_those_of_empyrical(run: dict[str, Any]) -> None:
    found = figures_of(100.0 * np.cumprod(1.0 + np.array(run["returns"])))

    assert set(run["answers"]) == set(QUESTIONS)
    for name, answer in run["answers"].items():
        assert getattr(found, name).value == pytest.approx(answer, rel=1e-9), name


def test_what_empyrical_said_is_of_the_version_that_is_pinned() -> None:
    assert f"\nempyrical-reloaded=={TOLD['version']}\n" in text_of(ROOT / "requirements" / "peers.in")


def test_every_figure_is_described_by_the_function_of_its_name() -> None:
    figures = [name for name, kind in CurveFigures.__annotations__.items() if kind is Figure]

    assert len(figures) > 15
    for name in figures:
        words = inspect.getdoc(getattr(module, name)) or ""
        assert all(f"\n{line}: " in words for line in ("Formula", "Unit", "Of a year", "Source")), name
