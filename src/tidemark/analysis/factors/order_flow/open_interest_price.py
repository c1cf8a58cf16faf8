"""Whether positions are opened or closed in the direction in which the price moves.

Formula: over 5 minutes and over 1 hour, with p the change of the price and o that of open interest, as fractions:
sign(p) x sqrt(|p x o|), half of it where o is negative; the sum of both. New longs (p and o up) and new shorts (p down,
o up) carry a move; short covering (p up, o down) and long liquidation (both down) carry it half. Source: J. Murphy,
Technical Analysis of the Financial Markets (1999), on volume and open interest. Warm-up: 1 hour. Memory: that of the
source `open_interest`.

>>> import numpy as np
>>> (a, b), zero = np.array([[0.01, -0.01], [0.04, -0.04]]), np.zeros(2)
>>> value(a, b, zero, zero), value(a, np.abs(b), zero, zero)
(array([ 0.02, -0.01]), array([ 0.02, -0.02]))
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Open interest and price"
GROUP = "open_interest"
PACE = Pace.MOMENT
READS = ("price_change_5m", "open_interest_change_5m", "price_change_1h", "open_interest_change_1h")
UNIT = ""
UP = "new longs, or shorts that cover"
DOWN = "new shorts, or longs that are closed"
FACT = (
    "in 5 minutes the price changed by {price_change_5m:+.2%} and open interest by {open_interest_change_5m:+.2%},"
    " in 1 hour by {price_change_1h:+.2%} and {open_interest_change_1h:+.2%}"
)
NEUTRAL = "price where it was 5 minutes and an hour ago"
# What a move counts that closes positions, against one that opens them.
CLOSING = 0.5


def value(price_5m: Array, interest_5m: Array, price_1h: Array, interest_1h: Array) -> Array:
    """See base.Factor.value."""
    figure: Array = _quadrant(price_5m, interest_5m) + _quadrant(price_1h, interest_1h)
    return figure


def _quadrant(price: Array, interest: Array) -> Array:
    carried = np.where(interest >= 0.0, 1.0, CLOSING)
    figure: Array = np.sign(price) * np.sqrt(np.abs(price * interest)) * carried
    return figure
