"""Whether swings go higher or lower: the newest two confirmed highs and lows.

Formula: ((high - high before) + (low - low before)) / 2 / ATR(14), 0 for a side that has no two swings yet.
Source: B. Williams, Trading Chaos (1995), for the fractal that a swing is.
Warm-up: 15 candles. Memory: that of the indicators `swings` and `atr`.

>>> import numpy as np
>>> value(np.array([3.0, -3.0]), np.array([1.0, -1.0]), np.array([2.0, 2.0]))
array([ 1., -1.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Swing structure"
GROUP = "swings"
PACE = Pace.CANDLE
READS = ("swing_high_change", "swing_low_change", "atr")
UNIT = "ATR"
UP = "higher swings"
DOWN = "lower swings"
FACT = "the newest swing high is {swing_high_change:+.6g} from the one before it, the swing low {swing_low_change:+.6g}"
NEUTRAL = "highs and lows that go opposite ways, as far"


def value(high_change: Array, low_change: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    moved: Array = 0.5 * (high_change + low_change) / atr
    return moved
