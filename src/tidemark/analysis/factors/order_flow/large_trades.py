"""What large aggressors bought less what they sold, as a share of all turnover of the latest 5 minutes.

Large is a trade of more than 99 % of this market's own trades. Formula: (large bought - large sold) / the larger of the
whole turnover and what is usual in 5 minutes. Source: R. Jain, I. Chlamtac, The P2 Algorithm (1985), for the quantile.
Warm-up: 5 minutes and 500 trades. Memory: that of the source `flow`.

>>> import numpy as np
>>> value(np.array([4.0]), np.array([1.0]), np.array([6.0]), np.array([4.0]), np.array([1.0]), np.array([9.0]))
array([0.3])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Large trades"
GROUP = "large_trades"
PACE = Pace.MOMENT
READS = ("large_bought", "large_sold", "bought_5m", "sold_5m", "usual_turnover", "large_size")
UNIT = ""
UP = "large aggressors buy"
DOWN = "large aggressors sell"
FACT = (
    "{large_bought:,.0f} bought and {large_sold:,.0f} sold in 5 minutes in trades larger than {large_size:,.3f},"
    " which are 1 % of them"
)
NEUTRAL = "as much bought as sold in large trades"
MINUTES = 5


def value(large_bought: Array, large_sold: Array, bought: Array, sold: Array, usual: Array, _size: Array) -> Array:
    """See base.Factor.value."""
    turnover = np.maximum(bought + sold, MINUTES * usual)
    share: Array = (large_bought - large_sold) / turnover
    return share
