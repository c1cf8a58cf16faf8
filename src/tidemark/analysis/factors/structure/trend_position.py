"""How far the close is from its averages of 20, 50 and 200 closes, whatever their order.

Formula: ((close - EMA20) + (close - EMA50) + (close - EMA200)) / 3 / ATR(14).
Warm-up: 200 candles. Memory: that of the indicators `ema` and `atr`.

>>> import numpy as np
>>> value(np.array([13.0]), np.array([12.0]), np.array([11.0]), np.array([10.0]), np.array([4.0]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Trend position"
GROUP = "position"
PACE = Pace.CANDLE
READS = ("close", "ema_20", "ema_50", "ema_200", "atr")
UNIT = "ATR"
UP = "above its averages"
DOWN = "below its averages"
FACT = "close {close:.6g}, EMA20 {ema_20:.6g}, EMA50 {ema_50:.6g}, EMA200 {ema_200:.6g}"
NEUTRAL = "the close at the mean of its three averages"


def value(close: Array, ema_20: Array, ema_50: Array, ema_200: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    away: Array = ((close - ema_20) + (close - ema_50) + (close - ema_200)) / 3.0 / atr
    return away
