"""Finds the routes: every module of this folder that has `ROUTES`."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from tidemark.api.routes.base import PastRoute, Route


@cache  # bounded: it has no arguments, so there is one answer
def routes() -> tuple[Route | PastRoute, ...]:
    """All of them, by their paths; ValueError when two have the same."""
    found: list[Route | PastRoute] = []
    for entry in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = importlib.import_module(f"tidemark.api.routes.{entry.name}")
        found.extend(getattr(module, "ROUTES", ()))
    paths = [one.path for one in found]
    repeated = sorted({path for path in paths if paths.count(path) > 1})
    if repeated:
        raise ValueError(f"several routes answer at {', '.join(repeated)}")
    return tuple(sorted(found, key=lambda one: one.path))


def live_routes() -> tuple[Route, ...]:
    """Those that the monitor answers itself, of what it knows now."""
    return tuple(one for one in routes() if isinstance(one, Route))


def past_routes() -> tuple[PastRoute, ...]:
    """Those that are answered from the database."""
    return tuple(one for one in routes() if isinstance(one, PastRoute))
