"""Less volume than usual makes what is said by trades weaker.

Formula: (1 + volume of 5 candles / usual volume at this time of the day) / 2, at most 1. Usual: see the indicator
`relative_volume`. Warm-up: 21 candles, and 3 days before the time of the day counts. Memory: that of the indicator.

>>> import numpy as np
>>> strength(np.array([0.5, 3.0]), np.array([90.0, 90.0]))
array([0.75, 1.  ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Relative volume"
MODIFIES = ("volume", "order_flow")
PACE = Pace.CANDLE
READS = ("relative_volume", "usual_volume")
FACT = "volume of 5 candles at {relative_volume:.0%} of the usual, which is {usual_volume:,.3f} a candle"


def strength(relative: Array, _usual: Array) -> Array:
    """See base.Modifier.strength."""
    scaled: Array = 0.5 + 0.5 * np.minimum(relative, 1.0)
    return scaled
