"""What each rule said in a run, and what it would have needed to say something."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from tidemark.engine.step import Engine


class RuleSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule said.

    signals: how many; traded: of these, how many became an order; cold: before the indicators were warm; busy: while
    their market was traded already. missing: what it reads and was known of no market, where it never knew all of it at
    once: then it could not speak.
    """

    rule: str
    signals: int
    traded: int
    cold: int
    busy: int
    missing: tuple[str, ...]


def told(engine: "Engine", rules: Sequence[str], counts: Mapping[str, Sequence[int]]) -> tuple[RuleSaid, ...]:
    """That of *rules*; counts: signals, traded, cold and busy of each."""
    missing = _missing(engine, rules)
    return tuple(
        RuleSaid(
            rule=rule, signals=signals, traded=traded, cold=cold, busy=busy,
            missing=missing[rule] if not signals else (),
        )
        for rule in rules
        for signals, traded, cold, busy in [counts[rule]]
    )  # fmt: skip


def _missing(engine: "Engine", rules: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What each rule that never knew all that it reads does not know of any market now."""
    # Whoever reads a result needs no engine.
    from tidemark.signals.inputs import PRICES, look  # noqa: PLC0415
    from tidemark.signals.rules import registry  # noqa: PLC0415

    if engine.analysis is None or engine.signals is None or engine.analysis.scores is None:
        return dict.fromkeys(rules, ())
    inputs = look(engine.analysis, engine.signals.own(engine.analysis.exchange_ns), 0)
    kept = engine.signals.kept()
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        reads = (*registry.find(rule).READS, *PRICES[:2])
        was_known = bool(kept[f"signals/conditions/{rule}/known_s"].any())
        unknown = (name for name in reads if name not in inputs.columns or not inputs.columns[name].is_known.any())
        found[rule] = () if was_known else tuple(unknown)
    return found


def highest_coverage(engine: "Engine") -> float:
    """How much of the weight of the score is there now, of the market where that is most."""
    analysis = engine.analysis
    if analysis is None or analysis.scores is None or not len(analysis.scores.coverage):
        return 0.0
    return float(np.max(analysis.scores.coverage))
