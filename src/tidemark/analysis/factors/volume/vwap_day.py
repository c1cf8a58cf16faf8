"""How far the close is from the mean price by volume since 00:00 UTC, in standard deviations.

Speaks for continuation: above it, who bought in this day is in profit and whoever waits pays more. Formula: (close -
VWAP) / standard deviation of price by volume; none while all was traded at one price. Source: S. Berkowitz, D. Logue,
E. Noser, The Total Cost of Transactions on the NYSE (1988). Warm-up: 2 candles of the day, so that it is missing in
candles that last as long. Memory: that of the indicator `vwap`.

>>> import numpy as np
>>> value(np.array([102.0]), np.array([100.0]), np.array([4.0]))
array([0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "VWAP of the day"
GROUP = "vwap"
PACE = Pace.CANDLE
READS = ("close", "vwap_day", "vwap_day_deviation")
UNIT = "standard deviations"
UP = "trades above the mean price of the day"
DOWN = "trades below the mean price of the day"
FACT = (
    "close {close:,.6g} against a VWAP of the day of {vwap_day:,.6g}, of which {vwap_day_deviation:,.4g} is one"
    " standard deviation"
)
NEUTRAL = "close at the VWAP of the day"


def value(close: Array, mean: Array, deviation: Array) -> Array:
    """See base.Factor.value."""
    away: Array = (close - mean) / deviation
    return away
