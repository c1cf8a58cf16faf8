"""Beyond which confirmed swing the price closed last.

The first break to its side is a change of character, a further one in a row a break of structure.

Formula: side * 2^(-age / 20), side 1 above a swing high and -1 below a swing low; missing before the first break.
Warm-up: 11 candles. Memory: that of the indicator `swings`.

>>> import numpy as np
>>> value(np.array([1.0, -1.0]), np.array([1.0, 3.0]), np.array([0.0, 20.0]))
array([ 1. , -0.5])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Break of structure"
GROUP = "swings"
PACE = Pace.CANDLE
READS = ("structure_side", "structure_breaks", "structure_break_age")
UNIT = ""
UP = "the newest break was above a swing high"
DOWN = "the newest break was below a swing low"
FACT = (
    "break {structure_breaks:.0f} in a row to that side (the first changes the character), "
    "{structure_break_age:.0f} candles ago"
)
NEUTRAL = "time: half of it is gone in 20 candles; a close beyond the opposite swing turns it"


def value(side: Array, breaks: Array, age: Array) -> Array:
    """See base.Factor.value."""
    return np.where(breaks > 0.0, side * np.exp2(-age / 20.0), np.nan)
