"""Writes the journal of closed candles, within a bound on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.store.append import append_whole, cut
from tidemark.store.journal import ROW_TYPE, SUFFIX, block, blocks, segments, stamp, whole_bytes
from tidemark.store.position import is_archived, read_places
from tidemark.store.symbol_numbers import MOST, SYMBOL_BYTES, SymbolNumbers, TooManySymbolsError

# A timeframe is kept in so many segments, so that dropping the oldest drops little.
_SEGMENTS = 4
# The segments, the one being written, and what the writer process merges the older ones into.
_ON_DISK = (_SEGMENTS + 1) / _SEGMENTS + 1
Array = npt.NDArray[Any]


class JournalWriter:
    """Appends blocks of closed candles to the journal of one venue.

    rows: how many candles of each timeframe to keep, over all symbols; about a quarter more stays on disk, and as much
    again as the merged file of store/compact.py. All of it together is cut down, each timeframe by the same share, to
    what fits *max_bytes*. is_archived: whether an archive reads it; what goes before that is counted in `unarchived`.
    A full or broken disk does not stop the process: candles are then counted in `lost`, `failure` says why, and `owed`
    has the timeframes of which some were not written, each with the oldest open time (ns) of these.
    """

    def __init__(
        self, folder: Path, rows: Mapping[str, int], *, max_bytes: int, ledger: Ledger, is_archived: bool = False
    ) -> None:
        self.reservation = self.reserve()
        self.failure: str | None = None
        self.written = 0
        self.lost = 0
        self.unarchived = 0
        self.owed: dict[str, int] = {}  # bounded: the timeframes
        self._folder = folder
        self._is_archived = is_archived
        share = min(1.0, max_bytes / (sum(rows.values()) * ROW_TYPE.itemsize * _ON_DISK))
        self.rows = {timeframe: max(1, int(count * share)) for timeframe, count in rows.items()}
        self._segment_bytes = {
            timeframe: max(1, count // _SEGMENTS) * ROW_TYPE.itemsize for timeframe, count in self.rows.items()
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._numbers = SymbolNumbers(folder)
            self._open = {timeframe: self._last_segment(timeframe) for timeframe in rows}
        except OSError as error:
            raise StoreError(
                f"cannot keep the journal in {folder}: {error.strerror}; name another folder with store.folder, or"
                " switch the journal off with store.journal=false"
            ) from error
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What a journal takes in memory: the numbers of the symbols that it knows."""
        return Reservation(
            owner="journal",
            kind="map",
            capacity=MOST,
            item_bytes=SYMBOL_BYTES,
            fixed_bytes=4096,
            policy="writes no candles of a further symbol, and counts them",
        )

    def usage(self) -> Usage:
        """Symbols that have a number. `rejected` counts the candles that were not written."""
        known = len(self._numbers)
        return Usage(used=known, peak=known, bytes_used=4096 + known * SYMBOL_BYTES, rejected=self.lost)

    def offer(
        self, timeframe: str, names: list[str], open_times: Array, tick_sizes: Array, columns: Mapping[str, Array]
    ) -> None:
        """Write one block: entry i is the candle of `names[i]`. Never raises: what cannot be written is counted."""
        if timeframe not in self._segment_bytes or not names:
            return
        rows = np.zeros(len(names), ROW_TYPE)
        try:
            rows["symbol"] = [self._numbers.number(name) for name in names]
            rows["open_time"] = open_times
            rows["tick_size"] = tick_sizes
            for name, column in columns.items():
                rows[name] = column
            self._append(timeframe, block(rows), int(open_times.min()))
        except OSError as error:
            self.failure = f"{error.strerror} at {self._folder}"
            self.lost += len(names)
            if not isinstance(error, TooManySymbolsError):
                oldest = int(np.min(open_times))
                self.owed[timeframe] = min(oldest, self.owed.get(timeframe, oldest))
        else:
            self.failure = None
            self.written += len(names)

    def _append(self, timeframe: str, data: bytes, open_time: int) -> None:
        path = self._open[timeframe]
        size = path.stat().st_size if path is not None and path.exists() else 0
        if path is None or size >= self._segment_bytes[timeframe]:
            # The names are in the order of writing, also where a revision begins with an older candle.
            name = open_time if path is None else max(open_time, stamp(path) + 1)
            path, size = self._folder / f"{timeframe}-{name:019d}{SUFFIX}", 0
            self._open[timeframe] = path
            self._make_room(timeframe)
        append_whole(path, data, size)

    def _make_room(self, timeframe: str) -> None:
        """Remove the oldest segments; count those that the archive has not read."""
        gone = segments(self._folder, timeframe)[: -_SEGMENTS - 1]
        place = read_places(self._folder).get(timeframe) if gone and self._is_archived else None
        for old in gone:
            if self._is_archived and not is_archived(old, place):
                self.unarchived += sum(len(rows) for rows in blocks(old))
            old.unlink()

    def _last_segment(self, timeframe: str) -> Path | None:
        """The segment to go on with; what a crash left behind its last whole block is cut off."""
        last = segments(self._folder, timeframe)[-1:]
        if not last:
            return None
        cut(last[0], whole_bytes(last[0]))
        return last[0]
