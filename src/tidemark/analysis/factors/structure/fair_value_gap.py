"""Prices that three candles left untraded: the nearest gap below, left by a rise, against the nearest above.

Formula: of each side width / ATR(14) * 2^(-age / 50) / (1 + distance / ATR(14)), what is unfilled of the gap; below
less above. It speaks for the side that left it: a gap below is support. Warm-up: 17 candles. Memory: that of the
indicators `gaps` and `atr`.

>>> import numpy as np
>>> none = np.zeros(2)
>>> value(np.array([2.0, 2.0]), np.array([2.0, 2.0]), np.array([50.0, 0.0]), none, none, none, np.array([2.0, 2.0]))
array([0.25, 0.5 ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Fair value gap"
GROUP = "gaps"
PACE = Pace.CANDLE
READS = (
    "gap_below_width", "gap_below_distance", "gap_below_age",
    "gap_above_width", "gap_above_distance", "gap_above_age", "atr",
)  # fmt: skip
UNIT = "ATR"
UP = "an unfilled gap below the price weighs more"
DOWN = "an unfilled gap above the price weighs more"
FACT = (
    "unfilled below {gap_below_width:.6g}, {gap_below_distance:.6g} away, {gap_below_age:.0f} candles old; "
    "above {gap_above_width:.6g}, {gap_above_distance:.6g} away, {gap_above_age:.0f} candles old"
)
NEUTRAL = "the gap filled, or one as near, as wide and as old on the other side"


def value(
    below_width: Array,
    below_distance: Array,
    below_age: Array,
    above_width: Array,
    above_distance: Array,
    above_age: Array,
    atr: Array,
) -> Array:
    """See base.Factor.value."""
    return _weight(below_width, below_distance, below_age, atr) - _weight(above_width, above_distance, above_age, atr)


def _weight(width: Array, distance: Array, age: Array, atr: Array) -> Array:
    weight: Array = width * np.exp2(-age / 50.0) / (atr + distance)
    return weight
