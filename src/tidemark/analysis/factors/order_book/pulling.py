"""How much is taken away near the mid without a trade, against what usually is: orders that do not stay say less.

Formula: 1.5 / pulling, in [0.5, 1]: 1 up to half as much again as usual. Warm-up: 300 seconds in sync.
Memory: that of the source `walls`.

>>> import numpy as np
>>> strength(np.array([1.0, 2.0, 9.0]), np.zeros(3), np.zeros(3))
array([1.  , 0.75, 0.5 ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Pulled orders"
MODIFIES = ("order_book",)
PACE = Pace.MOMENT
READS = ("pulling", "pulled_bids", "pulled_asks")
FACT = (
    "{pulled_bids:,.4g} bid and {pulled_asks:,.4g} offered were taken from the best 20 levels without a trade"
    " (half-life 30 s): {pulling:.1f} times the usual share"
)


def strength(pulling: Array, pulled_bids: Array, pulled_asks: Array) -> Array:  # noqa: ARG001 - the evidence is told
    """See base.Modifier.strength."""
    return np.clip(1.5 / pulling, 0.5, 1.0)
