"""What holds for every module of the figures of backtests, found by itself."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

from tidemark.backtest import metrics

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
