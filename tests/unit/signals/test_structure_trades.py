import doctest
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.signalling import at_s, inputs, signals

from tidemark.analysis.regime import Regime
from tidemark.analysis.wyckoff.turns import TURNS
from tidemark.model.signal import Side, Signal
from tidemark.signals import structure_trades
from tidemark.signals.rules import registry
from tidemark.signals.structure_trades import StructureParameters, example, judge, reads, refusals

LIMITS: dict[str, Any] = {name: float(value) for name, value in msgspec.structs.asdict(StructureParameters()).items()}
# For each check: a figure at which it only just passes, one at which it does not, and its validator.
EDGES = {
    "volume": (1.5, 1.51, "volume"),
    "phase": (3.0, 2.0, "phase"),
    "built": (15.0, 14.0, "phase"),
    "quality": (50.0, 49.0, "level"),
    "depth": (0.3, 0.31, "level"),
    "risk": (3.0, 3.1, "risk"),
    "reward": (1.5, 1.4, "risk"),
    "confidence": (0.5, 0.49, "context"),
}
SIDES = [("spring", Side.LONG), ("utad", Side.SHORT)]


def figures(turn: str, side: Side, **others: float) -> dict[str, float]:
    named = {f"{turn}_{name}" if f"{turn}_{name}" in reads(turn) else name: figure for name, figure in others.items()}
    return {**example(turn, side), **named}


def entered(turn: str, side: Side, held: float = 0, **others: float) -> tuple[int, bool]:
    told = figures(turn, side, **others)
    asked: dict[str, float] = {name: others[name] for name in ("against_higher", "in_volatile") if name in others}
    limits: dict[str, Any] = {**LIMITS, **asked}
    verdict = judge(side, limits, np.array([held], np.int8), tuple(np.array([told[name]]) for name in reads(turn)))
    return int(verdict.enter[0]), bool(verdict.stays[0])


def test_its_examples_are_true() -> None:
    assert doctest.testmod(structure_trades).failed == 0


@pytest.mark.parametrize(("turn", "side"), SIDES)
@pytest.mark.parametrize("figure", list(EDGES))
def test_each_check_silences_alone_beyond_its_limit_on_either_side(turn: str, side: Side, figure: str) -> None:
    within, beyond, validator = EDGES[figure]

    assert entered(turn, side, **{figure: within})[0] == int(side)
    assert entered(turn, side, **{figure: beyond})[0] == 0
    told = refusals(turn, side, LIMITS, figures(turn, side, **{figure: beyond}))
    failed = [one for one in told if not one.passed]
    assert [(one.validator, one.figure, one.measured) for one in failed] == [(validator, figure, beyond)]


@pytest.mark.parametrize(("turn", "side"), SIDES)
def test_after_phase_d_it_is_late(turn: str, side: Side) -> None:
    assert [entered(turn, side, phase=phase)[0] for phase in (2.0, 3.0, 4.0, 5.0)] == [0, int(side), int(side), 0]


@pytest.mark.parametrize(("turn", "side"), SIDES)
def test_the_longer_timeframe_may_lean_nowhere_and_against_it_only_where_that_is_asked_for(
    turn: str, side: Side
) -> None:
    against = float(-side)

    assert entered(turn, side, structure_higher=0.0)[0] == int(side)
    assert entered(turn, side, structure_higher=against)[0] == 0
    assert entered(turn, side, structure_higher=against, against_higher=1.0)[0] == int(side)


def test_in_a_volatile_market_it_speaks_only_where_that_is_asked_for() -> None:
    volatile = float(Regime.VOLATILE)

    assert entered("spring", Side.LONG, regime=volatile)[0] == 0
    assert entered("spring", Side.LONG, regime=volatile, in_volatile=1.0)[0] == 1


def test_it_is_entered_with_the_newest_candle_alone_and_stays_for_three_more() -> None:
    assert [entered("spring", Side.LONG, held=1, bars=bars) for bars in (0.0, 1.0, 3.0, 4.0)] == [
        (1, True), (0, True), (0, True), (0, False),
    ]  # fmt: skip
    assert entered("spring", Side.LONG, held=0, bars=1.0) == (0, False)


def test_validators_are_asked_in_their_order() -> None:
    told = refusals("lps", Side.LONG, LIMITS, example("lps", Side.LONG))

    assert list(dict.fromkeys(one.validator for one in told)) == ["volume", "phase", "level", "risk", "context"]
    assert all(one.passed for one in told)


def test_a_refusal_names_its_number_and_what_it_is_held_against() -> None:
    told = refusals("lps", Side.LONG, LIMITS, figures("lps", Side.LONG, quality=43.0))
    (refused,) = (one for one in told if not one.passed)

    assert (refused.validator, refused.figure, refused.measured, refused.sense, refused.threshold) == (
        "level", "quality", 43.0, ">=", 50.0,
    )  # fmt: skip


def test_what_was_not_measured_is_not_passed_and_said_to_be_unknown() -> None:
    told = refusals("spring", Side.LONG, LIMITS, {**example("spring", Side.LONG), "spring_confidence": None})

    assert [(one.figure, one.measured) for one in told if not one.passed] == [("confidence", None)]


def test_the_rules_are_those_that_read_these_events() -> None:
    found = {
        name: (turn, code.side)
        for name, rule in registry.rules().items()
        for turn in TURNS
        for code in rule.CODES.values()
        if f"{turn}_bars" in rule.READS
    }

    assert found == structure_trades.RULES


def test_what_a_market_is_judged_by_are_its_own_parameters() -> None:
    made = signals(["AUSDT", "BUSDT"], others=["BUSDT spring_long.quality=80"])
    told = example("spring", Side.LONG)
    columns: dict[str, Any] = {name: [figure, figure] for name, figure in told.items()}

    judged = [made.judged(inputs(at_s(0), 2, **columns), slot) for slot in range(2)]

    assert [list(one) for one in judged] == [["spring_long"], ["spring_long"]]
    failed = [[(one.figure, one.threshold) for one in market["spring_long"] if not one.passed] for market in judged]
    assert failed == [[], [("quality", 80.0)]]


def test_its_plan_needs_no_range_of_other_candles_than_those_that_it_is_read_in() -> None:
    only = {f"{name}.enabled": "false" for name in registry.names() if name != "spring_long"}
    told = {**example("spring", Side.LONG), "price": 100.0}

    records = signals(given=only).advance(
        inputs(at_s(0), **told, spring_stop=98.0, spring_goal=106.0, structure_atr=1.0)  # type: ignore[arg-type]
    )

    (signal,) = records
    assert isinstance(signal, Signal)
    assert signal.plan is not None
    assert signal.plan.stop == pytest.approx(97.9)
    assert signal.plan.targets[0] == 106.0
