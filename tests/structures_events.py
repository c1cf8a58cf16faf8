"""What a drawn market gave of one event: its values by name, and whether a rule lets it pass."""

import math

import pytest
from tests.structures import Drawn, Kernel, profile
from tests.structures_read import WHOLE

from tidemark.analysis.wyckoff.events.base import Rule, Sense
from tidemark.analysis.wyckoff.events.registry import all_events


def facts(name: str, at: int, drawn: Drawn = WHOLE) -> dict[str, float]:
    """The values of the event of that file at bar *at*, by their names."""
    event = all_events()[name]
    given = Kernel(profile()).take(drawn)
    of_it = (given.events[:, 1] == event.KIND) & (given.events[:, 3] == at) & (given.events[:, 6] == 0)
    (values,) = given.values[of_it].tolist()
    return dict(zip(event.VALUES, values[1:], strict=False))


def known(name: str, at: int, rules: dict[str, float], drawn: Drawn = WHOLE) -> list[int]:
    """When the event of bar *at* was known where these are its rules; empty where it does not come."""
    given = Kernel(profile(None, **{name: rules})).take(drawn)
    of_it = (given.events[:, 1] == all_events()[name].KIND) & (given.events[:, 3] == at) & (given.events[:, 6] == 0)
    return [int(bar) for bar in given.events[of_it, 4]]


def each_rule(name: str) -> pytest.MarkDecorator:
    """A test for each of the rules in the file of that name."""
    return pytest.mark.parametrize("rule", all_events()[name].RULES, ids=lambda rule: rule.name)


def decides(name: str, rule: Rule, at: int, drawn: Drawn = WHOLE) -> bool:
    """Whether the event comes with what it has as its threshold, and with any more not, or by a later test alone."""
    measured = facts(name, at, drawn)[rule.value]
    further = math.nextafter(measured, math.inf if rule.sense is Sense.AT_LEAST else -math.inf)
    (usual,) = known(name, at, {}, drawn)
    return known(name, at, {rule.name: measured}, drawn) == [usual] and all(
        bar > usual for bar in known(name, at, {rule.name: further}, drawn)
    )
