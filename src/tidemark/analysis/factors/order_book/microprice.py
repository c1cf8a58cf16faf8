"""How far the microprice lies from the mid, in units of the spread.

The microprice is bid and ask, each weighted by the size on the other side. In these units it is half the imbalance of
the two best sizes, whatever the tick of the market.

Formula: (microprice - mid) / spread, in [-0.5, 0.5]. Source: J. Gatheral, R. Oomen, Zero-Intelligence Realized Variance
Estimation (2010), where the weighted mid has this name. Warm-up: none beyond the scale's. Memory: none of its own.

>>> import numpy as np
>>> value(np.array([100.25]), np.array([100.0]), np.array([100.0]))
array([0.25])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Microprice"
GROUP = "touch"
PACE = Pace.MOMENT
READS = ("microprice", "mid", "spread_bps")
UNIT = "spreads"
UP = "the best bid outweighs the best ask"
DOWN = "the best ask outweighs the best bid"
FACT = "microprice {microprice:,.8g} against a mid of {mid:,.8g}, spread {spread_bps:.2f} bps"
NEUTRAL = "the same size at the best bid and the best ask"


def value(microprice: Array, mid: Array, spread_bps: Array) -> Array:
    """See base.Factor.value."""
    away: Array = (microprice - mid) / (spread_bps * 1e-4 * mid)
    return away
