"""Whether candles with volume close near their highs or near their lows.

Formula: slope of the straight line through 14 values of the accumulation/distribution line, over their mean volume.
Source: M. Chaikin, as in TA-Lib's AD. Warm-up: 14 candles. Memory: that of the indicator `volume_lines`.

>>> import numpy as np
>>> value(np.array([0.5, -1.0]))
array([ 0.5, -1. ])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "A/D line slope"
GROUP = "volume_lines"
PACE = Pace.CANDLE
READS = ("accumulation_slope",)
UNIT = "of mean volume a candle"
UP = "volume closes near the highs"
DOWN = "volume closes near the lows"
FACT = "the A/D line changes by {accumulation_slope:+.2f} of the mean volume a candle"
NEUTRAL = "A/D line flat over 14 candles"


def value(accumulation_slope: Array) -> Array:
    """See base.Factor.value."""
    return accumulation_slope
