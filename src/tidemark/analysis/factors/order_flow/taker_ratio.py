"""How much more than half of the volume of about 50 candles aggressors bought.

Formula: 2 x share bought - 1, in [-1, 1], a candle 50 candles old having lost 63 % of its weight. Warm-up: 14 candles
that tell who the aggressor was. Memory: that of the indicator `delta_lines`.

>>> import numpy as np
>>> value(np.array([0.75]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Taker ratio"
GROUP = "cumulative_delta"
PACE = Pace.CANDLE
READS = ("taker_buy_share",)
UNIT = ""
UP = "aggressors bought more than half"
DOWN = "aggressors sold more than half"
FACT = "aggressors bought {taker_buy_share:.1%} of the volume of about 50 candles"
NEUTRAL = "half of the volume bought by aggressors"


def value(share: Array) -> Array:
    """See base.Factor.value."""
    away: Array = 2.0 * share - 1.0
    return away
