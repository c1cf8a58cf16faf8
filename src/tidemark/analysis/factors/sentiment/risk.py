"""How much of what the price moved came in jumps: what positions say of the next candles counts for less then.

Formula: 1 - jump share / 2, in [0.5, 1]. Source: O. Barndorff-Nielsen, N. Shephard, Power and Bipower Variation with
Stochastic Volatility and Jumps (2004). Warm-up: 51 candles. Memory: that of the indicator `realised_volatility`.

>>> import numpy as np
>>> strength(np.array([0.0, 0.4]))
array([1. , 0.8])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Risk of jumps"
MODIFIES = ("sentiment",)
PACE = Pace.CANDLE
READS = ("jump_share",)
FACT = "{jump_share:.0%} of the variance of about 50 candles came in jumps"


def strength(jump_share: Array) -> Array:
    """See base.Modifier.strength."""
    left: Array = 1.0 - 0.5 * jump_share
    return left
