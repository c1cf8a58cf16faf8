"""What the events at the bounds of trading ranges speak for: support that was tested and held, or resistance.

Formula: each event adds its weight to the side that it speaks for, a climax or its test 0.1, a spring or its test 0.4,
a break or the pullback after it 0.5; one that is taken back, the opposite; cut at 1, and half of it is gone in 20
candles. The weights are those of the profile `crypto`. Source: R. D. Wyckoff's method, as told in H. Pruden, The Three
Skills of Top Trading (2007). Warm-up: 100 candles. Memory: that of the structure; missing in timeframes where it is not
read.

>>> import numpy as np
>>> value(np.array([0.4, -0.5]))
array([ 0.4, -0.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Wyckoff structure"
GROUP = "wyckoff"
PACE = Pace.CANDLE
READS = ("structure_pull",)
UNIT = ""
UP = "its events speak for a rise"
DOWN = "its events speak for a fall"
FACT = "the newest events of its ranges speak {structure_pull:+.2f}, -1 for a fall and 1 for a rise"
NEUTRAL = "time: half of it is gone in 20 candles; an event to the other side turns it"
# A spring is much in every market: between events little is left, and it is not to count for much.
LEAST_USUAL = 0.4


def value(pull: Array) -> Array:
    """See base.Factor.value."""
    return pull
