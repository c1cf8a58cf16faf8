"""Finds the routes: every module of this folder that has `ROUTES`, or `ACTIONS`."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from tidemark.api.routes.base import Action, PastRoute, Route

T = TypeVar("T", Route | PastRoute, Action)


@cache  # bounded: it has no arguments, so there is one answer
def routes() -> tuple[Route | PastRoute, ...]:
    """What can be read, by path; ValueError when two have the same."""
    return _sorted([one for module in _modules() for one in getattr(module, "ROUTES", ())])


@cache  # bounded: it has no arguments, so there is one answer
def actions() -> tuple[Action, ...]:
    """What can be done, by path; ValueError when two have the same."""
    return _sorted([one for module in _modules() for one in getattr(module, "ACTIONS", ())])


def live_routes() -> tuple[Route, ...]:
    """Those that the monitor answers itself, of what it knows now."""
    return tuple(one for one in routes() if isinstance(one, Route))


def past_routes() -> tuple[PastRoute, ...]:
    """Those that are answered from the database."""
    return tuple(one for one in routes() if isinstance(one, PastRoute))


def _modules() -> Iterator[ModuleType]:
    for entry in pkgutil.iter_modules([str(Path(__file__).parent)]):
        yield importlib.import_module(f"tidemark.api.routes.{entry.name}")


def _sorted(found: list[T]) -> tuple[T, ...]:
    paths = [one.path for one in found]
    repeated = sorted({path for path in paths if paths.count(path) > 1})
    if repeated:
        raise ValueError(f"several routes answer at {', '.join(repeated)}")
    return tuple(sorted(found, key=lambda one: one.path))
