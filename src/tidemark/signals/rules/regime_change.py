"""A market, or most of them, is in another regime than before, and stays in it.

A regime counts when it has lasted for `lasting`; the one in which a market is first seen is no news. Of all markets
together it is the newest one that at least `share` of them were in.

Formula: the regime of `analysis.regime`. Warm-up: that of the regime. Memory: none of its own.

>>> import numpy as np
>>> limits = {"lasting": 600.0, "share": 0.6}
>>> judge(limits, np.array([5, 5], np.int8), np.array([3.0, 3.0]), np.array([900.0, 60.0]), np.ones(2))
Verdict(enter=array([3, 0], dtype=int8), stays=array([ True,  True]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.analysis.regime import Regime
from tidemark.model.signal import Kind, Side
from tidemark.signals.rules import base
from tidemark.signals.rules.base import Array, Code, Limits, Verdict
from tidemark.sources import Seconds

TITLE = "Regime change"
KIND = Kind.NOTICE
_SIDES = {Regime.TREND_UP: Side.LONG, Regime.TREND_DOWN: Side.SHORT}
CODES = {
    int(regime): Code(regime.title, _SIDES.get(regime, Side.NEUTRAL))
    for regime in Regime
    if regime is not Regime.UNKNOWN
}
READS = ("regime", "regime_age_s", "regime_share")
FACT = "in this regime for {regime_age_s:.0f} s"
EXAMPLE = {"regime": 3.0, "regime_age_s": 900.0, "regime_share": 1.0}
SILENCED = {"regime": 5.0}
KEEPS = True
IS_SILENT_AT_FIRST = True


class Parameters(base.Parameters, frozen=True, kw_only=True):
    """When another regime is a change."""

    cooldown: Annotated[
        Seconds, Meta(ge=10.0, le=604800.0, description="Between two signals of one market by the same name")
    ] = 1800.0
    lasting: Annotated[Seconds, Meta(ge=0.0, le=86400.0, description="How long a regime has to last")] = 600.0
    share: Annotated[float, Meta(ge=0.5, le=1.0, description="Of all markets so much, for that of the whole")] = 0.6


def judge(limits: Limits, held: Array, regime: Array, regime_age_s: Array, regime_share: Array) -> Verdict:
    """See base.Rule.judge."""
    counts = (regime_age_s >= limits["lasting"]) & (regime_share >= limits["share"])
    return Verdict(np.where(counts, np.clip(regime, 0.0, max(Regime)), 0.0).astype(np.int8), held != 0)
