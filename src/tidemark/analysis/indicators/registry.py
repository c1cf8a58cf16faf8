"""Finds the indicators: every module beside this file that is none of its own."""

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from tidemark.analysis.indicators.base import Indicator

_OURS = frozenset({"base", "registry", "bank"})


def names() -> tuple[str, ...]:
    """The names of all indicators, sorted."""
    return tuple(
        sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.name not in _OURS)
    )


def find(name: str) -> Indicator:
    """The indicator of that name."""
    return cast("Indicator", importlib.import_module(f"tidemark.analysis.indicators.{name}"))
