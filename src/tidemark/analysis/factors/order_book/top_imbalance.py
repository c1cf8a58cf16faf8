"""What is bid against what is offered at the five best prices of each side.

Formula: (bids - asks) / (bids + asks), in [-1, 1]. Warm-up: none beyond the scale's. Memory: none of its own.

>>> import numpy as np
>>> value(np.array([3.0]), np.array([1.0]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Best five levels"
GROUP = "depth"
PACE = Pace.MOMENT
READS = ("best_bids", "best_asks")
UNIT = ""
UP = "more is bid than offered at the best prices"
DOWN = "more is offered than bid at the best prices"
FACT = "{best_bids:,.4g} bid and {best_asks:,.4g} offered at the five best prices"
NEUTRAL = "as much bid as offered at the five best prices"


def value(bids: Array, asks: Array) -> Array:
    """See base.Factor.value."""
    share: Array = (bids - asks) / (bids + asks)
    return share
