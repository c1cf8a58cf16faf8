"""Whether the sum of what aggressors bought less what they sold rises or falls.

Formula: slope of the straight line through 14 values of cumulative volume delta, over their mean volume. Warm-up: 14
candles that tell who the aggressor was. Memory: that of the indicator `delta_lines`.

>>> import numpy as np
>>> value(np.array([0.2]))
array([0.2])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Cumulative volume delta"
GROUP = "cumulative_delta"
PACE = Pace.CANDLE
READS = ("cumulative_delta_slope",)
UNIT = "of mean volume a candle"
UP = "aggressive buying adds up"
DOWN = "aggressive selling adds up"
FACT = "cumulative delta changes by {cumulative_delta_slope:+.3f} of the mean volume a candle over 14"
NEUTRAL = "cumulative delta flat over 14 candles"


def value(slope: Array) -> Array:
    """See base.Factor.value."""
    return slope
