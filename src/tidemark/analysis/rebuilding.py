"""Which series of which timeframe have to be read anew from their candles, because one of those that closed changed."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table

Array = npt.NDArray[Any]


class Rebuilding:
    """A mark for each series and timeframe. Memory: 1 byte each."""

    def __init__(self, owner: str, *, series: int, timeframes: int, ledger: Ledger) -> None:
        self._table = Table(owner, slots=series, columns=_columns(timeframes))
        ledger.open(self._table)
        self._is_stale = self._table.columns["is_stale"]
        self._next = 0

    @staticmethod
    def reserve(owner: str, *, series: int, timeframes: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_columns(timeframes))]

    @property
    def waiting(self) -> int:
        """How many there are."""
        return int(np.count_nonzero(self._is_stale))

    def mark(self, slots: Array | Sequence[int], timeframe: int) -> None:
        """The candles of *slots* in that timeframe changed."""
        self._is_stale[slots, timeframe] = 1

    def fit(self, slots: Array, timeframe: int) -> Array:
        """Which of *slots* are not marked, bool (n,)."""
        fit: Array = self._is_stale[slots, timeframe] == 0
        return fit

    def due(self) -> Iterator[tuple[int, int]]:
        """The marked ones, series and timeframe, each once, the shortest timeframe first; the mark goes as it is given.

        All series take their turn before one that is marked again and again takes its next.
        """
        if not self._is_stale.any():
            return
        for timeframe in range(self._is_stale.shape[1]):
            marked = np.flatnonzero(self._is_stale[:, timeframe])
            begin = int(np.searchsorted(marked, self._next))
            for slot in np.roll(marked, -begin).tolist():
                self._is_stale[slot, timeframe] = 0
                self._next = slot + 1
                yield slot, timeframe

    def clear(self, slot: int) -> None:
        """Nothing is left to be done for *slot*."""
        self._table.clear(slot)


def _columns(timeframes: int) -> dict[str, tuple[npt.DTypeLike, tuple[int, ...]]]:
    return {"is_stale": (np.uint8, (timeframes,))}
