"""A minute that trades far more than minutes of this market do, by aggressors of one side, and moves the price.

Formula: the logarithm of the minute's turnover in standard deviations from the mean of those before it, at least
`deviations`, and the turnover at least `multiple` times the mean minute of 24 hours; aggressors of one side ahead by
`aggression`, and the candle to the same side. Warm-up: 120 minutes with trades. Memory: that of `turnovers`.

>>> import numpy as np
>>> limits = {"deviations": 3.5, "deviations_kept": 1.5, "multiple": 5.0, "aggression": 0.2}
>>> judge(limits, np.zeros(2, np.int8), np.array([4.0, 4.0]), np.full(2, 1e6), np.full(2, 1.44e8),
...       np.array([0.4, -0.4]), np.array([30.0, 30.0]))
Verdict(enter=array([1, 0], dtype=int8), stays=array([ True,  True]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict

TITLE = "Volume anomaly"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = ("minute_deviations", "minute_turnover", "turnover_24h", "minute_aggression", "minute_move_bps")
FACT = (
    "{minute_turnover:,.0f} traded in a minute, {minute_deviations:+.1f} sd from its mean, of {turnover_24h:,.0f} in"
    " 24 h, aggressors ahead by {minute_aggression:+.0%}, price {minute_move_bps:+.0f} bps"
)
EXAMPLE = {
    "minute_deviations": 5.0,
    "minute_turnover": 1000000.0,
    "turnover_24h": 100000000.0,
    "minute_aggression": 0.5,
    "minute_move_bps": 40.0,
}
SILENCED = {"minute_deviations": 0.0}
_MINUTES = 1440.0
ORDERED = (("deviations_kept", "deviations"),)


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When volume is an anomaly."""

    deviations: Annotated[
        float, Meta(ge=1.0, le=50.0, description="So many standard deviations above its own mean, in logarithms")
    ] = 3.5
    deviations_kept: Annotated[float, Meta(ge=0.0, le=50.0, description="And so many for a signal to go on")] = 1.5
    multiple: Annotated[float, Meta(ge=1.0, le=1000.0, description="So many times the mean minute of 24 hours")] = 5.0
    aggression: Annotated[
        float, Meta(ge=0.0, le=1.0, description="Aggressors of one side are ahead by this share of it")
    ] = 0.2


def judge(
    limits: Limits,
    held: Array,  # noqa: ARG001 - volume has no side
    minute_deviations: Array,
    minute_turnover: Array,
    turnover_24h: Array,
    minute_aggression: Array,
    minute_move_bps: Array,
) -> Verdict:
    """See base.Rule.judge."""
    is_much = (minute_deviations >= limits["deviations"]) & (turnover_24h > 0.0)
    is_much &= _MINUTES * minute_turnover >= limits["multiple"] * turnover_24h
    way = np.sign(minute_move_bps)
    is_one_sided = (way * minute_aggression >= limits["aggression"]) & (way * minute_aggression > 0.0)
    enter = np.where(is_much & is_one_sided, way, 0.0).astype(np.int8)
    return Verdict(enter, minute_deviations >= limits["deviations_kept"])
