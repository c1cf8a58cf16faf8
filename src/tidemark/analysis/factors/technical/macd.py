"""How far the line of MACD (12, 26, 9) is from its signal, in average true ranges.

Formula: histogram / ATR(14). Source: G. Appel, Technical Analysis (2005).
Warm-up: 34 candles. Memory: that of the indicators `macd` and `atr`.

>>> import numpy as np
>>> value(np.array([0.5, -0.5]), np.array([2.0, 2.0]))
array([ 0.25, -0.25])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "MACD(12, 26, 9)"
GROUP = "momentum"
PACE = Pace.CANDLE
READS = ("macd_histogram", "atr")
UNIT = "ATR"
UP = "the line is above its signal"
DOWN = "the line is below its signal"
FACT = "MACD histogram at {macd_histogram:+.6g}, ATR(14) {atr:.6g}"
NEUTRAL = "the MACD line at its signal"


def value(macd_histogram: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    away: Array = macd_histogram / atr
    return away
