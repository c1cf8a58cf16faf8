"""How much more than usual the price moves: what positions say counts for less while it does.

Formula: 1 / ratio, in [0.5, 1], ratio being the volatility of about 20 candles over that of about 200. Warm-up: 51
candles. Memory: that of the indicator `realised_volatility`.

>>> import numpy as np
>>> strength(np.array([0.8, 1.25, 4.0]), np.zeros(3))
array([1. , 0.8, 0.5])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Realised volatility"
MODIFIES = ("sentiment",)
PACE = Pace.CANDLE
READS = ("volatility_ratio", "realised_volatility")
FACT = "volatility of {realised_volatility:.2f} % a candle, {volatility_ratio:.1f} times what is usual"


def strength(volatility_ratio: Array, realised_volatility: Array) -> Array:  # noqa: ARG001 - the evidence is told
    """See base.Modifier.strength."""
    return np.clip(1.0 / volatility_ratio, 0.5, 1.0)
