"""Which feeds can be relied on at this moment."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.market.freshness import Freshness

Array = npt.NDArray[Any]


def live(freshness: Freshness, channel: str, series: int) -> Array:
    """Where *channel* is confirmed, in no gap and not stale, as of the last tick: bool (series,)."""
    mask = np.zeros(series, bool)
    mask[freshness.alive(channel)] = True
    mask[freshness.stale(channel)] = False
    return mask
