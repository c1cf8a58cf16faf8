from typing import Any

import msgspec
import numpy as np

from tidemark.analysis.regime import Regime
from tidemark.model.signal import Side
from tidemark.signals.rules.regime_change import CODES, Parameters, judge

LIMITS: dict[str, Any] = msgspec.structs.asdict(Parameters())


def said(regime: Regime, age_s: float, share: float = 1.0, held: Regime = Regime.RANGE) -> tuple[int, bool]:
    columns = (np.array([float(figure)]) for figure in (regime, age_s, share))
    verdict = judge(LIMITS, np.array([held], np.int8), *columns)
    return int(verdict.enter[0]), bool(verdict.stays[0])


def test_a_regime_counts_when_it_has_lasted() -> None:
    assert said(Regime.TREND_UP, 600.0) == (Regime.TREND_UP, True)
    assert said(Regime.TREND_UP, 599.0) == (0, True)


def test_that_of_all_markets_counts_when_most_are_in_it() -> None:
    assert said(Regime.VOLATILE, 1e9, share=0.6)[0] == Regime.VOLATILE
    assert said(Regime.VOLATILE, 1e9, share=0.59)[0] == 0


def test_trends_have_a_side_and_no_other_regime_has() -> None:
    sides = {one.name: one.side for one in CODES.values()}

    assert sides == {
        "illiquid": Side.NEUTRAL,
        "volatile": Side.NEUTRAL,
        "trend_up": Side.LONG,
        "trend_down": Side.SHORT,
        "range": Side.NEUTRAL,
    }
