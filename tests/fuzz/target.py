"""What a fuzz target is, and how targets are found.

A target is one module of `tests/fuzz/targets`: a docstring that says what is fed, `REFUSALS`, `seeds()` and
`opened(folder)`. Nothing is listed anywhere: a new module is found.
"""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from tests.fuzz import targets

# Takes one input; gives whether it was of any use. Raises one of REFUSALS for what it refuses; all else is a fault.
Take = Callable[[bytes], bool]
_PARTS = ("REFUSALS", "opened", "seeds")


class Target(Protocol):
    """The shape of a module of that folder."""

    __doc__: str | None
    REFUSALS: tuple[type[Exception], ...]

    @staticmethod
    def seeds() -> list[bytes]:
        """Honest inputs to begin with; the same at every call."""
        ...

    @staticmethod
    def opened(folder: Path) -> Take:
        """What is fed, made ready once a process. *folder* is empty, and its own."""
        ...


def names() -> list[str]:
    """The targets there are, from A to Z."""
    return sorted(module.name for module in pkgutil.iter_modules(targets.__path__))


def load(name: str) -> Target:
    """The target *name*, or the module of that dotted name; AttributeError, which says what it lacks as a target."""
    module = importlib.import_module(name if "." in name else f"tests.fuzz.targets.{name}")
    for part in _PARTS:
        if not hasattr(module, part):
            raise AttributeError(f"{module.__name__} has no {part}; tests/fuzz/target.py says what a target needs")
    return cast("Target", module)
