"""Finds the venues: every folder beside this file that holds a `venue.py` with a VENUE is one."""

import difflib
import importlib
import pkgutil
from pathlib import Path

from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Endpoints, Venue


def names() -> tuple[str, ...]:
    """The names of all venues, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.ispkg))


def find(name: str, endpoints: Endpoints | None = None) -> Venue:
    """The venue called *name*, reached at *endpoints* where given. Raises SettingsError for an unknown name."""
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise SettingsError(f"venue {name!r} is not known; {hint}known: {', '.join(known)}")
    module = importlib.import_module(f"tidemark.ingest.venues.{name}.venue")
    venue: Venue = module.VENUE(endpoints)
    return venue
