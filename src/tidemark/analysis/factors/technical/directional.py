"""To which side the price moves, the more so the more it moves to one side only.

Formula: (+DI(14) - -DI(14)) * ADX(14) / 100, in [-100, 100].
Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978).
Warm-up: 28 candles. Memory: that of the indicator `adx`.

>>> import numpy as np
>>> value(np.array([50.0, 50.0]), np.array([30.0, 10.0]), np.array([10.0, 30.0]))
array([ 10., -10.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Directional movement"
GROUP = "trend"
PACE = Pace.CANDLE
READS = ("adx", "plus_di", "minus_di")
UNIT = ""
UP = "upward movement outweighs downward movement"
DOWN = "downward movement outweighs upward movement"
FACT = "+DI(14) {plus_di:.1f}, -DI(14) {minus_di:.1f}, ADX(14) {adx:.1f}"
NEUTRAL = "+DI(14) at -DI(14)"


def value(adx: Array, plus_di: Array, minus_di: Array) -> Array:
    """See base.Factor.value."""
    away: Array = (plus_di - minus_di) * (adx / 100.0)
    return away
