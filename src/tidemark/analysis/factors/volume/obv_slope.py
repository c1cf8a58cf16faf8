"""Whether volume comes with closes that rise or with closes that fall.

Formula: slope of the straight line through 14 values of on-balance volume, over their mean volume. Source: J.
Granville, Granville's New Key to Stock Market Profits (1963). Warm-up: 14 candles. Memory: that of the indicator
`volume_lines`.

>>> import numpy as np
>>> value(np.array([0.5, -1.0]))
array([ 0.5, -1. ])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "OBV slope"
GROUP = "volume_lines"
PACE = Pace.CANDLE
READS = ("obv_slope",)
UNIT = "of mean volume a candle"
UP = "volume comes with rising closes"
DOWN = "volume comes with falling closes"
FACT = "on-balance volume changes by {obv_slope:+.2f} of the mean volume a candle"
NEUTRAL = "on-balance volume flat over 14 candles"


def value(obv_slope: Array) -> Array:
    """See base.Factor.value."""
    return obv_slope
