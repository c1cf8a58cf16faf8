"""How wide the spread is against the market's own usual one: what a wide book says counts for less.

Formula: usual / spread, in [0.4, 1]: 1 while the spread is not wider than usual. Warm-up: 300 seconds in sync.
Memory: that of the source `book`.

>>> import numpy as np
>>> strength(np.array([1.0, 2.0, 9.0]), np.array([1.5, 1.0, 1.0]))
array([1. , 0.5, 0.4])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Spread"
MODIFIES = ("order_book", "order_flow")
PACE = Pace.MOMENT
READS = ("spread_bps", "spread_usual_bps")
FACT = "spread {spread_bps:.2f} bps, usually {spread_usual_bps:.2f}"


def strength(spread_bps: Array, spread_usual_bps: Array) -> Array:
    """See base.Modifier.strength."""
    return np.clip(spread_usual_bps / spread_bps, 0.4, 1.0)
