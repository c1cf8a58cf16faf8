"""The newest trades of every market, as many as each slot has room for.

Memory: 29 bytes a trade, touched only as trades come.
"""

from bisect import bisect_left

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One trade as it is remembered."""

    number: int
    time_ms: int
    ticks: int
    lots: int
    is_buy: bool
    order: int


class Trades:
    """Rings of *kept* trades a slot.

    `numbers` counts the trades of each slot and `since` says with which number its memory begins; both belong to the
    caller, who keeps them right.
    """

    def __init__(self, kept: Ints, numbers: Ints, since: Ints) -> None:
        self._kept = kept
        self._numbers = numbers
        self._since = since
        self._begins: Ints = np.cumsum(kept) - kept
        ring = int(kept.sum())
        self._time, self._fill_lots, self._order = (np.zeros(ring, np.int64) for _ in range(3))
        self._ticks = np.zeros(ring, np.int32)
        self._is_buy = np.zeros(ring, np.bool_)

    def rings(self) -> tuple[Ints, Ints, Ints, npt.NDArray[np.int32], Ints, Bools, Ints]:
        """Where each slot begins and how many it keeps, and the columns: time, ticks, lots, side, aggregate trade."""
        return self._begins, self._kept, self._time, self._ticks, self._fill_lots, self._is_buy, self._order

    def remembered(self, slot: int) -> range:
        """The numbers of the trades of *slot* that are remembered."""
        end = int(self._numbers[slot])
        return range(max(int(self._since[slot]), end - int(self._kept[slot])), end)

    def fills(self, slot: int, numbers: range) -> list[Fill]:
        """The trades of *slot* with *numbers*, which are among the remembered; oldest first."""
        asked = np.arange(numbers.start, numbers.stop)
        places = self._begins[slot] + asked % self._kept[slot]
        columns = (self._time, self._ticks, self._fill_lots, self._is_buy, self._order)
        return list(map(Fill, asked.tolist(), *(column[places].tolist() for column in columns)))

    def aggregated(
        self, slot: int, limit: int, order: int | None = None, start_ms: int | None = None, end_ms: int | None = None
    ) -> list[Fill]:
        """The trades of at most *limit* aggregate trades, oldest first.

        From the one numbered *order* or from *start_ms* on, else the newest; none after *end_ms*. An aggregate trade of
        which the beginning is not remembered is left out.
        """
        begin, kept = int(self._begins[slot]), int(self._kept[slot])
        known = self.remembered(slot)
        if known.start != int(self._since[slot]) and known:
            cut = int(self._order[begin + known.start % kept])
            known = known[self._seek(slot, known, self._order, cut + 1) :]
        if end_ms is not None:
            known = known[: self._seek(slot, known, self._time, end_ms + 1)]
        if start_ms is not None:
            known = known[self._seek(slot, known, self._time, start_ms) :]
        if order is not None:
            known = known[self._seek(slot, known, self._order, order) :]
        if not known:
            return []
        if order is None and start_ms is None:
            newest = int(self._order[begin + known[-1] % kept])
            return self.fills(slot, known[self._seek(slot, known, self._order, newest - limit + 1) :])
        oldest = int(self._order[begin + known[0] % kept])
        return self.fills(slot, known[: self._seek(slot, known, self._order, oldest + limit)])

    def _seek(self, slot: int, numbers: range, column: Ints, value: int) -> int:
        """How many of *numbers* have less than *value* in a column that grows with the number."""
        begin, kept = int(self._begins[slot]), int(self._kept[slot])
        return bisect_left(numbers, value, key=lambda number: int(column[begin + number % kept]))
