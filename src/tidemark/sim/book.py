"""The order books of all markets, as a function of their best quotes: see `kernels/ladder.py`, where they are told.

Memory: a few numbers a slot.
"""

import msgspec

from tidemark.kernels.ladder import CLASSES, DEPTH, NEVER_MS, Books, BookTopics, Told, Touch

__all__ = ["CLASSES", "DEPTH", "NEVER_MS", "BookTopics", "Books", "Ladder", "Level", "Told", "Touch"]

# A price in ticks and a size in lots.
Level = tuple[int, int]


class Ladder(msgspec.Struct, frozen=True):
    """A book as REST tells it: levels from the best on, under the venue's ids."""

    bids: list[Level]
    asks: list[Level]
    update_id: int
    sequence: int
    time_ms: int
