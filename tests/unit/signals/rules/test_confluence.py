from typing import Any

import msgspec
import numpy as np
import pytest

from tidemark.analysis.regime import Regime
from tidemark.signals.rules.confluence import Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(
    score: float, held: int = 0, *, coverage: float = 0.9, agreement: float = 0.9, age: float = 30.0,
    regime: Regime = Regime.RANGE, **limits: Any,
) -> tuple[int, bool]:  # fmt: skip
    columns = (np.array([float(figure)]) for figure in (score, coverage, agreement, age, regime))
    verdict = judge({**LIMITS, **limits}, np.array([held], np.int8), *columns)
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(("score", "enter"), [(65.0, 1), (64.9, 0), (50.0, 0), (35.1, 0), (35.0, -1)])
def test_it_enters_at_65_and_at_its_mirror(score: float, enter: int) -> None:
    assert said(score)[0] == enter


@pytest.mark.parametrize(
    ("score", "held", "stays"), [(58.0, 1, True), (57.9, 1, False), (42.0, -1, True), (42.1, -1, False)]
)
def test_it_leaves_below_58_and_above_its_mirror(score: float, held: int, stays: bool) -> None:
    assert said(score, held)[1] is stays


def test_it_wants_the_weight_agreement_and_fresh_candles() -> None:
    assert said(70.0, coverage=0.59)[0] == 0
    assert said(70.0, agreement=0.49)[0] == 0
    assert said(70.0, age=181.0) == (0, False)


def test_what_is_held_stays_on_a_little_less_weight() -> None:
    assert said(70.0, 1, coverage=0.55) == (0, True)
    assert said(70.0, 1, coverage=0.49) == (0, False)


def test_regimes_shut_it_out() -> None:
    assert said(70.0, regime=Regime.ILLIQUID)[0] == 0
    assert said(70.0, regime=Regime.ILLIQUID, in_illiquid=True)[0] == 1
    assert said(70.0, regime=Regime.VOLATILE)[0] == 1
    assert said(70.0, regime=Regime.VOLATILE, in_volatile=False)[0] == 0


def test_it_does_not_speak_against_a_trend_unless_it_may() -> None:
    assert (said(70.0, regime=Regime.TREND_DOWN)[0], said(30.0, regime=Regime.TREND_UP)[0]) == (0, 0)
    assert (said(70.0, regime=Regime.TREND_UP)[0], said(30.0, regime=Regime.TREND_DOWN)[0]) == (1, -1)
    assert said(70.0, regime=Regime.TREND_DOWN, against_trend=True)[0] == 1
