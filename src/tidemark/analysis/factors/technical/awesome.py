"""The awesome oscillator in average true ranges.

Formula: AO(5, 34) / ATR(14). Source: B. Williams, New Trading Dimensions (1998).
Warm-up: 34 candles. Memory: that of the indicators `awesome` and `atr`.

>>> import numpy as np
>>> value(np.array([3.0, -3.0]), np.array([2.0, 2.0]))
array([ 1.5, -1.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Awesome oscillator"
GROUP = "trend"
PACE = Pace.CANDLE
READS = ("awesome", "atr")
UNIT = "ATR"
UP = "the latest midprices are above those of 34 candles"
DOWN = "the latest midprices are below those of 34 candles"
FACT = "awesome oscillator at {awesome:+.6g}, ATR(14) {atr:.6g}"
NEUTRAL = "the mean midprice of 5 candles at that of 34"


def value(awesome: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    away: Array = awesome / atr
    return away
