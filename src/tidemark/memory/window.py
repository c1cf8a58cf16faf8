"""Which trades were seen already, within a stated window per series."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tidemark.errors import OwnerError
from tidemark.kernels.dedup import mark_hashed, mark_numbered
from tidemark.memory.ledger import Reservation, Usage

# Fixed by the layout that the kernel works on.
_NUMBERED_IDS = 1024
_WORDS = _NUMBERED_IDS // 64
_ENTRIES = 2048
_GENERATION_IDS = 1536

_DUPLICATES, _STALE, _SHORT, _FORGOTTEN = range(4)
_OBJECT_BYTES = 4096


class Numbering(Enum):
    """What is known of a venue's trade ids: per market they only grow, or they are in no order."""

    NUMBERED = "numbered"
    HASHED = "hashed"


class DedupWindow:
    """Duplicate detection over trade ids, per series.

    NUMBERED: exact for the 1024 ids up to the highest; older is stale and taken as seen. About 136 bytes a series.
    HASHED: at least the last 1536 and at most 3072 ids; about 32 KiB a series. `short` counts how often ids were
    forgotten because a window was full: the guarantee is reported, not assumed.
    """

    def __init__(self, owner: str, *, numbering: Numbering, series: int) -> None:
        self.reservation = self.reserve(owner, numbering=numbering, series=series)
        self.numbering = numbering
        self.series = series
        self._counters = np.zeros(4, np.int64)
        numbered = series if numbering is Numbering.NUMBERED else 0
        hashed = series if numbering is Numbering.HASHED else 0
        self._highest = np.empty(numbered, np.int64)
        self._bits = np.empty((numbered, _WORDS), np.uint64)
        self._table = np.empty((hashed, _ENTRIES, 2), np.uint64)
        self._held = np.empty((hashed, 2), np.int32)
        self._current = np.empty(hashed, np.uint8)
        self._highest.fill(-1)
        for array in (self._bits, self._table, self._held, self._current):
            array.fill(0)
        self._peak = 0

    @staticmethod
    def reserve(owner: str, *, numbering: Numbering, series: int) -> Reservation:
        """What such a window will take; allocates nothing. Its items are ids."""
        if series < 1:
            raise OwnerError(f"window {owner!r} of {series} series: there is at least one")
        if numbering is Numbering.NUMBERED:
            return Reservation(
                owner=owner,
                kind="window",
                capacity=series * _NUMBERED_IDS,
                item_bytes=1 / 8,
                fixed_bytes=8 * series + _OBJECT_BYTES,
                policy="takes older ids as seen, and counts them",
            )
        return Reservation(
            owner=owner,
            kind="window",
            capacity=series * 2 * _GENERATION_IDS,
            item_bytes=8 * _ENTRIES / _GENERATION_IDS,
            fixed_bytes=9 * series + _OBJECT_BYTES,
            policy="forgets the oldest generation, and counts it",
        )

    def mark(self, slot: NDArray[np.int32], trade_id: NDArray[np.uint64], count: int, fresh: NDArray[np.uint8]) -> int:
        """Write 1 into `fresh` where an id is new, else 0; give the number of rows that are not new.

        Rows [0, count) are read in order; the caller has made sure that every slot is a series of this window.
        """
        if not 0 <= count <= min(len(slot), len(trade_id), len(fresh)):
            raise IndexError(f"{count} rows of {len(slot)} slots, {len(trade_id)} ids and {len(fresh)} marks")
        if self.numbering is Numbering.NUMBERED:
            return int(mark_numbered(self._highest, self._bits, slot, trade_id, count, fresh, self._counters))
        return int(mark_hashed(self._table, self._held, self._current, slot, trade_id, count, fresh, self._counters))

    def clear(self, series: int) -> None:
        """Forget the ids of one series: its slot is free for another market."""
        if not 0 <= series < self.series:
            raise IndexError(f"window {self.reservation.owner!r} has no series {series}; it has {self.series}")
        self._peak = max(self._peak, self._count())
        if self.numbering is Numbering.NUMBERED:
            self._highest[series] = -1
            self._bits[series] = 0
        else:
            self._table[series] = 0
            self._held[series] = 0
            self._current[series] = 0

    @property
    def duplicates(self) -> int:
        """Rows whose id was known exactly."""
        return int(self._counters[_DUPLICATES])

    @property
    def stale(self) -> int:
        """Rows older than the window, taken as seen."""
        return int(self._counters[_STALE])

    @property
    def short(self) -> int:
        """Windows cut short: how often a generation of ids was forgotten to make room."""
        return int(self._counters[_SHORT])

    def _count(self) -> int:
        if self.numbering is Numbering.NUMBERED:
            return int(np.bitwise_count(self._bits).sum(dtype=np.int64))
        return int(self._held.sum(dtype=np.int64))

    def usage(self) -> Usage:
        """Ids known now. `evicted` are ids forgotten, `rejected` are stale rows; the peak as far as looked at."""
        used = self._count()
        self._peak = max(self._peak, used)
        arrays = (self._highest, self._bits, self._table, self._held, self._current, self._counters)
        return Usage(
            used=used,
            peak=self._peak,
            bytes_used=sum(array.nbytes for array in arrays),
            evicted=int(self._counters[_FORGOTTEN]),
            rejected=self.stale,
        )
