"""What cannot be relied on: a feed that is silent or broken off, most feeds at once, or memory that gets short.

Formula: of a market, the channels that are stale and in a gap; of all markets together, the share with either, and the
level of memory pressure. While `widespread` of the markets are affected, none is told by itself. Warm-up: none.
Memory: none of its own.

>>> import numpy as np
>>> limits = {"widespread": 0.2, "pressure": 2.0}
>>> none = np.zeros(2)
>>> judge(limits, np.zeros(2, np.int8), np.array([1.0, 0.0]), np.array([0.0, 1.0]), none, none, none)
Verdict(enter=array([1, 2], dtype=int8), stays=array([False, False]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind, Side
from tidemark.signals.rules import base
from tidemark.signals.rules.base import Array, Code, Limits, Verdict
from tidemark.sources import Seconds

TITLE = "Feed quality"
KIND = Kind.NOTICE
STALE, GAP, WIDESPREAD, PRESSURE = 1, 2, 3, 4
CODES = {
    STALE: Code("stale", Side.NEUTRAL),
    GAP: Code("gap", Side.NEUTRAL),
    WIDESPREAD: Code("widespread", Side.NEUTRAL),
    PRESSURE: Code("memory_pressure", Side.NEUTRAL),
}
READS = ("stale_channels", "gap_channels", "affected_share", "is_whole", "pressure")
FACT = (
    "{stale_channels:.0f} channels stale and {gap_channels:.0f} in a gap, {affected_share:.0%} of the markets affected,"
    " memory pressure {pressure:.0f}"
)
EXAMPLE = {"stale_channels": 1.0, "gap_channels": 0.0, "affected_share": 0.1, "is_whole": 0.0, "pressure": 0.0}
SILENCED = {"stale_channels": 0.0}


class Parameters(base.Parameters, frozen=True, kw_only=True):
    """When quality is worth a word."""

    cooldown: Annotated[
        Seconds, Meta(ge=10.0, le=604800.0, description="Between two signals of one market by the same name")
    ] = 300.0
    warm_up: Annotated[
        Seconds, Meta(ge=0.0, le=604800.0, description="All that it reads has to have been known for so long")
    ] = 60.0
    widespread: Annotated[
        float, Meta(ge=0.01, le=1.0, description="From this share of the markets on they are told as one")
    ] = 0.2
    pressure: Annotated[
        int, Meta(ge=1, le=3, description="From this level of memory pressure on: 1 elevated, 2 high, 3 critical")
    ] = 2


def judge(
    limits: Limits,
    held: Array,
    stale_channels: Array,
    gap_channels: Array,
    affected_share: Array,
    is_whole: Array,
    pressure: Array,
) -> Verdict:
    """See base.Rule.judge."""
    is_widespread = affected_share >= limits["widespread"]
    alone = np.where(gap_channels > 0, GAP, np.where(stale_channels > 0, STALE, 0))
    whole = np.where(pressure >= limits["pressure"], PRESSURE, np.where(is_widespread, WIDESPREAD, 0))
    now = np.where(is_whole > 0, whole, alone).astype(np.int8)
    # One that is told already stays; what becomes of the others is told by the one of the whole.
    enter = np.where((is_whole == 0) & is_widespread & (now != held), 0, now).astype(np.int8)
    return Verdict(enter, (held != 0) & (now == held))
