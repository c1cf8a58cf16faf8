"""What was added to the best bid and taken from the best ask, less the opposite, over the latest seconds.

Formula: OFI / (what moved + what stands at the best levels), in [-1, 1], sizes in base currency, the half-life of what
moved being 10 s. What stands is there so that a small change in a quiet book is little: the effect on the price is
inversely proportional to the depth. Source: R. Cont, A. Kukanov, S. Stoikov, The Price Impact of Order Book Events
(2014). Warm-up: one second in sync. Memory: that of the source `book`.

>>> import numpy as np
>>> value(np.array([3.0]), np.array([8.0]), np.array([1.0]), np.array([1.0]))
array([0.3])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Order flow imbalance"
GROUP = "order_flow_imbalance"
PACE = Pace.MOMENT
READS = ("order_flow", "order_flow_size", "top_bid_size", "top_ask_size")
UNIT = ""
UP = "orders gather at the bid and leave the ask"
DOWN = "orders gather at the ask and leave the bid"
FACT = "net {order_flow:+,.4g} at the best levels of {order_flow_size:,.4g} that moved, half-life 10 s"
NEUTRAL = "as much added to the bid as to the ask"


def value(order_flow: Array, order_flow_size: Array, top_bid_size: Array, top_ask_size: Array) -> Array:
    """See base.Factor.value."""
    share: Array = order_flow / (order_flow_size + top_bid_size + top_ask_size)
    return share
