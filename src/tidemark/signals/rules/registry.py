"""Finds the rules: every module beside this file that is none of its own."""

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from tidemark.signals.rules.base import Rule

_OURS = frozenset({"base", "registry"})


def names() -> tuple[str, ...]:
    """The names of all rules, sorted."""
    return tuple(
        sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.name not in _OURS)
    )


def find(name: str) -> Rule:
    """The rule of that name."""
    return cast("Rule", importlib.import_module(f"tidemark.signals.rules.{name}"))


def rules() -> dict[str, Rule]:
    """All of them by name."""
    return {name: find(name) for name in names()}
