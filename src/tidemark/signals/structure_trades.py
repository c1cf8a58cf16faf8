"""What trades on events of structure have in common: the figures that they read, and what these are held against.

Checks belong to validators, which are asked in this order: volume, phase, level, risk, context. An event is a signal
where all of them pass; `refusals` tells of one that is none which checks it failed, and by how much.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from tidemark.analysis.regime import Regime
from tidemark.model.signal import Side
from tidemark.signals.rules.base import Array, Limits, TradeParameters, Verdict
from tidemark.signals.structures import ATR, FIGURES, PLANNED
from tidemark.sources import Seconds

# The rules, each with the events that it reads and its side.
RULES = {
    "spring_long": ("spring", Side.LONG),
    "utad_short": ("utad", Side.SHORT),
    "lps_long": ("lps", Side.LONG),
    "lpsy_short": ("lpsy", Side.SHORT),
}
_PHASE_C, _PHASE_D = 3.0, 4.0


class StructureParameters(TradeParameters, frozen=True, kw_only=True):
    """When an event of structure is a trade."""

    cooldown: Annotated[
        Seconds, Meta(ge=10.0, le=604800.0, description="Between two signals of one market by the same name")
    ] = 3600.0
    warm_up: Annotated[
        Seconds, Meta(ge=0.0, le=604800.0, description="All that it reads has to have been known for so long")
    ] = 0.0
    stop_least: Annotated[
        float, Meta(ge=0.25, le=20.0, description="Stop at least so many average true ranges from the entry")
    ] = 0.5
    stop_most: Annotated[
        float, Meta(ge=0.25, le=20.0, description="Stop at most so many average true ranges from the entry")
    ] = 4.0
    life: Annotated[
        Seconds, Meta(ge=60.0, le=86400.0, description="How long after the signal it is closed at the latest")
    ] = 86400.0
    kept: Annotated[float, Meta(ge=0.0, le=100.0, description="It stays until the event is so many candles old")] = 3.0
    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Volume at most so many times the usual")] = 1.5
    built: Annotated[float, Meta(ge=0.0, le=10_000.0, description="Candles in which the cause was built, at least")] = (
        15.0
    )
    quality: Annotated[float, Meta(ge=0.0, le=100.0, description="Quality of the range, at least")] = 50.0
    depth: Annotated[
        float, Meta(ge=-10.0, le=10.0, description="Beyond the bound at most so many widths of the range")
    ] = 0.3
    risk: Annotated[
        float, Meta(ge=0.1, le=20.0, description="Average true ranges from the price to the stop, at most")
    ] = 3.0
    reward: Annotated[float, Meta(ge=0.0, le=50.0, description="To the goal at least so many times the risk")] = 1.5
    confidence: Annotated[
        float, Meta(ge=0.0, le=1.0, description="Share of such events that were planted ones, at least")
    ] = 0.5
    against_higher: Annotated[bool, Meta(description="Whether it speaks against the next longer timeframe")] = False
    in_volatile: Annotated[bool, Meta(description="Whether it speaks in volatile markets")] = False


class Check(NamedTuple):
    """A figure and what it is held against: `limit` names a parameter, or is the threshold itself.

    off: the truth among the parameters by which it does not count.
    """

    validator: str
    figure: str
    sense: str
    limit: str | float
    text: str
    off: str = ""


CHECKS = (
    Check("volume", "volume", "<=", "volume", "volume against the usual"),
    Check("phase", "phase", ">=", _PHASE_C, "phase, of which 3 is C"),
    Check("phase", "phase", "<=", _PHASE_D, "phase, of which 4 is D"),
    Check("phase", "built", ">=", "built", "candles in which the cause was built"),
    Check("level", "quality", ">=", "quality", "quality of the range"),
    Check("level", "depth", "<=", "depth", "widths of the range beyond the bound"),
    Check("risk", "risk", "<=", "risk", "average true ranges to the stop"),
    Check("risk", "reward", ">=", "reward", "distance to the goal, in risks"),
    Check("context", "confidence", ">=", "confidence", "share of such events that were planted ones"),
    Check("context", "structure_higher", ">=", 0.0, "lean of the next longer timeframe, to its side", "against_higher"),
    Check("context", "regime", "!=", float(Regime.VOLATILE), "regime, of which this is volatile", "in_volatile"),
)


class Refusal(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A check held against an event. measured: None where that is not known, and then it is not passed."""

    validator: str
    figure: str
    text: str
    measured: float | None
    sense: str
    threshold: float
    passed: bool


class JudgedRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule of signals says of its newest event, check by check: one that is not passed refuses it."""

    rule: str
    checks: tuple[Refusal, ...]


def reads(turn: str) -> tuple[str, ...]:
    """The columns that a rule on these events reads."""
    return (*(f"{turn}_{figure}" for figure in FIGURES), "structure_higher", "regime")


def planned(turn: str) -> tuple[str, str, str]:
    """The columns that its trades are planned from."""
    stop, goal = (f"{turn}_{name}" for name in PLANNED)
    return stop, goal, ATR


def fact(turn: str, name: str) -> str:
    """What such a rule saw, in words."""
    return (
        f"{name} {{{turn}_bars:.0f}} candles ago on {{{turn}_volume:.2f}} times the usual volume, in a range of quality"
        f" {{{turn}_quality:.0f}} after {{{turn}_built:.0f}} candles; stop {{{turn}_risk:.1f}} ATR away, goal"
        f" {{{turn}_reward:.1f}} times as far; {{{turn}_confidence:.0%}} of such events were planted ones"
    )


def example(turn: str, side: Side) -> dict[str, float]:
    """Figures at which such a rule speaks."""
    told = {
        "bars": 0.0, "volume": 0.7, "depth": 0.1, "built": 40.0, "phase": 3.0, "quality": 70.0, "confidence": 0.8,
        "risk": 1.5, "reward": 3.0,
    }  # fmt: skip
    columns = {f"{turn}_{figure}": told[figure] for figure in FIGURES}
    return {**columns, "structure_higher": float(side), "regime": float(Regime.RANGE)}


def judge(side: Side, limits: Limits, held: Array, columns: tuple[Array, ...]) -> Verdict:
    """Speak for *side* where the event was known with the newest candle and all checks pass; columns: of `reads`."""
    figures = dict(zip((*FIGURES, "structure_higher", "regime"), columns, strict=True))
    figures["structure_higher"] = figures["structure_higher"] * int(side)
    enter = (figures["bars"] >= 0.0) & (figures["bars"] < 1.0)
    for check in CHECKS:
        enter = enter & _passes(check, limits, figures[check.figure])
    return Verdict(
        np.where(enter, int(side), 0).astype(np.int8), (held == int(side)) & (figures["bars"] <= limits["kept"])
    )


def refusals(turn: str, side: Side, limits: Limits, figures: Mapping[str, float | None]) -> tuple[Refusal, ...]:
    """Every check of one event, in order, as judged by *limits*; figures: by the names of `reads`.

    >>> limits = {key: float(value) for key, value in msgspec.structs.asdict(StructureParameters()).items()}
    >>> told = refusals("spring", Side.LONG, limits, {**example("spring", Side.LONG), "spring_quality": 43.0})
    >>> [(one.validator, one.measured, one.threshold) for one in told if not one.passed]
    [('level', 43.0, 50.0)]
    """
    made = []
    for check in CHECKS:
        measured = figures.get(f"{turn}_{check.figure}" if check.figure in FIGURES else check.figure)
        if measured is not None and check.figure == "structure_higher":
            measured *= int(side)
        passed = measured is not None and bool(_passes(check, limits, np.array(measured)))
        made.append(
            Refusal(
                validator=check.validator, figure=check.figure, text=check.text, measured=measured, sense=check.sense,
                threshold=float(_threshold(check, limits)), passed=passed,
            )
        )  # fmt: skip
    return tuple(made)


def _threshold(check: Check, limits: Limits) -> Array | float:
    threshold: Array | float = limits[check.limit] if isinstance(check.limit, str) else check.limit
    return threshold


def _passes(check: Check, limits: Limits, measured: Array) -> Array:
    threshold = _threshold(check, limits)
    if check.sense == ">=":
        passed = measured >= threshold
    elif check.sense == "<=":
        passed = measured <= threshold
    else:
        passed = measured != threshold
    return passed | (np.asarray(limits[check.off]) > 0) if check.off else passed
