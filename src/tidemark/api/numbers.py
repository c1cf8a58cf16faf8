"""Sizes as they are told: kept as float32, they have seven digits, and no more are printed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def shortest(values: Sequence[float] | npt.NDArray[Any]) -> list[float]:
    """The shortest numbers that are the same as float32.

    >>> shortest([0.0010000000474974513, 2561950.0])
    [0.001, 2561950.0]
    """
    return [float(text) for text in np.asarray(values, np.float32).astype(str).tolist()]


def shortest_known(values: Sequence[float | None]) -> list[float | None]:
    """The same, of which some are not known."""
    told = shortest([0.0 if value is None else value for value in values])
    return [None if value is None else short for value, short in zip(values, told, strict=True)]
