"""How much lies near the mid against what usually does there: what a thin book says counts for less.

Formula: the mean over 10, 25 and 50 bps, as far as they are known, of what lies within over what usually does, in
[0.4, 1]. Warm-up: 300 seconds in sync. Memory: that of the source `book`.

>>> import numpy as np
>>> strength(np.array([1.3, 0.7, 0.1]), np.array([50.0, 50.0, 25.0]))
array([1. , 0.7, 0.4])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Liquidity"
MODIFIES = ("order_book", "order_flow")
PACE = Pace.MOMENT
READS = ("liquidity", "liquidity_bps")
FACT = "{liquidity:.0%} of the usual depth within {liquidity_bps:.0f} bps"


def strength(liquidity: Array, liquidity_bps: Array) -> Array:
    """See base.Modifier.strength."""
    return np.where(liquidity_bps > 0.0, np.clip(liquidity, 0.4, 1.0), np.nan)
