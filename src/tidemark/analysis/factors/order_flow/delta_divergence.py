"""Whether aggressors work against the way that the price goes, and for which side.

Formula: with c the slope of cumulative delta (in mean volumes) and p that of the close (in ATR a candle), both over 14
candles: sign(c) x sqrt(|c x p|) where their signs differ, else 0. A price that falls while aggressors buy speaks for
the buyers. Warm-up: 15 candles, 14 of which tell who the aggressor was. Memory: that of the indicators `delta_lines`
and `atr`.

>>> import numpy as np
>>> value(np.array([0.08, 0.1]), np.array([-1.0, 1.0]), np.array([2.0, 2.0]))
array([0.2, 0. ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Delta divergence"
GROUP = "delta_divergence"
PACE = Pace.CANDLE
READS = ("cumulative_delta_slope", "close_slope", "atr")
UNIT = ""
UP = "aggressors buy while the price falls"
DOWN = "aggressors sell while the price rises"
FACT = (
    "cumulative delta changes by {cumulative_delta_slope:+.3f} of the mean volume a candle, the close by"
    " {close_slope:+,.4g} where the ATR is {atr:,.4g}"
)
NEUTRAL = "price and cumulative delta going the same way"


def value(delta_slope: Array, close_slope: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    against = np.maximum(-delta_slope * close_slope / atr, 0.0)
    figure: Array = np.sign(delta_slope) * np.sqrt(against)
    return figure
