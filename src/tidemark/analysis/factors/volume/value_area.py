"""How far the price is from the one at which most was traded today (UTC).

Speaks for continuation: what is traded away from it is accepted there. Formula: (price - point of control) / half the
value area, which is the 70 % of the volume around that point: 1 is about its edge. Source: J. Steidlmayer, K. Koy,
Markets and Market Logic (1986). Warm-up: 200 trades since 00:00 UTC. Memory: that of the source `profile`.

>>> import numpy as np
>>> value(np.array([103.0]), np.array([100.0]), np.array([-1.0]), np.array([5.0]))
array([1.5])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Value area"
GROUP = "value_area"
PACE = Pace.MOMENT
READS = ("profile_price", "point_of_control", "value_area_above", "value_area_below")
UNIT = "half value areas"
UP = "trades above where most was traded"
DOWN = "trades below where most was traded"
FACT = (
    "{profile_price:,.6g} against a point of control of {point_of_control:,.6g}; the value area ends"
    " {value_area_above:+,.4g} above and {value_area_below:+,.4g} below the price"
)
NEUTRAL = "price at the point of control"


def value(price: Array, control: Array, above: Array, below: Array) -> Array:
    """See base.Factor.value."""
    width = above + below
    away: Array = np.where(width > 0.0, 2.0 * (price - control) / width, np.nan)
    return away
