"""What is bid against what is offered within 0.5 % of the mid.

Formula: (bids - asks) / (bids + asks), in [-1, 1]. Warm-up: none beyond the scale's. Memory: none of its own.

>>> import numpy as np
>>> value(np.array([3.0]), np.array([1.0]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Depth within 50 bps"
GROUP = "depth"
PACE = Pace.MOMENT
READS = ("bids_50", "asks_50")
UNIT = ""
UP = "more is bid than offered"
DOWN = "more is offered than bid"
FACT = "{bids_50:,.0f} bid and {asks_50:,.0f} offered within 50 bps"
NEUTRAL = "as much bid as offered within 50 bps"


def value(bids: Array, asks: Array) -> Array:
    """See base.Factor.value."""
    share: Array = (bids - asks) / (bids + asks)
    return share
