"""The candles of a trial: decoded columns that all trials of a machine share, else the files themselves."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.cache import Cache, Columns
from tidemark.backtest.data.dataset import Dataset, digest, find
from tidemark.backtest.data.merge import streamed
from tidemark.backtest.data.places import place_of
from tidemark.backtest.runs.request import DataUsed
from tidemark.backtest.runs.source import Source
from tidemark.errors import DataError
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which candles, and where a worker finds them. cache: a folder of columns; None on machines that share no disk.

    Those look at the hash of what they find for themselves, once. instruments: as the sweep found them.
    """

    data: str
    markets: tuple[str, ...]
    timeframe: str
    digest: str
    instruments: tuple[Instrument, ...]
    cache: str | None


def where_of(source: Source, cache: Path | None) -> Where:
    """Where the candles of *source* are found."""
    used = source.used
    return Where(
        data=used.path, markets=used.markets, timeframe=used.timeframe, digest=used.digest,
        instruments=tuple(source.instruments()), cache=None if cache is None else str(cache),
    )  # fmt: skip


class TrialCandles:
    """A source of candles; see runs.source. *used* says from when to when."""

    def __init__(self, where: Where, used: DataUsed) -> None:
        self._dataset, self._columns = _opened(where.data, where.markets, where.timeframe, where.digest, where.cache)
        self._instruments = where.instruments
        self.used = used

    def instruments(self) -> Sequence[Instrument]:
        """See runs.source."""
        return self._instruments

    def bars(self, chunk: int) -> Iterator[Bars]:
        """See runs.source."""
        return self.since(self.used.begin, chunk)

    def since(self, begin: int, chunk: int) -> Iterator[Bars]:
        """Those from another time (ns) on."""
        end = self.used.end + 1
        if self._columns is not None:
            return self._columns.streamed(begin, end, chunk)
        return streamed(self._dataset, begin, end, chunk)

    def columns(self) -> Columns | None:
        """See runs.source."""
        return self._columns


# Sweeps take turns on the worker of a cluster: that of the last one stays open.
@lru_cache(maxsize=1)  # bounded: one
def _opened(
    data: str, markets: tuple[str, ...], timeframe: str, key: str, cache: str | None
) -> tuple[Dataset, Columns | None]:
    dataset = find(place_of(data), timeframe=Timeframe(timeframe), markets=markets)
    if cache is not None:
        return dataset, Cache(Path(cache)).columns(dataset, key)
    if digest(dataset) != key:
        raise DataError(f"{data} holds other candles on this machine than where the sweep was begun")
    return dataset, Cache(Path.home() / ".cache" / "tidemark" / "columns").columns(dataset, key)
