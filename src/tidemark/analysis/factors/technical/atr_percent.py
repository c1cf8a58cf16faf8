"""Whether candles are as large as usual: figures of much larger or smaller ones say less.

Formula: 1 - |log2(ATR(14) / its mean)| / 4, at least 0.5: 1 at the usual size, 0.75 at twice or half of it, 0.5 from
four times or a quarter on. Warm-up: 114 candles. Memory: that of the indicators `atr` and `atr_ratio`.

>>> import numpy as np
>>> strength(np.array([0.3, 0.6, 0.15, 3.0]), np.array([1.0, 2.0, 0.5, 10.0]))
array([1.  , 0.75, 0.75, 0.5 ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Volatility"
PACE = Pace.CANDLE
MODIFIES = ("technical", "structure")
READS = ("atr_percent", "atr_ratio")
FACT = "ATR(14) is {atr_percent:.3f} % of the price, {atr_ratio:.2f} times its mean"


def strength(_atr_percent: Array, atr_ratio: Array) -> Array:
    """See base.Modifier.strength. The percentage is for people: mirrored prices have another."""
    near: Array = np.maximum(0.5, 1.0 - np.abs(np.log2(atr_ratio)) / 4.0)
    return near
