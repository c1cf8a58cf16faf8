"""Finds the factors and modifiers: every module in the folder of a component."""

import importlib
import pkgutil
from pathlib import Path
from typing import NamedTuple, cast

from tidemark.analysis.factors.base import Factor, Modifier, Pace

# In the order in which they are shown.
COMPONENTS = ("order_flow", "order_book", "volume", "structure", "technical", "sentiment")


class Found(NamedTuple):
    """A leaf: the folder that it lies in, its name and itself."""

    component: str
    name: str
    module: Factor | Modifier


def found() -> tuple[Found, ...]:
    """All leaves, by component and name."""
    here = Path(__file__).parent
    return tuple(
        Found(component, leaf.name, _load(component, leaf.name))
        for component in COMPONENTS
        for leaf in sorted(pkgutil.iter_modules([str(here / component)]), key=lambda leaf: leaf.name)
    )


def factors(pace: Pace | None = None) -> dict[str, Factor]:
    """The factors by name, all of them or those of one pace, in the order of their components."""
    return {
        one.name: one.module
        for one in found()
        if not hasattr(one.module, "MODIFIES") and pace in {None, one.module.PACE}
    }


def modifiers(pace: Pace | None = None) -> dict[str, Modifier]:
    """The modifiers by name, all of them or those of one pace."""
    return {
        one.name: cast("Modifier", one.module)
        for one in found()
        if hasattr(one.module, "MODIFIES") and pace in {None, one.module.PACE}
    }


def groups(component: str) -> tuple[tuple[str, ...], ...]:
    """The factors of a component, those of one group together; groups by name."""
    by_group: dict[str, list[str]] = {}
    for one in found():
        if one.component == component and not hasattr(one.module, "MODIFIES"):
            by_group.setdefault(one.module.GROUP, []).append(one.name)
    return tuple(tuple(by_group[group]) for group in sorted(by_group))


def _load(component: str, name: str) -> Factor | Modifier:
    return cast("Factor | Modifier", importlib.import_module(f"tidemark.analysis.factors.{component}.{name}"))
