"""A 10-second candle with next to no volume and range, in a coin that moves a lot and does not fall.

All of: volume at most the 5th percentile of the 20 candles BEFORE it, range at most that of the 30 BEFORE it, the
average true range of 20 candles (Wilder) as a share of the price above a percentile of what it was in this market
within a day, the close at least -0.1 % from that of 50 candles before, and no candle among the 30 and itself that was
filled. On until a candle is none, or none came for `time_to_live`. With `short` the mirrored pause of a coin that does
not rise is a SHORT; where both are there, the sign of the growth decides.

Formula: see above. Warm-up: 51 candles without a hole, and an hour of average true ranges. Memory: that of `pauses`.

>>> import numpy as np
>>> limits = {"natr_percentile": 60.0, "growth": -0.1, "short": 0.0}
>>> judge(limits, np.zeros(2, np.int8), np.array([1.0, 3.0]), np.full(2, 2.0), np.full(2, 0.1), np.full(2, 0.1),
...       np.full(2, 0.8), np.full(2, 0.7), np.zeros(2), np.full(2, 31.0))
Verdict(enter=array([1, 0], dtype=int8), stays=array([False, False]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict
from tidemark.sources import Seconds

TITLE = "Quiet pause"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = (
    "pause_volume",
    "pause_volume_p5",
    "pause_range",
    "pause_range_p5",
    "pause_natr",
    "pause_natr_rank",
    "pause_growth",
    "pause_whole",
)
FACT = (
    "volume {pause_volume:g} (5th percentile before {pause_volume_p5:g}), range {pause_range:g} ({pause_range_p5:g}),"
    " true range {pause_natr:.3f} % of the price, above {pause_natr_rank:.0%} of the day, {pause_growth:+.2f} % in 50"
    " candles"
)
EXAMPLE = {
    "pause_volume": 1.0,
    "pause_volume_p5": 2.0,
    "pause_range": 0.1,
    "pause_range_p5": 0.2,
    "pause_natr": 0.8,
    "pause_natr_rank": 0.7,
    "pause_growth": 0.5,
    "pause_whole": 31.0,
}
SILENCED = {"pause_volume": 9.0}
# Candles without one that was filled: the 30 before it and itself.
WHOLE = 31


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When a pause is one."""

    time_to_live: Annotated[
        Seconds, Meta(ge=10.0, le=600.0, description="Off when no further candle says so for this long")
    ] = 60.0
    natr_percentile: Annotated[
        float, Meta(ge=0.0, le=100.0, description="The true range is above this percentile of the market's own day")
    ] = 60.0
    growth: Annotated[
        float, Meta(ge=-10.0, le=10.0, description="Growth of 50 candles is at least so much, in %")
    ] = -0.1
    short: Annotated[bool, Meta(description="Whether the mirrored pause is a SHORT")] = False
    life: Annotated[
        Seconds, Meta(ge=60.0, le=86400.0, description="How long after the signal it is closed at the latest")
    ] = 3600.0


def judge(
    limits: Limits,
    held: Array,
    pause_volume: Array,
    pause_volume_p5: Array,
    pause_range: Array,
    pause_range_p5: Array,
    pause_natr: Array,  # noqa: ARG001 - told as a fact
    pause_natr_rank: Array,
    pause_growth: Array,
    pause_whole: Array,
) -> Verdict:
    """See base.Rule.judge."""
    is_quiet = (pause_volume <= pause_volume_p5) & (pause_range <= pause_range_p5) & (pause_whole >= WHOLE)
    is_quiet &= 100.0 * pause_natr_rank >= limits["natr_percentile"]
    both = limits["short"] != 0
    is_long = is_quiet & (pause_growth >= limits["growth"])
    is_short = is_quiet & (-pause_growth >= limits["growth"]) & both
    is_tied = is_long & is_short
    is_long &= ~is_tied | (pause_growth > 0.0)
    is_short &= ~is_tied | (pause_growth < 0.0)
    enter = is_long.astype(np.int8) - is_short.astype(np.int8)
    return Verdict(enter, (held != 0) & (enter == held))
