"""How far the relative strength index of 14 candles is from 50.

Formula: RSI(14) - 50, in [-50, 50]. Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978).
Warm-up: 15 candles. Memory: that of the indicator `rsi`.

>>> import numpy as np
>>> value(np.array([70.0, 30.0]))
array([ 20., -20.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "RSI(14)"
GROUP = "oscillators"
PACE = Pace.CANDLE
READS = ("rsi",)
UNIT = ""
UP = "gains outweigh losses"
DOWN = "losses outweigh gains"
FACT = "RSI(14) at {rsi:.1f}"
NEUTRAL = "RSI(14) at 50"


def value(rsi: Array) -> Array:
    """See base.Factor.value."""
    away: Array = rsi - 50.0
    return away
