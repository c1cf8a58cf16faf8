"""Prices on top of each other at which one side of the aggressors outweighs the other by far.

Formula: stacked buying - stacked selling, each the share of the volume of the latest minutes that lies in runs of at
least 3 price buckets in which three times as much was bought as was sold one bucket below (sold as was bought one
above). Warm-up: 200 trades since 00:00 UTC. Memory: that of the source `profile`.

>>> import numpy as np
>>> value(np.array([0.5]), np.array([0.125]))
array([0.375])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Stacked imbalance"
GROUP = "stacked_imbalance"
PACE = Pace.MOMENT
READS = ("stacked_buying", "stacked_selling")
UNIT = ""
UP = "buying is stacked"
DOWN = "selling is stacked"
FACT = "{stacked_buying:.1%} of the latest volume in stacked buying, {stacked_selling:.1%} in stacked selling"
NEUTRAL = "no more stacked buying than selling"


def value(buying: Array, selling: Array) -> Array:
    """See base.Factor.value."""
    away: Array = buying - selling
    return away
