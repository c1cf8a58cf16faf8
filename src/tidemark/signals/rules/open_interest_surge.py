"""Open interest rises fast while the price goes against those who cross the spread.

Aggressors open new positions and the price moves the other way: somebody takes the other side of all of it. It speaks
for the way of the price: SHORT where aggressive buyers open and the price falls, LONG mirrored.

Formula: change of open interest over 5 minutes at least `surge`; share of aggressive buyers less sellers over 5
minutes and change of the price with opposite signs, at least `aggression` and `move`. Warm-up: that of the sources
`flow` and `open_interest`. Memory: none of its own.

>>> import numpy as np
>>> limits = {"surge": 1.5, "surge_kept": 0.5, "aggression": 0.1, "move": 0.1}
>>> judge(limits, np.zeros(2, np.int8), np.full(2, 0.02), np.array([-0.002, 0.002]), np.full(2, 6e5), np.full(2, 4e5))
Verdict(enter=array([-1,  0], dtype=int8), stays=array([ True,  True]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict

TITLE = "Open interest surge"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = ("open_interest_change_5m", "price_change_5m", "bought_5m", "sold_5m")
FACT = (
    "open interest {open_interest_change_5m:+.2%} and price {price_change_5m:+.2%} in 5 minutes, while aggressors"
    " bought {bought_5m:,.0f} and sold {sold_5m:,.0f}"
)
EXAMPLE = {"open_interest_change_5m": 0.03, "price_change_5m": 0.004, "bought_5m": 300000.0, "sold_5m": 700000.0}
SILENCED = {"open_interest_change_5m": 0.0}
ORDERED = (("surge_kept", "surge"),)


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When it is a surge, and when the price diverges."""

    surge: Annotated[
        float, Meta(ge=0.01, le=100.0, description="Open interest grows by so much in 5 minutes, in %")
    ] = 1.5
    surge_kept: Annotated[float, Meta(ge=0.0, le=100.0, description="And by so much for a signal to go on, in %")] = 0.5
    aggression: Annotated[
        float, Meta(ge=0.0, le=1.0, description="Aggressors of one side are ahead by this share of the turnover")
    ] = 0.1
    move: Annotated[float, Meta(ge=0.0, le=50.0, description="The price goes against them by so much, in %")] = 0.1


def judge(
    limits: Limits,
    held: Array,
    open_interest_change_5m: Array,
    price_change_5m: Array,
    bought_5m: Array,
    sold_5m: Array,
) -> Verdict:
    """See base.Rule.judge."""
    growth, move = 100.0 * open_interest_change_5m, 100.0 * price_change_5m
    both = bought_5m + sold_5m
    aggression = np.where(both > 0.0, (bought_5m - sold_5m) / np.maximum(both, 1e-12), 0.0)
    way = np.sign(move)
    diverges = (np.abs(move) >= limits["move"]) & (-way * aggression >= limits["aggression"]) & (aggression != 0.0)
    enter = np.where(diverges & (growth >= limits["surge"]), way, 0.0).astype(np.int8)
    return Verdict(enter, (growth >= limits["surge_kept"]) & (way * held >= 0))
