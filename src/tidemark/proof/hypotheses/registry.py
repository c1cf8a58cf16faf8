"""Finds the hypotheses: every module of this folder that judges."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from tidemark.proof.hypotheses.base import Hypothesis

_NOT_HYPOTHESES = frozenset({"base", "registry"})


def names() -> list[str]:
    """All of them, from A to Z."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(entry.name for entry in found if entry.name not in _NOT_HYPOTHESES)


def find_all() -> Iterator[tuple[str, Hypothesis]]:
    """Each with its name."""
    for name in names():
        module: object = importlib.import_module(f"tidemark.proof.hypotheses.{name}")
        yield name, cast("Hypothesis", module)
