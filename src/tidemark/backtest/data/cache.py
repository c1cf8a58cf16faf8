"""Decoded columns of a dataset on disk, mapped into memory: what a sweep reads again and again.

    <folder>/<key>/whole.json          which market has how many candles, and the checksum of each file
    <folder>/<key>/000000.time.npy     of market 0: open times, int64 ns (n,)
    <folder>/<key>/000000.figures.npy  of market 0: open, high, low, close, volume, float64 (5, n)

A key is the hash of the dataset (`dataset.digest`). What is there is whole: it is written beside its place and renamed.
Files that are cut or damaged are found by their checksums, and made anew. What was used longest ago goes first where
all of it is more than the limit; whoever still reads that keeps it until then.

Memory: the pages that are read, which the system takes back as it likes.
"""

import os
import shutil
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import msgspec
import numpy as np

from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.backtest.data.dataset import Dataset
from tidemark.backtest.data.mapped import Mapped, Writer
from tidemark.backtest.data.merge import market_rows, merged
from tidemark.backtest.data.stream import CHUNK_ROWS, stream
from tidemark.errors import DECODE_ERRORS, StoreError
from tidemark.units import GIB, MIB

MOST_BYTES = 4 * GIB
_ROW_BYTES = 8 * (1 + len(FIGURES))
_WHOLE = "whole.json"
_PARTIAL, _REMOVED = ".partial-", ".removed-"
_READ = MIB


class _Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: int
    time: int
    figures: int


class _Whole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    markets: list[_Market]


class _Columns(NamedTuple):
    time: Array
    figures: Array
    files: tuple[Mapped, ...] = ()


class Columns:
    """The decoded columns of a dataset.

    Memory: what is being read. `stream` lets go what it gave when it is asked for more; whoever reads elsewhere calls
    `release` from time to time.
    """

    def __init__(self, mapped: list[_Columns]) -> None:
        self._mapped = mapped

    @classmethod
    def of(cls, markets: Sequence[Bars]) -> "Columns":
        """Those of candles that are in memory, of each market."""
        return cls([
            _Columns(bars.open_time, np.stack([getattr(bars, name) for name in FIGURES])) for bars in markets
        ])  # fmt: skip

    @property
    def markets(self) -> int:
        """How many there are."""
        return len(self._mapped)

    @property
    def rows(self) -> int:
        """Candles of all markets."""
        return sum(len(one.time) for one in self._mapped)

    def market(self, market: int, begin: int | None = None, end: int | None = None) -> Bars:
        """All candles of a market from *begin* to before *end* (ns), over the mapped memory: nothing is copied."""
        time, figures, _ = self._mapped[market]
        low = 0 if begin is None else int(np.searchsorted(time, begin))
        high = len(time) if end is None else int(np.searchsorted(time, end))
        return Bars(
            market=np.broadcast_to(np.int32(market), high - low), open_time=time[low:high],
            **{name: figures[row, low:high] for row, name in enumerate(FIGURES)},
        )  # fmt: skip

    def stream(
        self, market: int, begin: int | None = None, end: int | None = None, rows: int = CHUNK_ROWS
    ) -> Iterator[Bars]:
        """The same, at most *rows* at a time."""
        whole = self.market(market, begin, end)
        for at in range(0, len(whole), rows):
            yield whole.part(at, min(at + rows, len(whole)))
            self.release(market)

    def release(self, market: int) -> None:
        """Let go what was read of a market: it is read again from its file where somebody still needs it."""
        for file in self._mapped[market].files:
            file.release()

    def streamed(self, begin: int | None = None, end: int | None = None, rows: int = CHUNK_ROWS) -> Iterator[Bars]:
        """All markets in order of time. One market is not copied."""
        share = market_rows(self.markets, rows)
        if self.markets == 1:
            return self.stream(0, begin, end, rows)
        return merged([self.stream(market, begin, end, share) for market in range(self.markets)], rows)


