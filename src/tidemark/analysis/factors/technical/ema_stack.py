"""In which order the averages of 20, 50 and 200 closes lie, and how far apart.

Formula: with a = EMA20 - EMA50 and b = EMA50 - EMA200: (a + b) / ATR(14) * |a + b| / (|a| + |b|). In order, all of the
distance counts; out of order, what is left of it, and of that the share that the two steps agree on.
Warm-up: 200 candles. Memory: that of the indicators `ema` and `atr`.

>>> import numpy as np
>>> value(np.array([12.0, 13.0]), np.array([11.0, 10.0]), np.array([10.0, 11.0]), np.array([2.0, 2.0]))
array([1. , 0.5])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "EMA stack"
GROUP = "trend"
PACE = Pace.CANDLE
READS = ("ema_20", "ema_50", "ema_200", "atr")
UNIT = "ATR"
UP = "shorter averages lie above longer ones"
DOWN = "shorter averages lie below longer ones"
FACT = "EMA20 {ema_20:.6g}, EMA50 {ema_50:.6g}, EMA200 {ema_200:.6g}, ATR(14) {atr:.6g}"
NEUTRAL = "EMA20 at EMA200"


def value(ema_20: Array, ema_50: Array, ema_200: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    short, long = ema_20 - ema_50, ema_50 - ema_200
    apart, way = short + long, np.abs(short) + np.abs(long)
    stacked: Array = np.where(way > 0.0, apart / atr * (np.abs(apart) / way), 0.0)
    return stacked
