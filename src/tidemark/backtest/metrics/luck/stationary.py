"""Series drawn anew from one that hangs together in time: blocks of random length, joined.

D. Politis, J. Romano, The Stationary Bootstrap, Journal of the American Statistical Association 89 (1994).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def mean_block(count: int) -> float:
    """The mean length of blocks for *count* observations: their third root, which the error asks for to its order.

    >>> mean_block(1000)
    10.0
    """
    return round(max(1.0, math.pow(count, 1.0 / 3.0)), 9)


def places(count: int, draws: int, block: float, rng: np.random.Generator) -> Array:
    """Which observations each series consists of: int64 (draws, count), from 0 to count - 1.

    From one place to the next the series goes on, behind the last one at the first, or begins anew anywhere with a
    chance of 1 / *block*.
    """
    begins = rng.random((draws, count)) < 1.0 / block
    begins[:, 0] = True
    steps = np.arange(count)
    since = np.maximum.accumulate(np.where(begins, steps, 0), axis=1)
    starts = rng.integers(0, count, (draws, count))
    found: Array = (np.take_along_axis(starts, since, axis=1) + steps - since) % count
    return found
