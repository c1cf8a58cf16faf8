"""The commodity channel index of 20 candles.

Formula: CCI(20). Source: D. Lambert, Commodity Channel Index (Commodities, 1980).
Warm-up: 20 candles. Memory: that of the indicator `cci`.

>>> import numpy as np
>>> value(np.array([120.0, -120.0]))
array([ 120., -120.])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "CCI(20)"
GROUP = "oscillators"
PACE = Pace.CANDLE
READS = ("cci",)
UNIT = ""
UP = "the typical price is above its mean"
DOWN = "the typical price is below its mean"
FACT = "CCI(20) at {cci:+.0f}"
NEUTRAL = "CCI(20) at 0"


def value(cci: Array) -> Array:
    """See base.Factor.value."""
    away: Array = cci.astype(float)
    return away
