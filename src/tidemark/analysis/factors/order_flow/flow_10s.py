"""What aggressors bought less what they sold in the latest 10 seconds, as a share of it.

Formula: (bought - sold) / the larger of bought + sold and what is usual in that time, in [-1, 1]: a few trades in a
silent market say little. Turnovers, a trade losing 63 % of its weight in that time; usual is the mean of the latest
hour. Warm-up: 1 minute of trades. Memory: that of the source `flow`.

>>> import numpy as np
>>> value(np.array([3.0]), np.array([1.0]), np.array([0.5]))
array([0.5])
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Trade flow 10s"
GROUP = "flow"
PACE = Pace.MOMENT
READS = ("bought_10s", "sold_10s", "usual_turnover")
UNIT = ""
UP = "aggressors bought more than they sold in the latest 10 seconds"
DOWN = "aggressors sold more than they bought in the latest 10 seconds"
FACT = (
    "{bought_10s:,.0f} bought and {sold_10s:,.0f} sold by aggressors in the latest 10 seconds, where"
    " {usual_turnover:,.0f} a minute is usual"
)
NEUTRAL = "as much bought as sold in the latest 10 seconds"
MINUTES = 1 / 6


def value(bought: Array, sold: Array, usual: Array) -> Array:
    """See base.Factor.value."""
    share: Array = (bought - sold) / np.maximum(bought + sold, MINUTES * usual)
    return share
