"""Aggression beyond the usual that the price did not follow: it speaks for the side that took it.

Formula: that of the indicator `absorption`: the sum over candles, each counting 0.8 of the one after it, of how far the
size of a delta exceeds its mean, times what part of the way it did not go, against its side. Source: see there.
Warm-up: 21 candles that tell who the aggressor was. Memory: that of the indicator.

>>> import numpy as np
>>> value(np.array([9.0]), np.array([1.5]), np.array([4.0]))
array([1.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Absorption"
GROUP = "absorption"
PACE = Pace.CANDLE
READS = ("delta", "absorption", "usual_delta")
UNIT = ""
UP = "selling is absorbed"
DOWN = "buying is absorbed"
FACT = "absorbed aggression at {absorption:+.2f}; the newest delta is {delta:+,.3f} where {usual_delta:,.3f} is usual"
NEUTRAL = "no more aggression than usual, or all of it followed by the price"


def value(_delta: Array, absorbed: Array, _usual: Array) -> Array:
    """See base.Factor.value."""
    return absorbed
