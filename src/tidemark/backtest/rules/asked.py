"""Which rules are asked for, how they and the engine are set, and how their signals are traded.

A request names `rules`, or `rules:spring_long,utad_short`. Its parameters are those of rules (`spring_long.depth`), of
the engine (`analysis.weights.volume`, `wyckoff.signals`), by the keys of the settings, and those of `Trading`.
"""

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from tidemark import __version__
from tidemark.errors import SettingsError
from tidemark.model.signal import Kind
from tidemark.settings.settings import Settings, schema
from tidemark.signals.rules import registry
from tidemark.sources import EffectiveRow, load_as

NAME = "rules"
# Sections of the settings that say what the engine finds; the others are of the running service.
SECTIONS = ("analysis", "candles", "rules", "signals", "wyckoff")


class Trading(Struct, frozen=True, kw_only=True):
    """How a signal becomes a trade."""

    risk: Annotated[float, Meta(gt=0.0, le=1.0, description="Of the equity, so much is lost at the stop")] = 0.01
    share: Annotated[float, Meta(gt=0.0, le=100.0, description="And no more than this of it is in one trade")] = 0.25
    target: Annotated[
        Literal["first", "last"], Meta(description="The target of the plan at which all of it is left")
    ] = "last"
    warm_up: Annotated[
        Literal["none", "1m", "5m", "15m", "30m", "1h", "4h", "1d"],
        Meta(description="Nothing is traded before the indicators of all timeframes up to this are warm"),
    ] = "30m"


class Asked(Struct, frozen=True, kw_only=True):
    """What a request comes to.

    rules: those that are on and trade; settings: of the engine; given: what the request sets of them.
    """

    rules: tuple[str, ...]
    trading: Trading
    settings: Settings
    given: dict[str, str]


def is_rules(strategy: str) -> bool:
    """Whether a request is for rules, and not for a file.

    >>> is_rules("rules"), is_rules("rules:spring_long"), is_rules("rules.py")
    (True, True, False)
    """
    return strategy == NAME or strategy.startswith(f"{NAME}:")


def asked(strategy: str, parameters: Mapping[str, str]) -> Asked:
    """What is asked for; SettingsError where there is no such rule or parameter, or a value is not allowed."""
    own = set(Trading.__struct_fields__)
    trading = load_as(Trading, None, {}, {key: text for key, text in parameters.items() if "." not in key})
    flags = {_key(key): text for key, text in parameters.items() if key not in own}
    named = _named(strategy)
    if named:
        flags |= {f"rules.{rule}.enabled": str(rule in named).lower() for rule in registry.names()}
    settings = load_as(Settings, None, {}, flags).settings
    on = [rule for rule in trading_rules() if settings.ruled()[0][rule].enabled]
    if not on or not settings.signals.enabled or not settings.analysis.enabled:
        raise SettingsError(f"no rule that trades is on; there are {', '.join(trading_rules())}")
    given = {key: text for key, text in parameters.items() if key not in own}
    return Asked(rules=tuple(on), trading=trading.settings, settings=settings, given=given)


def parameters_of(made: Asked) -> dict[str, str | int | float | bool]:
    """How signals are traded, and what is set of the rules and of the engine beside their defaults."""
    return msgspec.structs.asdict(made.trading) | made.given


def settable(made: Asked) -> tuple[str, ...]:
    """The names of all that may be set: of the trading, of the rules that are on, and of the engine."""
    rules = made.settings.ruled()[0]
    return (
        *Trading.__struct_fields__,
        *(f"{rule}.{name}" for rule in made.rules for name in rules[rule].__struct_fields__),
        *(row.key for row in schema() if row.key.partition(".")[0] in SECTIONS and not row.key.startswith("rules.")),
    )


def parameters_from(rows: Iterable[EffectiveRow]) -> dict[str, str]:
    """What settings say of the engine beside its defaults, as parameters of a request."""
    return {
        row.key.removeprefix("rules."): row.value
        for row in rows
        if row.source != "default" and row.key.partition(".")[0] in SECTIONS
    }


def text_of(made: Asked) -> str:
    """The rules that are on, as they are written."""
    return "\n".join(inspect.getsource(inspect.getmodule(registry.find(rule))) for rule in made.rules)  # type: ignore[arg-type]


def digest_of(made: Asked) -> str:
    """What a run has to have in common with itself to be taken up again: the rules, and the version of the engine."""
    return hashlib.sha256(f"{__version__}\n{text_of(made)}".encode()).hexdigest()


def _named(strategy: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in strategy.partition(":")[2].split(",") if name.strip())
    for name in names:
        if name not in trading_rules():
            why = "only tells something" if name in registry.names() else "is no rule"
            raise SettingsError(f"{name!r} {why}; those that trade are {', '.join(trading_rules())}")
    if not names and strategy != NAME:
        raise SettingsError(f"{strategy!r} names no rule; write {NAME}, or {NAME}:{trading_rules()[0]}")
    return names


def trading_rules() -> tuple[str, ...]:
    """The rules that trade, by name."""
    return tuple(name for name, rule in registry.rules().items() if rule.KIND is Kind.TRADE)


def _key(parameter: str) -> str:
    """Its key among the settings; one that is of neither is left as it is, and refused there."""
    section = parameter.partition(".")[0]
    return f"rules.{parameter}" if section in registry.names() else parameter
