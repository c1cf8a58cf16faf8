"""Funding that is far from what it usually is in this market, read against the side that pays it.

Formula: -z, z the distance of the funding due from the mean of the settlements in their standard deviations; the rate
itself is at least `least` on that side. Warm-up: 8 settlements. Memory: that of the source `positions`.

>>> import numpy as np
>>> limits = {"deviations": 3.0, "deviations_kept": 2.0, "least": 2.0}
>>> judge(limits, np.zeros(3, np.int8), np.array([3.5, -4.0, 3.5]), np.array([5.0, -6.0, 1.0]), np.ones(3))
Verdict(enter=array([-1,  1,  0], dtype=int8), stays=array([False,  True, False]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict, only, sided
from tidemark.sources import Seconds

TITLE = "Funding extreme"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = ("funding_z", "funding_bps", "funding_mean_bps")
FACT = "funding due {funding_bps:+.3f} bps, {funding_z:+.1f} sd from its mean of {funding_mean_bps:+.3f}"
EXAMPLE = {"funding_z": -4.0, "funding_bps": -6.0, "funding_mean_bps": 1.0}
SILENCED = {"funding_z": 0.0}
ORDERED = (("deviations_kept", "deviations"),)


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When funding is extreme."""

    cooldown: Annotated[
        Seconds, Meta(ge=10.0, le=604800.0, description="Between two signals of one market by the same name")
    ] = 14400.0
    deviations: Annotated[
        float, Meta(ge=0.5, le=100.0, description="So many standard deviations from its own mean")
    ] = 3.0
    deviations_kept: Annotated[float, Meta(ge=0.0, le=100.0, description="And so many for a signal to go on")] = 2.0
    least: Annotated[float, Meta(ge=0.0, le=1000.0, description="The rate due is at least so much, in bps")] = 2.0


def judge(
    limits: Limits,
    held: Array,
    funding_z: Array,
    funding_bps: Array,
    funding_mean_bps: Array,  # noqa: ARG001 - told as a fact
) -> Verdict:
    """See base.Rule.judge."""
    verdict = sided(-funding_z, limits["deviations"], limits["deviations_kept"], held)
    return only(verdict, np.sign(funding_z) * funding_bps >= limits["least"])