class Cache:
    """A folder of decoded columns, of at most *most_bytes*."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes

    def columns(self, dataset: Dataset, key: str) -> Columns | None:
        """The columns of *dataset*, whose hash is *key*: those that are there, else they are made.

        None where they are larger than all that may be kept. DataError where the dataset has a row that is no candle,
        StoreError where the disk does not take them.
        """
        place = self._folder / key
        found = _opened(place)
        if found is not None:
            os.utime(place)
            return found
        if dataset.rows * _ROW_BYTES > self._most:
            return None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _discard(place)
            self._make_room(dataset.rows * _ROW_BYTES)
            _make(dataset, place)
        except OSError as error:
            raise StoreError(
                f"the cache of columns in {self._folder} cannot be written: {error.strerror or error}; make room there,"
                " or name another folder"
            ) from error
        return _opened(place)

    def held(self) -> int:
        """Bytes of all that is kept."""
        return sum(_size(entry) for entry in self._entries())

    def _entries(self) -> list[Path]:
        """What is kept, that which was used longest ago first."""
        try:
            found = [Path(entry.path) for entry in os.scandir(self._folder) if entry.is_dir()]
        except FileNotFoundError:
            return []
        return sorted((one for one in found if not one.name.startswith(".")), key=lambda one: one.stat().st_mtime_ns)

    def _make_room(self, wanted: int) -> None:
        entries = self._entries()
        sizes = [_size(entry) for entry in entries]
        held = sum(sizes)
        for entry, size in zip(entries, sizes, strict=True):
            if held + wanted <= self._most:
                return
            _discard(entry)
            held -= size


def _opened(place: Path) -> Columns | None:
    """What is at *place*; None where there is nothing, or it is not as it was written."""
    try:
        whole = msgspec.json.decode((place / _WHOLE).read_bytes(), type=_Whole)
        return Columns([_mapped(place, number, market) for number, market in enumerate(whole.markets)])
    except (OSError, ValueError, *DECODE_ERRORS):
        return None


def _mapped(place: Path, number: int, market: _Market) -> _Columns:
    """The columns of a market. ValueError where they are not what was written."""
    time, figures = (_file(place, number, name) for name in ("time", "figures"))
    if not market.rows:
        return _Columns(np.zeros(0, np.int64), np.zeros((len(FIGURES), 0)))
    if (_checksum(time), _checksum(figures)) != (market.time, market.figures):
        raise ValueError(f"{place} is damaged")
    times, columns = Mapped(time), Mapped(figures)
    if times.array.shape != (market.rows,) or columns.array.shape != (len(FIGURES), market.rows):
        raise ValueError(f"{place} has other shapes than were written")
    return _Columns(times.array, columns.array, (times, columns))


def _make(dataset: Dataset, place: Path) -> None:
    """Decode all of *dataset*, beside *place* until it is whole."""
    beside = Path(mkdtemp(dir=place.parent, prefix=_PARTIAL))
    try:
        markets = [_write(dataset, number, beside) for number in range(len(dataset.markets))]
        (beside / _WHOLE).write_bytes(msgspec.json.encode(_Whole(markets=markets)))
        try:
            beside.rename(place)
        except OSError:
            # Another process was faster with the same.
            if not (place / _WHOLE).exists():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(dataset: Dataset, market: int, folder: Path) -> _Market:
    rows = sum(part.rows for part in dataset.of(market))
    if not rows:
        return _Market(rows=0, time=0, figures=0)
    time, figures = (_file(folder, market, name) for name in ("time", "figures"))
    with (
        Writer(time, np.int64, (rows,)) as times,
        Writer(figures, np.float64, (len(FIGURES), rows)) as columns,
    ):
        for bars in stream(dataset, market):
            times.put((bars.open_time,))
            columns.put([getattr(bars, name) for name in FIGURES])
    return _Market(rows=rows, time=_checksum(time), figures=_checksum(figures))


def _file(folder: Path, market: int, name: str) -> Path:
    return folder / f"{market:06}.{name}.npy"


def _checksum(path: Path) -> int:
    total = 0
    with path.open("rb", buffering=0) as file:
        while data := file.read(_READ):
            total = zlib.crc32(data, total)
    return total


def _size(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in os.scandir(folder))
    except FileNotFoundError:
        return 0


def _discard(place: Path) -> None:
    """Take a folder away at once; what is mapped of it stays with those that map it."""
    if not place.exists():
        return
    away = Path(mkdtemp(dir=place.parent, prefix=_REMOVED))
    try:
        place.rename(away / place.name)
    finally:
        shutil.rmtree(away, ignore_errors=True)
