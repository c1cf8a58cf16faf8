"""How far the close is from the mean price by volume since Monday 00:00 UTC, in standard deviations.

Speaks for continuation: above it, who bought in this week is in profit and whoever waits pays more. Formula: (close -
VWAP) / standard deviation of price by volume; none while all was traded at one price. Source: S. Berkowitz, D. Logue,
E. Noser, The Total Cost of Transactions on the NYSE (1988). Warm-up: 2 candles of the week, so that it is missing in
candles that last as long. Memory: that of the indicator `vwap`.

>>> import numpy as np
>>> value(np.array([102.0]), np.array([100.0]), np.array([4.0]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "VWAP of the week"
GROUP = "vwap"
PACE = Pace.CANDLE
READS = ("close", "vwap_week", "vwap_week_deviation")
UNIT = "standard deviations"
UP = "trades above the mean price of the week"
DOWN = "trades below the mean price of the week"
FACT = (
    "close {close:,.6g} against a VWAP of the week of {vwap_week:,.6g}, of which {vwap_week_deviation:,.4g} is one"
    " standard deviation"
)
NEUTRAL = "close at the VWAP of the week"


def value(close: Array, mean: Array, deviation: Array) -> Array:
    """See base.Factor.value."""
    away: Array = (close - mean) / deviation
    return away
