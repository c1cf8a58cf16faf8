"""How the accounts lean, against how they leaned in the latest 24 hours, read against them.

Contrarian, in number and in words: more accounts long than usual speaks for falling prices, fewer for rising ones. One
account is one account whatever it holds: this is the many, not the money.

Formula: -z, z the distance of (share of long accounts - share of short ones) from its mean of 24 hours, in standard
deviations. Source: the long/short account ratio of Bybit and Binance, of five minutes. Warm-up: 24 points, two hours.
Memory: that of the source `positions`.

>>> import numpy as np
>>> value(np.array([1.5]), np.array([20.0]), np.array([14.0]))
array([-1.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Long/short ratio"
GROUP = "crowd"
PACE = Pace.MOMENT
READS = ("long_lead_z", "long_lead", "long_lead_mean")
UNIT = "sd"
LEAST_USUAL = 1.0
UP = "fewer accounts are long than usual, and the crowd is read backwards"
DOWN = "more accounts are long than usual, and the crowd is read backwards"
FACT = (
    "long accounts less short ones {long_lead:+.1f} percentage points, {long_lead_z:+.1f} sd from their mean of"
    " {long_lead_mean:+.1f}"
)
NEUTRAL = "as many accounts long as in the latest 24 hours"


def value(long_lead_z: Array, long_lead: Array, long_lead_mean: Array) -> Array:  # noqa: ARG001 - told as facts
    """See base.Factor.value."""
    against: Array = -long_lead_z
    return against
