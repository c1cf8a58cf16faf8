"""Finds the kinds of topics: every module of this folder that has a `Kind`."""

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from tidemark.api.push.topics.base import Kind

_NOT_KINDS = frozenset({"base", "registry"})


def kinds() -> dict[str, type[Kind]]:
    """All of them by the names of their modules."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    names = sorted(entry.name for entry in found if entry.name not in _NOT_KINDS)
    return {
        name: cast("type[Kind]", importlib.import_module(f"tidemark.api.push.topics.{name}").Kind) for name in names
    }
