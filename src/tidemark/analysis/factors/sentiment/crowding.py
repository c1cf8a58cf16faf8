"""Whether funding, basis and accounts all lean the same way at once, read against them.

Contrarian, as funding and the accounts are, and of one group with them: it counts once. Where the three do not agree
nobody is crowded, and it is 0.

Formula: -sign x the smallest |z| of the three where all have one sign, else 0, each z against the market's own history.
Warm-up: that of the slowest, 8 settlements, 24 points and 300 seconds. Memory: that of the source `positions`.

>>> import numpy as np
>>> value(np.array([2.0, -1.0, 2.0]), np.array([0.5, -3.0, -1.0]), np.array([1.0, -2.0, 1.0]))
array([-0.5,  1. , -0. ])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Crowding"
GROUP = "crowd"
PACE = Pace.MOMENT
READS = ("funding_z", "basis_z", "long_lead_z")
UNIT = "sd"
LEAST_USUAL = 1.0
UP = "funding, basis and accounts are all lower than usual: shorts crowd"
DOWN = "funding, basis and accounts are all higher than usual: longs crowd"
FACT = "funding {funding_z:+.1f}, basis {basis_z:+.1f} and long accounts {long_lead_z:+.1f} sd from their usual"
NEUTRAL = "one of the three leans the other way"


def value(funding_z: Array, basis_z: Array, long_lead_z: Array) -> Array:
    """See base.Factor.value."""
    each = np.stack([funding_z, basis_z, long_lead_z])
    agree = np.all(np.sign(each) == np.sign(each[0]), axis=0)
    against: Array = -np.sign(each[0]) * np.where(agree, np.abs(each).min(axis=0), 0.0)
    return against
