"""The score far from its middle, in a market and at a moment in which it can be relied on.

LONG from `enter` up until it falls below `leave`, SHORT mirrored at 50. It is entered where enough of the weight of the
score is there, its components agree, its candles are fresh, and the regime is none of those that are shut out.

Formula: score - 50 against enter - 50 and leave - 50. Warm-up: `warm_up`, and that of the regime: 114 candles.
Memory: none of its own.

>>> import numpy as np
>>> limits = {"enter": 65.0, "leave": 58.0, "coverage": 0.6, "coverage_kept": 0.5, "agreement": 0.5,
...           "candle_age": 180.0, "in_illiquid": 0.0, "in_volatile": 1.0, "against_trend": 0.0}
>>> one = np.ones(3)
>>> held = np.array([0, 1, 0], np.int8)
>>> judge(limits, held, np.array([66.0, 60.0, 30.0]), one, one, one, 5.0 * one)
Verdict(enter=array([ 1,  0, -1], dtype=int8), stays=array([ True,  True, False]))
"""

from typing import Annotated

from msgspec import Meta

from tidemark.analysis.regime import Regime
from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict, only, sided
from tidemark.sources import Seconds

TITLE = "Confluence"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = ("score", "coverage", "agreement", "candle_age_s", "regime")
FACT = "score {score:.1f} on {coverage:.0%} of its weight, agreement {agreement:.2f}, candles {candle_age_s:.0f} s old"
EXAMPLE = {"score": 70.0, "coverage": 0.9, "agreement": 0.8, "candle_age_s": 30.0, "regime": 5.0}
SILENCED = {"score": 50.0}
NEEDS_CONDITION = True
ORDERED = (("leave", "enter"), ("coverage_kept", "coverage"))


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When the score is a signal."""

    enter: Annotated[float, Meta(ge=50.0, le=100.0, description="LONG from this score on, SHORT mirrored at 50")] = 65.0
    leave: Annotated[float, Meta(ge=50.0, le=100.0, description="LONG until the score is below this")] = 58.0
    coverage: Annotated[float, Meta(ge=0.0, le=1.0, description="Of the score's weight, so much has to be there")] = 0.6
    coverage_kept: Annotated[float, Meta(ge=0.0, le=1.0, description="And so much for a signal to go on")] = 0.5
    agreement: Annotated[float, Meta(ge=0.0, le=1.0, description="So much its components have to agree")] = 0.5
    candle_age: Annotated[Seconds, Meta(ge=60.0, le=3600.0, description="The newest 1-minute candle is no older")] = (
        180.0
    )
    in_illiquid: Annotated[bool, Meta(description="Whether it speaks in illiquid markets")] = False
    in_volatile: Annotated[bool, Meta(description="Whether it speaks in volatile markets")] = True
    against_trend: Annotated[bool, Meta(description="Whether it speaks against a trend")] = False


def judge(
    limits: Limits, held: Array, score: Array, coverage: Array, agreement: Array, candle_age_s: Array, regime: Array
) -> Verdict:
    """See base.Rule.judge."""
    verdict = sided(score - 50.0, limits["enter"] - 50.0, limits["leave"] - 50.0, held)
    is_fresh = candle_age_s <= limits["candle_age"]
    is_shut = ((regime == Regime.ILLIQUID) & (limits["in_illiquid"] == 0)) | (
        (regime == Regime.VOLATILE) & (limits["in_volatile"] == 0)
    )
    against = ((regime == Regime.TREND_UP) & (verdict.enter < 0)) | (
        (regime == Regime.TREND_DOWN) & (verdict.enter > 0)
    )
    fit = is_fresh & ~is_shut & ~(against & (limits["against_trend"] == 0))
    fit &= (coverage >= limits["coverage"]) & (agreement >= limits["agreement"])
    stays = verdict.stays & is_fresh & (coverage >= limits["coverage_kept"])
    return only(Verdict(verdict.enter, stays), fit)
