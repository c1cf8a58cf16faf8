"""The wall among the bids against the one among the asks, each the heavier the longer it has stood at its price.

Formula: (bid wall x p(bid) - ask wall x p(ask)) / all within 50 bps, in (-1, 1), with p = t / (t + 60 s) after t
seconds; 0 where there is no wall. A wall counts for its own side: whoever trades through it has to take all of it.
Warm-up: none beyond the scale's. Memory: that of the source `walls`.

>>> import numpy as np
>>> value(*(np.array([one]) for one in (400.0, 60.0, 0.0, 0.0, 600.0, 400.0)))
array([0.2])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Walls"
GROUP = "walls"
PACE = Pace.MOMENT
READS = ("bid_wall", "bid_wall_s", "ask_wall", "ask_wall_s", "bid_book", "ask_book")
UNIT = ""
UP = "the wall that stands is among the bids"
DOWN = "the wall that stands is among the asks"
FACT = (
    "wall of {bid_wall:,.0f} bid for {bid_wall_s:.0f} s and of {ask_wall:,.0f} offered for {ask_wall_s:.0f} s (0: none)"
)
NEUTRAL = "no wall, or walls of one weight on both sides"
# After so many seconds a wall has half of its weight.
HALF_S = 60.0


def value(
    bid_wall: Array, bid_wall_s: Array, ask_wall: Array, ask_wall_s: Array, bid_book: Array, ask_book: Array
) -> Array:
    """See base.Factor.value."""
    bids = bid_wall * (bid_wall_s / (bid_wall_s + HALF_S))
    asks = ask_wall * (ask_wall_s / (ask_wall_s + HALF_S))
    share: Array = (bids - asks) / (bid_book + ask_book)
    return share
