"""Finds the sources: every module beside this file that is none of its own."""

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from tidemark.analysis.sources.base import Source

_OURS = frozenset({"base", "registry"})


def names() -> tuple[str, ...]:
    """The names of all sources, sorted."""
    return tuple(
        sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.name not in _OURS)
    )


def find(name: str) -> type[Source]:
    """The source of that name."""
    return cast("type[Source]", importlib.import_module(f"tidemark.analysis.sources.{name}").Source)


def mirror(name: str) -> Mapping[str, str]:
    """How each of its columns looks in the mirrored market; see sources.base."""
    return cast("Mapping[str, str]", importlib.import_module(f"tidemark.analysis.sources.{name}").MIRROR)


def given(name: str) -> tuple[str, ...]:
    """The names of the columns that it gives."""
    return cast("tuple[str, ...]", importlib.import_module(f"tidemark.analysis.sources.{name}").GIVES)
