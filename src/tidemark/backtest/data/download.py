"""Candles of an exchange, fetched over REST into files of a month or a year each.

    <out>/BTCUSDT_1m_2026-11.parquet       shorter than an hour
    <out>/BTCUSDT_1h_2026.parquet          an hour and longer

Each file is what `tidemark import` writes, and says besides which time was asked for. It is there whole or not at all,
so that a download that was stopped goes on behind the last one; one whose time was not over is completed. An exchange's
candles are taken as they are; of intervals without one there is no row.

Memory: the candles of one file.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tidemark.backtest.bars import FIGURES, Array
from tidemark.backtest.candle_files import TIMEFRAME_KEY
from tidemark.backtest.data.source import WRITING, Rows
from tidemark.backtest.data.stream import check
from tidemark.errors import DataError, StoreError
from tidemark.model.events import Kline
from tidemark.model.timeframe import Timeframe
from tidemark.store.atomic import write_whole
from tidemark.units import HOUR, MILLISECOND, SECOND

FROM_KEY, TO_KEY = b"tidemark.from", b"tidemark.to"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EARLIEST = np.iinfo(np.int64).min


class Klines(Protocol):
    """Who is asked for candles; a RestClient is one."""

    @property
    def klines_page(self) -> int:
        """Candles in one reply at most."""
        ...

    async def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> list[Kline]:
        """The candles of *limit* intervals from *start_ms* on, oldest first."""
        ...


class Downloaded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one market: candles that were fetched now, files that were written, and files that were there."""

    symbol: str
    candles: int
    written: tuple[str, ...]
    kept: int


class Period(msgspec.Struct, frozen=True):
    """The time of one file, as much of it as is wanted: from *begin* to before *end* (ns)."""

    name: str
    begin: int
    end: int


async def download(
    rest: Klines, symbol: str, timeframe: Timeframe, begin: int, end: int, out: Path,
    each: Callable[[int], None] = lambda _: None,
) -> Downloaded:  # fmt: skip
    """Fetch the closed candles of *symbol* that open from *begin* to before *end* (ns) and are not there yet.

    *each* is told how many intervals are done. StoreError where the disk does not take a file.
    """
    fetched = kept = done = 0
    written = []
    for period in periods(timeframe, begin, end):
        path = out / f"{quote(symbol, safe='')}_{timeframe.value}_{period.name}.parquet"
        intervals = (period.end - period.begin) // timeframe.ns
        asked = _asked(path, timeframe)
        if asked is not None and asked[0] <= period.begin and asked[1] >= period.end:
            kept += 1
        else:
            start, held = period.begin, None
            if asked is not None and asked[0] <= period.begin <= asked[1]:
                # What is there goes on where it ends; what begins too late is fetched anew.
                start, held = asked[1], _held(path)
            before = done + (start - period.begin) // timeframe.ns
            found, until = await _fetched(rest, symbol, timeframe, start, period.end, behind(each, before))
            low = period.begin if asked is None or held is None else asked[0]
            _write(path, symbol, timeframe, (low, until), held, found)
            fetched += len(found)
            written.append(str(path))
        done += intervals
        each(done)
    return Downloaded(symbol=symbol, candles=fetched, written=tuple(written), kept=kept)


def periods(timeframe: Timeframe, begin: int, end: int) -> Iterator[Period]:
    """The months, or for an hour and longer the years, from *begin* to before *end*, both cut to whole candles."""
    begin, end = -(-begin // timeframe.ns) * timeframe.ns, end // timeframe.ns * timeframe.ns
    while begin < end:
        date = _EPOCH + dt.timedelta(seconds=begin // SECOND)
        if timeframe.ns >= HOUR:
            name, after = f"{date:%Y}", dt.datetime(date.year + 1, 1, 1, tzinfo=dt.UTC)
        else:
            name = f"{date:%Y-%m}"
            after = dt.datetime(date.year + date.month // 12, date.month % 12 + 1, 1, tzinfo=dt.UTC)
        until = min(end, (after - _EPOCH).days * 24 * HOUR)
        yield Period(name, begin, until)
        begin = until


def behind(each: Callable[[int], None], before: int) -> Callable[[int], None]:
    """*each*, told what is done besides *before*."""
    return lambda done: each(before + done)


async def _fetched(
    rest: Klines, symbol: str, timeframe: Timeframe, begin: int, end: int, each: Callable[[int], None]
) -> tuple[list[Kline], int]:
    """Closed candles, and until when (ns) these are all: up to the first that is still open, else to *end*."""
    until = end
    found: list[Kline] = []  # bounded: the intervals of one file
    total = (end - begin) // timeframe.ns
    for done in range(0, total, rest.klines_page):
        count = min(rest.klines_page, total - done)
        start = begin + done * timeframe.ns
        page = await rest.klines(symbol, timeframe, start // MILLISECOND, count)
        until = min([until, *(one.open_time for one in page if not one.is_closed)])
        found += [one for one in page if one.is_closed and start <= one.open_time < start + count * timeframe.ns]
        each(done + count)
    return found, max(until, begin)


def _asked(path: Path, timeframe: Timeframe) -> tuple[int, int] | None:
    """From when to when (ns) a file was asked for; None where there is none. DataError where it is none of ours."""
    if not path.exists():
        return None
    try:
        metadata = parquet.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError):
        # Damaged, and under a name of ours: it is fetched anew.
        return None
    if metadata.get(TIMEFRAME_KEY) != timeframe.value.encode() or not {FROM_KEY, TO_KEY} <= metadata.keys():
        raise DataError(f"{path} is there already, and no download wrote it; name another --out")
    return int(metadata[FROM_KEY]), int(metadata[TO_KEY])


def _held(path: Path) -> pa.Table:
    try:
        return parquet.ParquetFile(path).read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:160]
        raise DataError(f"{path} is damaged: {said}; remove it, and it is fetched anew") from error


def _write(
    path: Path, symbol: str, timeframe: Timeframe, asked: tuple[int, int], held: pa.Table | None, found: list[Kline]
) -> None:
    times = np.array([one.open_time for one in found], np.int64)
    figures: dict[str, Array] = {name: np.array([getattr(one, name) for one in found], float) for name in FIGURES}
    if found:
        check(path, Rows(np.arange(1, len(found) + 1), times, figures), _EARLIEST)
    told = {
        TIMEFRAME_KEY: timeframe.value.encode(), FROM_KEY: str(asked[0]).encode(), TO_KEY: str(asked[1]).encode()
    }  # fmt: skip
    fields = [
        ("ts", pa.timestamp("ms", tz="UTC")),
        *((name, pa.float64()) for name in FIGURES),
        ("symbol", pa.string()),
    ]
    schema = pa.schema(fields, metadata=told)
    stamps = pa.array((times // MILLISECOND).view("datetime64[ms]"), schema.field("ts").type)
    columns = [stamps, *(pa.array(figures[name]) for name in FIGURES), pa.repeat(symbol, len(found)).cast(pa.string())]
    table = pa.Table.from_arrays(columns, schema=schema)
    if held is not None:
        table = pa.concat_tables([held.replace_schema_metadata(told), table])
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, **WRITING)
    data = sink.getvalue()
    try:
        write_whole(path, lambda file: file.write(data))
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}; what was fetched before is kept, and the same"
            " command goes on behind it"
        ) from error
