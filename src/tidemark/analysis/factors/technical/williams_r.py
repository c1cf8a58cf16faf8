"""How far Williams %R of 14 candles is from the middle.

Formula: %R(14) + 50, in [-50, 50].
Source: L. Williams, How I Made One Million Dollars in the Commodity Market Last Year (1973).
Warm-up: 14 candles. Memory: that of the indicator `williams_r`.

>>> import numpy as np
>>> value(np.array([-20.0, -80.0]))
array([ 30., -30.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Williams %R(14)"
GROUP = "oscillators"
PACE = Pace.CANDLE
READS = ("williams_r",)
UNIT = ""
UP = "the close is in the upper half of 14 candles"
DOWN = "the close is in the lower half of 14 candles"
FACT = "Williams %R(14) at {williams_r:.1f}"
NEUTRAL = "Williams %R(14) at -50"


def value(williams_r: Array) -> Array:
    """See base.Factor.value."""
    away: Array = williams_r + 50.0
    return away
