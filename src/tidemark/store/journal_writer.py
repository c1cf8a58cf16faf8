"""Writes the journal of closed candles, within a bound on disk."""

import errno
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.store.journal import BLOCK, MAGIC, ROW_TYPE, SUFFIX, segments, symbols, whole_bytes

# A timeframe is kept in so many segments, so that dropping the oldest drops little.
_SEGMENTS = 4
# More symbols than any exchange has listed; a name, its number, and their entries in a list and a map.
_SYMBOLS = 8192
_SYMBOL_BYTES = 256
Array = npt.NDArray[Any]


class JournalWriter:
    """Appends blocks of closed candles to the journal of one venue.

    rows: how many candles of each timeframe to keep, over all symbols; about a quarter more stays on disk. All of it
    together is cut down, each timeframe by the same share, to what fits *max_bytes*.
    A full or broken disk does not stop the process: blocks are then counted in `lost`, and `failure` says why.
    """

    def __init__(self, folder: Path, rows: Mapping[str, int], *, max_bytes: int, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        self.failure: str | None = None
        self.written = 0
        self.lost = 0
        self._folder = folder
        share = min(1.0, max_bytes / (sum(rows.values()) * ROW_TYPE.itemsize * (_SEGMENTS + 1) / _SEGMENTS))
        self._segment_bytes = {
            timeframe: max(1, int(count * share) // _SEGMENTS) * ROW_TYPE.itemsize for timeframe, count in rows.items()
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._symbols = symbols(folder)
            self._symbols_bytes = sum(len(symbol.encode()) + 1 for symbol in self._symbols)
            _cut(folder / "symbols.txt", self._symbols_bytes)
            self._numbers = {symbol: number for number, symbol in enumerate(self._symbols)}
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
            capacity=_SYMBOLS,
            item_bytes=_SYMBOL_BYTES,
            fixed_bytes=4096,
            policy="writes no candles of a further symbol, and counts them",
        )

    def usage(self) -> Usage:
        """Symbols that have a number. `rejected` counts the candles that were not written."""
        known = len(self._symbols)
        return Usage(used=known, peak=known, bytes_used=4096 + known * _SYMBOL_BYTES, rejected=self.lost)

    def offer(
        self, timeframe: str, names: list[str], open_times: Array, tick_sizes: Array, columns: Mapping[str, Array]
    ) -> None:
        """Write one block: entry i is the candle of `names[i]`. Never raises: what cannot be written is counted."""
        if timeframe not in self._segment_bytes or not names:
            return
        rows = np.zeros(len(names), ROW_TYPE)
        try:
            rows["symbol"] = [self._number(name) for name in names]
            rows["open_time"] = open_times
            rows["tick_size"] = tick_sizes
            for name, column in columns.items():
                rows[name] = column
            self._append(timeframe, rows.tobytes(), int(open_times.min()))
        except OSError as error:
            self.failure = f"{error.strerror} at {self._folder}"
            self.lost += len(names)
        else:
            self.failure = None
            self.written += len(names)

    def _number(self, symbol: str) -> int:
        number = self._numbers.get(symbol)
        if number is None:
            number = len(self._symbols)
            if number >= _SYMBOLS:
                raise OSError(errno.EDQUOT, f"{_SYMBOLS} symbols are all that a journal knows")
            line = f"{symbol}\n".encode()
            _append_whole(self._folder / "symbols.txt", line, self._symbols_bytes)
            self._symbols_bytes += len(line)
            self._symbols.append(symbol)
            self._numbers[symbol] = number
        return number

    def _append(self, timeframe: str, body: bytes, open_time: int) -> None:
        path = self._open[timeframe]
        size = path.stat().st_size if path is not None and path.exists() else 0
        if path is None or size >= self._segment_bytes[timeframe]:
            # The names are in the order of writing, also where a revision begins with an older candle.
            stamp = open_time if path is None else max(open_time, _stamp(path) + 1)
            path, size = self._folder / f"{timeframe}-{stamp:019d}{SUFFIX}", 0
            self._open[timeframe] = path
            for old in segments(self._folder, timeframe)[: -_SEGMENTS - 1]:
                old.unlink()
        _append_whole(path, BLOCK.pack(MAGIC, zlib.crc32(body), len(body), 0) + body, size)

    def _last_segment(self, timeframe: str) -> Path | None:
        """The segment to go on with; what a crash left behind its last whole block is cut off."""
        last = segments(self._folder, timeframe)[-1:]
        if not last:
            return None
        _cut(last[0], whole_bytes(last[0]))
        return last[0]


def _stamp(segment: Path) -> int:
    stamp = segment.name.removesuffix(SUFFIX).rpartition("-")[2]
    return int(stamp) if stamp.isdecimal() else 0


def _append_whole(path: Path, data: bytes, size: int) -> None:
    """Append *data* to a file of *size* bytes; what a full disk cut short is taken back, and OSError says so."""
    with path.open("ab", buffering=0) as file:
        written = file.write(data)
    if written < len(data):
        _cut(path, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _cut(path: Path, size: int) -> None:
    if path.exists() and path.stat().st_size > size:
        with path.open("ab") as file:
            file.truncate(size)
