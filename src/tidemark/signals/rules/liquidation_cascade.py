"""One side is liquidated, and that is much of what the market trades.

It speaks the way of the forced orders: SHORT where longs are forced to sell. Whether they go on or are over is what the
outcomes tell.

Formula: liquidated longs and shorts (half-life 15 minutes) as a share of what is usually traded in the same time; the
larger side has at least `one_sided` of both. Warm-up: that of the source `positions`. Memory: none of its own.

>>> import numpy as np
>>> limits = {"share": 0.02, "share_kept": 0.01, "one_sided": 0.7, "least": 10_000.0}
>>> judge(limits, np.zeros(2, np.int8), np.array([30e3, 0.0]), np.array([0.0, 9e3]), np.full(2, 1e6))
Verdict(enter=array([-1,  0], dtype=int8), stays=array([False, False]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict, only, sided

TITLE = "Liquidation cascade"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = ("liquidated_longs", "liquidated_shorts", "liquidation_turnover")
FACT = (
    "{liquidated_longs:,.0f} of longs and {liquidated_shorts:,.0f} of shorts liquidated (half-life 15 min), in a time"
    " that usually trades {liquidation_turnover:,.0f}"
)
EXAMPLE = {"liquidated_longs": 0.0, "liquidated_shorts": 50000.0, "liquidation_turnover": 1000000.0}
SILENCED = {"liquidated_shorts": 0.0}
ORDERED = (("share_kept", "share"),)


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When liquidations are a cascade."""

    share: Annotated[float, Meta(ge=0.0001, le=1.0, description="Of the usual turnover, so much is liquidated")] = 0.02
    share_kept: Annotated[float, Meta(ge=0.0, le=1.0, description="And so much for a signal to go on")] = 0.01
    one_sided: Annotated[float, Meta(ge=0.5, le=1.0, description="So much of it is of one side")] = 0.7
    least: Annotated[float, Meta(ge=0.0, le=1e12, description="And it is at least so much, in quote currency")] = (
        10_000.0
    )


def judge(
    limits: Limits, held: Array, liquidated_longs: Array, liquidated_shorts: Array, liquidation_turnover: Array
) -> Verdict:
    """See base.Rule.judge."""
    larger, both = np.maximum(liquidated_longs, liquidated_shorts), liquidated_longs + liquidated_shorts
    share = np.where(liquidation_turnover > 0.0, larger / np.maximum(liquidation_turnover, 1e-12), 0.0)
    is_clear = (both > 0.0) & (larger >= limits["one_sided"] * both)
    way = np.sign(liquidated_shorts - liquidated_longs)
    verdict = sided(way * share, limits["share"], limits["share_kept"], held)
    return only(verdict, is_clear & (larger >= limits["least"]))
