"""What held the price before, below it against above it.

Formula: touches of the levels below less those of the levels above, each level by how near it is: nothing at the price,
all of it a quarter ATR(14) away, falling to nothing at three ATR(14). A touch is a confirmed swing, and half of it is
gone after 200 candles. Warm-up: 15 candles. Memory: that of the indicator `levels`.

>>> import numpy as np
>>> value(np.array([3.0, 0.5]), np.array([1.0, 2.5]))
array([ 2., -2.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Support and resistance"
GROUP = "levels"
PACE = Pace.CANDLE
READS = ("support", "resistance")
UNIT = "touches"
UP = "more support below than resistance above"
DOWN = "more resistance above than support below"
FACT = "{support:.1f} touches of levels near below, {resistance:.1f} near above"
NEUTRAL = "as many touches near above as near below"


def value(support: Array, resistance: Array) -> Array:
    """See base.Factor.value."""
    held: Array = support - resistance
    return held
