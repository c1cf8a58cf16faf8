"""A wick beyond a confirmed swing whose candle closed back inside: who waited there was filled, and the price turned.

Formula: (how far below a swing low - how far above a swing high) / ATR(14); each the larger of the newest sweep and
what is left of those before it, halved every ten candles, and nothing once the swing is broken by a close.
Warm-up: 15 candles. Memory: that of the indicators `swings` and `atr`.

>>> import numpy as np
>>> value(np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.array([2.0, 2.0]))
array([ 0.5, -0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Liquidity sweep"
GROUP = "sweeps"
PACE = Pace.CANDLE
READS = ("swept_high", "swept_low", "atr")
UNIT = "ATR"
UP = "a swing low was swept and held"
DOWN = "a swing high was swept and held"
FACT = "swept {swept_low:.6g} below a swing low and {swept_high:.6g} above a swing high, halved every 10 candles"
NEUTRAL = "a close beyond the swept swing, or time: half of it is gone in 10 candles"


def value(swept_high: Array, swept_low: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    swept: Array = (swept_low - swept_high) / atr
    return swept
