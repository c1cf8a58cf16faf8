"""One reading from those of several timeframes: a mean direction, and a quality that falls where they disagree."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import combine as kernel
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

WEIGHTS: Mapping[Timeframe, float] = {Timeframe.M1: 0.4, Timeframe.M5: 0.3, Timeframe.M30: 0.2, Timeframe.H4: 0.1}
# A reading counts until so many candles of its timeframe should have followed it.
LIFE = 3


class Combined(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of n series, (n, factors) each; Where nothing is known all of it is 0.

    share: what each timeframe has of the direction, (timeframes, n, factors).
    """

    direction: Array
    quality: Array
    is_known: Array
    share: Array


def combine(weights: Sequence[float], direction: Array, quality: Array, is_known: Array) -> Combined:
    """Combine readings of shape (timeframes, n, factors), weights a timeframe.

    The direction is the mean by weight and quality over the timeframes that are there. The quality is the mean of
    theirs, less the standard deviation of their directions: two that say the opposite of each other say little.

    >>> both = np.array([[[0.5]], [[-0.5]]])
    >>> made = combine([0.5, 0.5], both, np.ones((2, 1, 1)), np.ones((2, 1, 1), bool))
    >>> made.direction.item(), made.quality.item()
    (0.0, 0.5)
    """
    shape = direction.shape
    share, is_there = np.zeros(shape), np.zeros(shape[1:], np.uint8)
    mean, good = np.zeros(shape[1:]), np.zeros(shape[1:])
    kernel.combine(
        np.asarray(weights, np.float64), np.ascontiguousarray(direction, np.float64),
        np.ascontiguousarray(quality, np.float64), np.ascontiguousarray(is_known).view(np.uint8), mean, good, is_there,
        share,
    )  # fmt: skip
    return Combined(direction=mean, quality=good, is_known=is_there.view(np.bool_), share=share)
