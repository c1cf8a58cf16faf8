"""What aggressors bought less what they sold in 5 candles, as a share of their volume.

Formula: sum of delta / sum of volume over 5 candles, in [-1, 1]. Warm-up: 14 candles that tell who the aggressor was.
Memory: that of the indicator `delta_lines`.

>>> import numpy as np
>>> value(np.array([-50.0]), np.array([0.25]))
array([0.25])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Volume delta"
GROUP = "delta"
PACE = Pace.CANDLE
READS = ("delta", "delta_share")
UNIT = ""
UP = "aggressors bought more than they sold"
DOWN = "aggressors sold more than they bought"
FACT = "delta of 5 candles at {delta_share:+.1%} of their volume, {delta:+,.3f} in the newest one"
NEUTRAL = "as much bought as sold by aggressors in 5 candles"


def value(_delta: Array, share: Array) -> Array:
    """See base.Factor.value."""
    return share
