"""What holds for every module of the figures of backtests, found by itself."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType

import msgspec
import numpy as np
import pytest
from tests.round_trips import BEGAN, drawn

from tidemark.backtest import metrics
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import curve_figures
from tidemark.backtest.metrics.luck.overfitting import overfitting
from tidemark.backtest.metrics.luck.return_intervals import return_intervals
from tidemark.backtest.metrics.luck.trip_intervals import day_sums, trip_intervals
from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import summed
from tidemark.units import DAY

MODULES = sorted(found.name for found in pkgutil.walk_packages(metrics.__path__, f"{metrics.__name__}."))
# These read a database.
WITH_SQL = {"tidemark.backtest.metrics.sql"}
HEAVY = ("pandas", "scipy", "pyarrow", "sqlalchemy")


def loaded(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_there_are_modules() -> None:
    assert {"tidemark.backtest.metrics.curve", "tidemark.backtest.metrics.luck.deflated"} < set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_its_examples_are_true(name: str) -> None:
    assert doctest.testmod(loaded(name)).failed == 0


def test_nothing_heavy_is_needed() -> None:
    names = [name for name in MODULES if name not in WITH_SQL]
    program = f"import sys, {', '.join(names)}; print([one for one in {HEAVY} if one in sys.modules])"

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("days", [0, 1, 29, 30, 31, 200])
def test_whatever_there_is_can_be_written_down_and_read_again(days: int) -> None:
    returns = np.random.default_rng(days).normal(0.001, 0.02, days)
    curve = Curve(100.0, BEGAN)
    curve.put(BEGAN + DAY * np.arange(1, days + 1), 100.0 * np.cumprod(1.0 + returns), np.zeros(days))
    trips = drawn(days)
    told = (
        curve_figures(curve.sums()),
        trip_figures(summed(trips)),
        return_intervals(curve.daily(), draws=50),
        trip_intervals(day_sums(trips), draws=50),
        overfitting(np.stack([returns, -returns], axis=1), parts=4),
    )

    for one in told:
        text = msgspec.json.encode(one)
        assert b"null" not in text or b'"why":"' in text
        assert msgspec.json.decode(text, type=type(one)) == one
