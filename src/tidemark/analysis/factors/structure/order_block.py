"""Where large orders may rest: the last opposite candle before a displacement, below the price against above it.

Formula: of each side's nearest block, strength / (1 + distance / ATR(14)), the strength 1 when it is made and halved
every 50 candles; below less above, in [-1, 1]. A block that was traded through is void.
Warm-up: 15 candles. Memory: that of the indicators `blocks` and `atr`.

>>> import numpy as np
>>> value(np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([0.0, 0.5]), np.array([0.0, 0.0]), np.array([2.0, 2.0]))
array([ 0.5, -0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Order block"
GROUP = "blocks"
PACE = Pace.CANDLE
READS = ("block_below", "block_below_distance", "block_above", "block_above_distance", "atr")
UNIT = ""
UP = "the block below the price weighs more"
DOWN = "the block above the price weighs more"
FACT = (
    "block below at {block_below:.2f} of its strength, {block_below_distance:.6g} away; "
    "above at {block_above:.2f}, {block_above_distance:.6g} away"
)
NEUTRAL = "the block traded through, or one as near and as fresh on the other side"


def value(below: Array, below_distance: Array, above: Array, above_distance: Array, atr: Array) -> Array:
    """See base.Factor.value."""
    apart: Array = below * atr / (atr + below_distance) - above * atr / (atr + above_distance)
    return apart
