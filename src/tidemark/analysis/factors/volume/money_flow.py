"""Where in their ranges 20 candles closed, each as much as it traded.

Formula: Chaikin money flow of 20 candles, in [-1, 1]. Source: M. Chaikin, see the indicator `chaikin`. Warm-up: 20
candles. Memory: that of the indicator.

>>> import numpy as np
>>> value(np.array([0.2, -0.1]))
array([ 0.2, -0.1])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Chaikin Money Flow(20)"
GROUP = "volume_lines"
PACE = Pace.CANDLE
READS = ("chaikin",)
UNIT = ""
UP = "money flows in"
DOWN = "money flows out"
FACT = "Chaikin Money Flow(20) at {chaikin:+.3f}"
NEUTRAL = "Chaikin Money Flow(20) at 0"


def value(chaikin: Array) -> Array:
    """See base.Factor.value."""
    return chaikin
