import doctest
import inspect

import pytest

from tidemark.backtest.broker.told import Reason
from tidemark.backtest.metrics import curve_figures, trip_figures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval
from tidemark.backtest.reports import words

UNITS = {
    name: inspect.getdoc(function).partition("Unit: ")[2].partition("\n")[0]  # type: ignore[union-attr]
    for module in (curve_figures, trip_figures)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if "Unit: " in (inspect.getdoc(function) or "")
}


def test_its_examples_are_true() -> None:
    assert doctest.testmod(words).failed == 0


def test_there_are_figures_with_units() -> None:
    assert {"sharpe", "win_rate", "mean_held", "expectancy_r"} < UNITS.keys()


@pytest.mark.parametrize("name", UNITS)
def test_a_figure_is_told_in_the_unit_that_its_function_names(name: str) -> None:
    unit = UNITS[name]
    wanted = (
        "50.00 %" if unit.startswith("fraction")
        else "500ms" if unit == "seconds"
        else "0.50 R" if unit == "R"
        else "0" if unit == "trips"
        else "0.50"
    )  # fmt: skip

    assert words.value(name, 0.5) == wanted


def test_every_reason_of_the_broker_has_its_words() -> None:
    assert words.REASONS.keys() == {reason.value for reason in Reason} - {"none"}


def test_what_is_not_defined_is_a_dash_and_has_no_interval() -> None:
    assert words.figure("sharpe", Figure.none("why")) == "-"
    assert words.sure("sharpe", None) == words.sure("sharpe", Interval(None, "why")) == ""
