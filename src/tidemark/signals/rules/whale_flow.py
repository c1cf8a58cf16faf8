"""Large trades of one side are much of what the market trades.

Large is what is above the 99th percentile of the market's own sizes; much is measured by its own turnover.

Formula: large trades bought less sold over 5 minutes, as a share of what is usually traded in 5 minutes; of all large
trades at least `one_sided` to that side. Warm-up: that of the source `flow`. Memory: none of its own.

>>> import numpy as np
>>> limits = {"share": 0.5, "share_kept": 0.2, "one_sided": 0.8, "least": 50_000.0}
>>> judge(limits, np.zeros(2, np.int8), np.array([4e5, 4e5]), np.array([1e4, 3e5]), np.full(2, 1e5))
Verdict(enter=array([1, 0], dtype=int8), stays=array([ True,  True]))
"""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tidemark.model.signal import Kind
from tidemark.signals.rules.base import LONG_SHORT, Array, Limits, TradeParameters, Verdict, only, sided

TITLE = "Whale flow"
KIND = Kind.TRADE
CODES = LONG_SHORT
READS = ("large_bought", "large_sold", "usual_turnover")
FACT = (
    "large trades bought {large_bought:,.0f} and sold {large_sold:,.0f} in 5 minutes, where a minute usually trades"
    " {usual_turnover:,.0f}"
)
EXAMPLE = {"large_bought": 900000.0, "large_sold": 100000.0, "usual_turnover": 100000.0}
SILENCED = {"large_bought": 0.0, "large_sold": 0.0}
_MINUTES = 5.0
ORDERED = (("share_kept", "share"),)


class Parameters(TradeParameters, frozen=True, kw_only=True):
    """When large trades are a flow."""

    share: Annotated[float, Meta(ge=0.01, le=100.0, description="Net of the usual turnover of 5 minutes, so much")] = (
        0.5
    )
    share_kept: Annotated[float, Meta(ge=0.0, le=100.0, description="And so much for a signal to go on")] = 0.2
    one_sided: Annotated[float, Meta(ge=0.5, le=1.0, description="So much of the large trades is of one side")] = 0.8
    least: Annotated[float, Meta(ge=0.0, le=1e12, description="And net at least so much, in quote currency")] = 50_000.0


def judge(limits: Limits, held: Array, large_bought: Array, large_sold: Array, usual_turnover: Array) -> Verdict:
    """See base.Rule.judge."""
    net, both = large_bought - large_sold, large_bought + large_sold
    usual = _MINUTES * usual_turnover
    share = np.where(usual > 0.0, net / np.maximum(usual, 1e-12), 0.0)
    is_clear = (both > 0.0) & (np.maximum(large_bought, large_sold) >= limits["one_sided"] * both)
    verdict = sided(share, limits["share"], limits["share_kept"], held)
    return only(verdict, is_clear & (np.abs(net) >= limits["least"]))
