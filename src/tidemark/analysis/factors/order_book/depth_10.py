"""What is bid against what is offered within 0.1 % of the mid.

Formula: (bids - asks) / (bids + asks), in [-1, 1]. Warm-up: none beyond the scale's. Memory: none of its own.

>>> import numpy as np
>>> value(np.array([3.0]), np.array([1.0]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Depth within 10 bps"
GROUP = "depth"
PACE = Pace.MOMENT
READS = ("bids_10", "asks_10")
UNIT = ""
UP = "more is bid than offered"
DOWN = "more is offered than bid"
FACT = "{bids_10:,.0f} bid and {asks_10:,.0f} offered within 10 bps"
NEUTRAL = "as much bid as offered within 10 bps"


def value(bids: Array, asks: Array) -> Array:
    """See base.Factor.value."""
    share: Array = (bids - asks) / (bids + asks)
    return share
