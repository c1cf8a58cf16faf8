"""Columns of numpy with a fixed number of rows per series."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tidemark.errors import OwnerError
from tidemark.memory.ledger import Reservation, Usage
from tidemark.memory.pages import release

# The Python objects around the arrays: measured by the calibration test, which fails when they outgrow this.
_OBJECT_BYTES = 2048
_COLUMN_BYTES = 512


class Ring:
    """The newest `rows` rows of each of `series` series, column by column.

    The row of absolute sequence number q is at index q % rows, so the rows (head - rows, head] are held, or [0, head]
    while fewer were written; a series that starts at a high sequence holds zeroed rows before its first one. Sequence
    numbers are not negative. Compiled kernels write straight into `columns` and `head`, whose callers have validated
    `series`; the methods here raise IndexError for one that is not there, -1 included.

    columns: name to array of shape (series, rows), C-contiguous. head: int64 of shape (series,), -1 when empty.
    Memory: all of it is allocated and touched here, so that RSS is final at the start. Readers get copies: a view of
    100 rows would keep the whole array alive. Under pressure a ring can be made shorter for a while (`resize`), and the
    pages of empty series can be given back (`release_empty`); the reservation stays.
    """

    columns: Mapping[str, NDArray[Any]]
    head: NDArray[np.int64]

    def __init__(self, owner: str, *, series: int, rows: int, columns: Mapping[str, DTypeLike]) -> None:
        self.reservation = self.reserve(owner, series=series, rows=rows, columns=columns)
        self.series = series
        self.rows = rows
        arrays = {name: np.empty((series, rows), dtype) for name, dtype in columns.items()}
        for array in arrays.values():
            array.fill(0)
        self._arrays = arrays
        self.columns = MappingProxyType(arrays)
        self.head = np.empty(series, np.int64)
        self.head.fill(-1)
        self._peak = 0
        self._evicted = 0
        self._rejected = 0

    @staticmethod
    def reserve(owner: str, *, series: int, rows: int, columns: Mapping[str, DTypeLike]) -> Reservation:
        """What such a ring will take; allocates nothing."""
        types = [np.dtype(dtype) for dtype in columns.values()]
        if series < 1 or rows < 1 or not types or any(dtype.hasobject for dtype in types):
            raise OwnerError(
                f"ring {owner!r} of {series} series, {rows} rows and columns {dict(columns)}: series, rows and columns"
                " are at least one, and no column holds Python objects"
            )
        return Reservation(
            owner=owner,
            kind="ring",
            capacity=series * rows,
            item_bytes=sum(dtype.itemsize for dtype in types),
            fixed_bytes=8 * series + _OBJECT_BYTES + _COLUMN_BYTES * len(types),
            policy="overwrites the oldest",
        )

    def append(self, series: int, **values: float) -> None:
        """Write the row after the newest; columns that are not named become zero."""
        self.put(series, self.held(series)[1], **values)

    def put(self, series: int, sequence: int, **values: float) -> bool:
        """Write the row of *sequence*.

        Newer than the newest: it becomes the newest, the rows skipped and the columns not named become zero. Held:
        the named columns are overwritten. Older than what is held: False, and counted as rejected.
        """
        newest = self.held(series)[1] - 1
        if sequence < 0 or sequence <= newest - self.rows:
            self._rejected += 1
            return False
        targets = [(self.columns[name], value) for name, value in values.items()]
        if sequence > newest:
            self._advance(series, newest, sequence)
        at = sequence % self.rows
        for column, value in targets:
            column[series, at] = value
        return True

    def _advance(self, series: int, newest: int, sequence: int) -> None:
        """Zero the rows (newest, sequence] and move the head."""
        fresh = min(sequence - newest, self.rows)
        held = min(newest + 1, self.rows)
        self._evicted += max(0, held + fresh - self.rows)
        at = (sequence - fresh + 1) % self.rows
        wrapped = max(0, at + fresh - self.rows)
        for column in self.columns.values():
            column[series, at : at + fresh - wrapped] = 0
            column[series, :wrapped] = 0
        self.head[series] = sequence

    def held(self, series: int) -> tuple[int, int]:
        """The sequence numbers held, as [first, end); equal when there are none."""
        self._check(series)
        end = int(self.head[series]) + 1
        return max(0, end - self.rows), end

    def last(self, series: int, count: int) -> dict[str, NDArray[Any]]:
        """Copies of the newest *count* rows, oldest first; fewer when fewer are held."""
        return self.window(series, self.held(series)[1] - count, count)

    def window(self, series: int, first_sequence: int, count: int) -> dict[str, NDArray[Any]]:
        """Copies of the rows [first_sequence, first_sequence + count) that are held, oldest first."""
        oldest, end = self.held(series)
        first = max(first_sequence, oldest)
        length = max(0, min(first_sequence + count, end) - first)
        at = first % self.rows
        wrapped = max(0, at + length - self.rows)
        straight = length - wrapped
        copies: dict[str, NDArray[Any]] = {}
        for name, column in self.columns.items():
            copy = np.empty(length, column.dtype)
            copy[:straight] = column[series, at : at + straight]
            copy[straight:] = column[series, :wrapped]
            copies[name] = copy
        return copies

    def clear(self, series: int) -> None:
        """Empty one series: its slot is free for another market."""
        self._check(series)
        self._peak = max(self._peak, self._count())
        for column in self.columns.values():
            column[series] = 0
        self.head[series] = -1

    def resize(self, rows: int) -> int:
        """Keep *rows* rows a series from now on, at most those reserved; give the bytes that went back to the system.

        The newest rows stay, as many as fit. `columns` are other arrays afterwards, in the same memory: whoever holds
        the ones before has to take them anew. Back at full size, all of it is touched again.
        """
        most = next(iter(self._arrays.values())).shape[1]
        if not 1 <= rows <= most:
            raise OwnerError(f"ring {self.reservation.owner!r} cannot have {rows} rows; it reserved {most}")
        self._peak = max(self._peak, self._count())
        kept = min(rows, self.rows)
        newest = self.head[:, None] - np.arange(kept)
        series, back = np.nonzero(newest >= 0)
        sequences = newest[series, back]
        columns: dict[str, NDArray[Any]] = {}
        released = 0
        for name, array in self._arrays.items():
            values = self.columns[name][series, sequences % self.rows]
            whole = array.reshape(-1)
            used = self.series * rows
            if rows < most:
                released += release(whole[used:])
            whole[:used] = 0
            columns[name] = whole[:used].reshape(self.series, rows)
            columns[name][series, sequences % rows] = values
        self.rows = rows
        self.columns = MappingProxyType(columns)
        return released

    def release_empty(self) -> int:
        """Give the pages of series that hold nothing back to the system; give how many bytes those were."""
        empty = np.concatenate(([False], self.head < 0, [False]))
        edges = np.flatnonzero(empty[1:] != empty[:-1]).reshape(-1, 2).tolist()
        return sum(release(column[first:end]) for column in self.columns.values() for first, end in edges)

    def _check(self, series: int) -> None:
        if not 0 <= series < self.series:
            raise IndexError(f"ring {self.reservation.owner!r} has no series {series}; it has {self.series}")

    def _count(self) -> int:
        return int(np.minimum(self.head + 1, self.rows).sum())

    def usage(self) -> Usage:
        """Rows held over all series. `evicted` counts the rows that `append` and `put` overwrote, not the kernels'."""
        used = self._count()
        self._peak = max(self._peak, used)
        return Usage(
            used=used,
            peak=self._peak,
            bytes_used=self.head.nbytes + sum(column.nbytes for column in self.columns.values()),
            evicted=self._evicted,
            rejected=self._rejected,
        )
