"""Who was liquidated lately, as a share of what the market usually trades.

It speaks the way of the forced order: a liquidated long is a forced SELL, which speaks for falling prices, a liquidated
short a forced buy. Within the half-life such orders go on to hit the book and the next positions' prices; that the
selling is over afterwards is a claim about later, which this factor does not make.

Formula: (turnover of liquidated shorts - that of longs) / usual turnover of the same time, half-life 15 minutes.
Source: Bybit's allLiquidation, where side Buy is the side of the position, and Binance's forceOrder, where side SELL is
the side of the order: both are a liquidated long. Warm-up: half of two hours watched, by weight: 15 minutes.
Memory: that of the source `positions`.

>>> import numpy as np
>>> value(np.array([30.0]), np.array([10.0]), np.array([400.0]))
array([-0.05])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Liquidations"
GROUP = "liquidations"
PACE = Pace.MOMENT
READS = ("liquidated_longs", "liquidated_shorts", "liquidation_turnover")
UNIT = ""
UP = "shorts are forced to buy"
DOWN = "longs are forced to sell"
FACT = (
    "{liquidated_longs:,.0f} of longs and {liquidated_shorts:,.0f} of shorts liquidated (half-life 15 min), in a time"
    " that usually trades {liquidation_turnover:,.0f}"
)
NEUTRAL = "as much of longs liquidated as of shorts"


def value(liquidated_longs: Array, liquidated_shorts: Array, liquidation_turnover: Array) -> Array:
    """See base.Factor.value."""
    share: Array = (liquidated_shorts - liquidated_longs) / liquidation_turnover
    return share
