"""Where the close lies in the range of the latest 50 candles. It speaks for continuation: near the top is strength.

Formula: (close - middle) / (half of the range), in [-1, 1]: 1 at the highest high, -1 at the lowest low.
Source: R. Donchian's channel, whose breaks are followed and not faded.
Warm-up: 50 candles. Memory: that of the indicator `price_range`.

>>> import numpy as np
>>> value(np.array([9.0, 3.0]), np.array([10.0, 10.0]), np.array([2.0, 2.0]))
array([ 0.75, -0.75])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Range position"
GROUP = "position"
PACE = Pace.CANDLE
READS = ("close", "range_high", "range_low")
UNIT = ""
UP = "in the upper half of its range"
DOWN = "in the lower half of its range"
FACT = "close {close:.6g} in a range of {range_low:.6g} to {range_high:.6g} over 50 candles"
NEUTRAL = "the middle of the range of 50 candles"


def value(close: Array, high: Array, low: Array) -> Array:
    """See base.Factor.value."""
    place: Array = ((close - low) - (high - close)) / (high - low)
    return place
