"""On which side the score of each market is, since when, and at which price it went there.

Long from 65 up, and until it falls below 58; short mirrored; neutral in between.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table

Array = npt.NDArray[Any]

ENTER, LEAVE = 65.0, 58.0
LONG, NEUTRAL, SHORT, UNKNOWN = 1, 0, -1, -2
_OWNER = "push/sides"
_COLUMNS: Layout = {"side": (np.int8, ()), "since": (np.int64, ()), "price": (np.float64, ())}


class Sides:
    """One entry a series. `side`, `since` (ns) and `price` are views: read only. Memory: 17 bytes a series."""

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        table = Table(_OWNER, slots=series, columns=_COLUMNS)
        ledger.open(table)
        self.side: Array = table.columns["side"]
        self.since: Array = table.columns["since"]
        self.price: Array = table.columns["price"]
        self.clear(np.arange(series))

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(_OWNER, slots=series, columns=_COLUMNS)]

    def move(self, score: Array, is_known: Array, price: Array, now_ns: int) -> None:
        """Take the scores of all series, and their prices, NaN where there is none.

        Where no score is known there is no side; the first one that is known begins one.
        """
        side = self.side
        is_long = np.where(side == LONG, score >= LEAVE, score >= ENTER)
        is_short = np.where(side == SHORT, score <= 100.0 - LEAVE, score <= 100.0 - ENTER)
        found = np.where(is_known, np.where(is_long, LONG, np.where(is_short, SHORT, NEUTRAL)), UNKNOWN)
        turned = found != side
        self.since[turned] = now_ns
        self.price[turned] = price[turned]
        side[:] = found
        # A price that was missing when the side began is that of the moment at which there is one.
        late = np.isnan(self.price) & ~np.isnan(price)
        self.price[late] = price[late]

    def clear(self, slots: Array) -> None:
        """Other markets have these slots now."""
        self.side[slots] = UNKNOWN
        self.since[slots] = 0
        self.price[slots] = np.nan
