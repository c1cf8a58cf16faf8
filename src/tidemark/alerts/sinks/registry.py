"""Finds the kinds of sinks: every module beside this file that is none of its own."""

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from tidemark.alerts.sinks.base import Kind, Place, Sink
from tidemark.errors import SettingsError
from tidemark.settings.alerting import SinkSpec

_OURS = frozenset({"addresses", "base", "registry"})


def names() -> tuple[str, ...]:
    """The names of all kinds, sorted."""
    return tuple(
        sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.name not in _OURS)
    )


def find(name: str) -> Kind:
    """The kind of that name."""
    return cast("Kind", importlib.import_module(f"tidemark.alerts.sinks.{name}"))


def make(spec: SinkSpec, place: Place) -> Sink:
    """The sink of *spec*; SettingsError where no kind understands it."""
    kinds = [find(name) for name in names()]
    own = next((kind for kind in kinds if spec.scheme in kind.SCHEMES), None)
    return (own or next(kind for kind in kinds if not kind.SCHEMES)).make(spec, place)


def refuse_options(spec: SinkSpec, *known: str) -> None:
    """SettingsError where *spec* has an option that its kind does not know."""
    unknown = sorted(set(spec.options) - set(known))
    if unknown:
        also = ("severity", "rules", "symbols", "events", "digest", "rate", "quiet")
        raise SettingsError(
            f"alerts.sinks: {spec.name} has the option {unknown[0][:40]!r}, which is not known; there are "
            + ", ".join((*known, *also))
        )


def truth(spec: SinkSpec, option: str) -> bool:
    """Whether *option* is set to yes."""
    word = spec.options.get(option, "no")
    if word not in {"yes", "no"}:
        raise SettingsError(f"alerts.sinks: {spec.name}: {option}={word[:20]} is not known; write yes or no")
    return word == "yes"
