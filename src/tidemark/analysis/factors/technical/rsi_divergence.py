"""Swings of the price that the relative strength index did not go along with.

Formula: at a confirmed swing low below the one before it, by how many points RSI(14) is higher than it was there; at a
confirmed swing high above the one before it, by how many it is lower; the former less the latter, each halved every ten
candles. Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978).
Warm-up: 22 candles. Memory: that of the indicator `divergence`.

>>> import numpy as np
>>> value(np.array([8.0, 0.0]), np.array([0.0, 6.0]))
array([ 8., -6.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "RSI divergence"
GROUP = "divergence"
PACE = Pace.CANDLE
READS = ("divergence_at_lows", "divergence_at_highs")
UNIT = "points"
UP = "a lower swing low came with less weakness"
DOWN = "a higher swing high came with less strength"
FACT = "RSI(14) apart from the price by {divergence_at_lows:.1f} at lows and {divergence_at_highs:.1f} at highs"
NEUTRAL = "a swing beyond the one before it that RSI(14) confirms, or time: half of it is gone in 10 candles"


def value(at_lows: Array, at_highs: Array) -> Array:
    """See base.Factor.value."""
    apart: Array = at_lows - at_highs
    return apart
