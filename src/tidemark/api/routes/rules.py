"""The rules of signals: what each says, its parameters as they hold, and what single markets have instead."""

from functools import cache

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.signals.parameters import schema
from tidemark.signals.rules import registry
from tidemark.sources import SettingRow
from tidemark.units import MIB

_SECTION = "rules."


class RuleCondition(msgspec.Struct, frozen=True, kw_only=True):
    """One of the conditions of a rule. side: 1 long, -1 short, 0 neither."""

    name: str
    side: int


class RuleParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter, each as it may be written in the settings. source: default, or what set it."""

    name: str
    value: str
    default: str
    allowed: str
    source: str
    description: str


class RuleOverride(msgspec.Struct, frozen=True, kw_only=True):
    """What one market has instead."""

    symbol: str
    parameter: str
    value: str


class RuleReading(msgspec.Struct, frozen=True, kw_only=True):
    """A rule. kind: trade where its signals have an entry, a stop and targets, else notice.

    reads: the figures that it takes. fact: what it says it saw, with the names of those figures in braces.
    """

    name: str
    title: str
    kind: str
    is_enabled: bool
    conditions: tuple[RuleCondition, ...]
    reads: tuple[str, ...]
    fact: str
    parameters: tuple[RuleParameter, ...]
    overrides: tuple[RuleOverride, ...]


class RuleList(Answer, frozen=True, kw_only=True):
    """All rules by their names. is_on: whether anything is signalled at all."""

    is_on: bool
    rules: tuple[RuleReading, ...]


@cache  # bounded: it has no arguments, so there is one answer
def _rows() -> dict[str, SettingRow]:
    return {row.key: row for row in schema()}


def _rules(monitor: Monitor, _: Nothing) -> RuleList:
    effective = {row.key.removeprefix(_SECTION): row for row in monitor.loaded.effective()
                 if row.key.startswith(_SECTION)}  # fmt: skip
    parameters: dict[str, list[RuleParameter]] = {name: [] for name in registry.names()}
    for key, row in _rows().items():
        of, name = key.split(".", 1)
        parameters[of].append(
            RuleParameter(
                name=name,
                value=effective[key].value,
                default=row.default,
                allowed=row.type,
                source=effective[key].source,
                description=row.help,
            )
        )
    overrides = _overrides(monitor.loaded.settings.signals.overrides)
    return RuleList(
        as_of_ms=monitor.now_ms,
        is_on=monitor.engine.signals is not None,
        rules=tuple(
            RuleReading(
                name=name,
                title=rule.TITLE,
                kind=rule.KIND.value,
                is_enabled=effective[f"{name}.enabled"].value == "true",
                conditions=tuple(RuleCondition(name=one.name, side=int(one.side)) for one in rule.CODES.values()),
                reads=rule.READS,
                fact=rule.FACT,
                parameters=tuple(parameters[name]),
                overrides=tuple(overrides.get(name, ())),
            )
            for name, rule in registry.rules().items()
        ),
    )


def _overrides(texts: tuple[str, ...]) -> dict[str, list[RuleOverride]]:
    """What `signals.overrides` says, by rule; it was checked when the settings were loaded."""
    found: dict[str, list[RuleOverride]] = {}
    for text in texts:
        symbol, _, assignment = text.strip().partition(" ")
        key, _, value = (part.strip() for part in assignment.partition("="))
        rule, _, parameter = key.partition(".")
        found.setdefault(rule, []).append(RuleOverride(symbol=symbol, parameter=parameter, value=value))
    return found


ROUTES = (
    Route(
        path="/api/v1/rules",
        summary="The rules of signals, and their parameters as they hold",
        asked=Nothing,
        answer=RuleList,
        give=_rules,
        transient=8 * MIB,
    ),
)
