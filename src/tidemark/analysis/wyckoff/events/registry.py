"""Finds the files of events."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from tidemark.analysis.wyckoff import events
from tidemark.analysis.wyckoff.events.base import Event

_NO_LEAF = {"base", "registry"}


def all_events() -> Mapping[str, Event]:
    """Every event by the name of its file, in the order of the kernel's numbers."""
    names = sorted(module.name for module in iter_modules(events.__path__) if module.name not in _NO_LEAF)
    found = {name: cast(Event, import_module(f"{events.__name__}.{name}")) for name in names}
    return dict(sorted(found.items(), key=lambda one: one[1].KIND))
