"""Finds the models: every module of the folders beside this file."""

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from tidemark.backtest.broker.base import Model


def names(kind: str) -> tuple[str, ...]:
    """The names of the models of a kind, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent / kind)])))


def find(kind: str, name: str) -> Model:
    """The model of that name."""
    return cast("Model", importlib.import_module(f"tidemark.backtest.broker.{kind}.{name}"))
