"""Funding that is extreme for the market itself, read against the side that pays it.

Contrarian: within one standard deviation of the mean of its own settlements funding says nothing; beyond that high
funding speaks for falling prices, since longs pay to stay, and low funding for rising ones.

Formula: -sign(z) x max(|z| - 1, 0), z the distance of the funding due from the mean of the settlements, in their
standard deviations. Source: the settlement of funding as Bybit and Binance state it, longs paying shorts where the rate
is positive. Warm-up: 8 settlements. Memory: that of the source `positions`.

>>> import numpy as np
>>> value(np.array([3.0, -1.5, 0.9]), np.zeros(3), np.zeros(3))
array([-2. ,  0.5, -0. ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Funding"
GROUP = "crowd"
PACE = Pace.MOMENT
READS = ("funding_z", "funding_bps", "funding_mean_bps")
UNIT = "sd"
LEAST_USUAL = 1.0
UP = "funding is so low that shorts pay dearly to stay"
DOWN = "funding is so high that longs pay dearly to stay"
FACT = "funding due {funding_bps:+.3f} bps, {funding_z:+.1f} sd from its mean of {funding_mean_bps:+.3f}"
NEUTRAL = "funding within one standard deviation of its own mean"


def value(funding_z: Array, funding_bps: Array, funding_mean_bps: Array) -> Array:  # noqa: ARG001 - told as facts
    """See base.Factor.value."""
    return -np.sign(funding_z) * np.maximum(np.abs(funding_z) - 1.0, 0.0)
