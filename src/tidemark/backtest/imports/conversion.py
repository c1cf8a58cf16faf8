"""One file that others wrote becomes one of ours, and beside it stands whatever was no candle.

Nothing is left out in silence: a row is either in the one file or, with its line and a reason, in the other. Both are
written in blocks, so that a file may be larger than memory.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from tidemark.backtest.candle_files import FIGURES, TIMEFRAME_KEY
from tidemark.backtest.imports.continuity import Continuity, Gaps, Split
from tidemark.backtest.imports.csv_file import CsvFile
from tidemark.backtest.imports.json_file import JsonFile
from tidemark.backtest.imports.parquet_file import FeatherFile, ParquetFile
from tidemark.backtest.imports.rows import Block, Checker, Reason, by_symbol, rejected
from tidemark.backtest.imports.times import Times
from tidemark.errors import CaptureError, SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.store.atomic import write_whole
from tidemark.units import DAY, GIB, MILLISECOND, format_bytes

Array = npt.NDArray[Any]

MOST_BYTES = 16 * GIB
MOST_SYMBOLS = 20_000
MOST_BAD = 0.05
_MOST_VALUE = 200
_TOLD_SYMBOLS = 20
_TIME = pa.timestamp("ms", tz="UTC")
# By so many bytes the kind of a file is known.
_HEAD = 64
_PAGE = 65_536
Opened = CsvFile | FeatherFile | JsonFile | ParquetFile


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the user said: None is found out. most_bad: the share of rows that may be no candles."""

    out: Path
    timeframe: Timeframe | None = None
    symbol: str | None = None
    zone: ZoneInfo | None = None
    dates: str | None = None
    most_bad: float = MOST_BAD


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file. begin, end: open times (ns) of the first and the last candle.

    bad: rows that are in `quarantine`, None without one, by reason. symbols: the first of `symbol_count`. volume: which
    column it was read from, None where there was none; has_volume: whether any of it was above 0. ignored: columns that
    were not read. is_turned: whether the file began with the newest. splits: the first of `splits_found`.
    """

    file: str
    output: str
    quarantine: str | None
    timeframe: Timeframe
    symbols: tuple[str, ...]
    symbol_count: int
    rows: int
    candles: int
    bad: dict[str, int]
    begin: int
    end: int
    volume: str | None
    has_volume: bool
    ignored: tuple[str, ...]
    is_turned: bool
    gaps: Gaps
    splits: tuple[Split, ...]
    splits_found: int


class _Staged(msgspec.Struct, kw_only=True):
    """What is known of a file when all of it was read."""

    checker: Checker
    rows: int
    bad: Counter[Reason]
    is_turned: bool
    timeframe: Timeframe

    @property
    def candles(self) -> int:
        """Rows that are candles."""
        return self.rows - self.bad.total()


def convert(file: Path, wishes: Wishes, each: Callable[[float], None] = lambda _: None) -> Imported:
    """Import *file*; *each* is told how much of it was read, 0 to 1.

    CaptureError where it holds no candles, or too much else: the quarantine says what, and nothing else is written.
    """
    source = _opened(file, each)
    if wishes.symbol is not None and source.columns.symbol is not None:
        raise SettingsError(f"{file} says itself of which symbols its rows are; leave --symbol out")
    wishes.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=wishes.out, prefix=".import-") as name:
        stage, aside = Path(name) / "stage.parquet", Path(name) / "rejected.csv"
        staged = _stage(source, file, wishes, stage, aside)
        stem = f"{stem_of(file)}_{staged.timeframe.value}"
        output, quarantine = wishes.out / f"{stem}.parquet", wishes.out / f"{stem}.rejected.csv"
        _check_ours(output)
        if staged.bad:
            aside.replace(quarantine)
        else:
            quarantine.unlink(missing_ok=True)
        share = staged.bad.total() / staged.rows
        if not staged.candles or share > wishes.most_bad:
            told = ", ".join(f"{count:,} {reason.title}" for reason, count in staged.bad.most_common())
            raise CaptureError(
                f"{file}: {staged.bad.total():,} of {staged.rows:,} rows ({100 * share:.3g} %) are no candles, more"
                f" than {100 * wishes.most_bad:g} %: {told}; {quarantine} lists them; nothing was imported"
            )
        continuity = Continuity(staged.timeframe)
        totals = _Totals()
        write_whole(output, lambda place: _write(place, stage, staged, continuity, totals))
    symbols, volume = staged.checker.symbols, source.columns.figures[4]
    return Imported(
        file=str(file), output=str(output), quarantine=str(quarantine) if staged.bad else None,
        timeframe=staged.timeframe, symbols=tuple(symbols[:_TOLD_SYMBOLS]), symbol_count=len(symbols),
        rows=staged.rows, candles=staged.candles,
        bad={reason.title: count for reason, count in staged.bad.most_common()},
        begin=totals.begin, end=totals.end,
        volume=None if volume is None else source.columns.names[volume], has_volume=totals.volume > 0,
        ignored=source.columns.ignored, is_turned=staged.is_turned, gaps=continuity.gaps,
        splits=tuple(continuity.splits), splits_found=continuity.splits_found,
    )  # fmt: skip


def stem_of(file: Path) -> str:
    """The name of a file without ending and timeframe, under which it is written.

    >>> stem_of(Path("data/EURUSD_1h.csv"))
    'EURUSD'
    """
    names = "|".join(one.value for one in Timeframe)
    return re.sub(rf"(?<=.)[_-](?:{names})$", "", file.stem)


def market_of(file: Path) -> str:
    """The market by the name of a file: without timeframe, and without what exchanges and bots write behind that.

    >>> market_of(Path("BTCUSDT-1m-2024-01.csv")), market_of(Path("BTC_USDT_USDT-5m-futures.json"))
    ('BTCUSDT', 'BTC_USDT_USDT')
    """
    names = "|".join(one.value for one in Timeframe)
    return re.sub(rf"(?<=.)[_-](?:{names})(?:[_-](?:futures|spot|\d{{4}}-\d\d(?:-\d\d)?))?$", "", stem_of(file))


class _Totals(msgspec.Struct):
    """Gathered while candles are written."""

    begin: int = np.iinfo(np.int64).max
    end: int = np.iinfo(np.int64).min
    volume: float = 0.0


def _opened(file: Path, each: Callable[[float], None]) -> Opened:
    if not file.is_file():
        raise CaptureError(f"{file} is no file")
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise CaptureError(f"{file} has {format_bytes(size)}; at most {format_bytes(MOST_BYTES)} are read, so split it")
    with file.open("rb") as begun:
        head = begun.read(_HEAD)
    # By what stands in it: a name may say anything.
    if head.startswith(b"PAR1"):
        return ParquetFile(file, each)
    if head.startswith(b"ARROW1"):
        return FeatherFile(file, each)
    if head.startswith(b"FEA1"):
        raise CaptureError(f"{file} is Feather of the first version, which is not read; write it as Parquet or CSV")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        return JsonFile(file, each)
    return CsvFile(file, each)


def _stage(source: Opened, file: Path, wishes: Wishes, stage: Path, aside: Path) -> _Staged:
    """Read all rows: candles go to *stage*, in the order of the file, the others to *aside*."""
    blocks = source.blocks(Times(wishes.zone, wishes.dates), wishes.symbol or market_of(file))
    first = next(blocks, None)
    if first is None:
        raise CaptureError(f"{file} holds a header and no row")
    timeframe, is_turned = _spacing(first, file, wishes.timeframe)
    checker = Checker(timeframe, is_descending=is_turned, most_symbols=MOST_SYMBOLS)
    staged = _Staged(checker=checker, rows=0, bad=Counter(), is_turned=is_turned, timeframe=timeframe)
    schema = _schema(timeframe)
    with aside.open("w", encoding="utf-8", newline="") as told, parquet.ParquetWriter(stage, schema) as writer:
        lines = csv.writer(told, lineterminator="\n")
        lines.writerow(("line", "reason", "value"))
        for block in _followed(first, blocks):
            if timeframe is Timeframe.D1:
                _check_midnight(block, file, wishes.zone)
            times = checker.judge(block)
            if checker.has_too_many:
                raise CaptureError(f"{file} holds more than {MOST_SYMBOLS:,} symbols, which is more than are taken")
            for one in rejected(block, times):
                staged.bad[one.reason] += 1
                lines.writerow((one.line, one.reason.title, one.value[:_MOST_VALUE]))
            staged.rows += len(times)
            _write_rows(writer, schema, block, times)
    return staged


def _followed(first: Block, others: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield from others


def _spacing(block: Block, file: Path, wanted: Timeframe | None) -> tuple[Timeframe, bool]:
    """The timeframe, by the distance that most candles have, and whether the newest come first."""
    steps = [np.diff(block.walls[rows]) for _, rows in by_symbol(block.symbols, block.reasons == Reason.NONE)]
    distances = np.concatenate(steps) if steps else np.zeros(0, np.int64)
    distances = distances[distances != 0]
    is_turned = bool((distances < 0).sum() * 2 > len(distances))
    if not len(distances):
        if wanted is None:
            raise CaptureError(f"{file}: no two candles follow each other, so say --timeframe")
        return wanted, False
    values, counts = np.unique(np.abs(distances), return_counts=True)
    usual = int(values[counts.argmax()])
    if wanted is not None and usual < wanted.ns:
        raise CaptureError(f"{file}: most candles are {_length(usual)} apart, so they are none of {wanted.value}")
    chosen = wanted or next((one for one in Timeframe if one.ns == usual), None)
    if chosen is None:
        names = ", ".join(one.value for one in Timeframe)
        raise CaptureError(f"{file}: most candles are {_length(usual)} apart, which is none of {names}")
    return chosen, is_turned


def _length(ns: int) -> str:
    return f"{ns / DAY:g} days" if ns >= DAY else f"{ns / DAY * 1440:g} minutes"


def _check_midnight(block: Block, file: Path, zone: ZoneInfo | None) -> None:
    """A day's candle that is stamped at another hour of UTC belongs to one day or the next: somebody has to say."""
    if not block.tells_offset or zone is not None:
        return
    off = np.flatnonzero((block.reasons == Reason.NONE) & (block.walls % DAY != 0))
    if len(off):
        stamp = np.datetime64(int(block.walls[off[0]]), "ns").astype("datetime64[s]")
        raise CaptureError(
            f"{file}: line {int(block.lines[off[0]])} has a daily candle of {stamp}, which is no midnight; say whose"
            " days they are, like --timezone America/New_York"
        )


def _check_ours(output: Path) -> None:
    """A file of that name may be written anew if an import wrote it."""
    if not output.exists():
        return
    try:
        metadata = parquet.read_schema(output).metadata or {}
    except (pa.ArrowException, OSError):
        metadata = {}
    if TIMEFRAME_KEY not in metadata:
        raise CaptureError(f"{output} is there already, and no import wrote it; name another --out")


def _schema(timeframe: Timeframe) -> pa.Schema:
    prices = [(name, pa.float64()) for name in FIGURES]
    return pa.schema(
        [("ts", _TIME), *prices, ("symbol", pa.string())], metadata={TIMEFRAME_KEY: timeframe.value.encode()}
    )


def _write_rows(writer: parquet.ParquetWriter, schema: pa.Schema, block: Block, times: Array) -> None:
    good = np.flatnonzero(block.reasons == Reason.NONE)
    if not len(good):
        return
    columns = [
        pa.array(times[good] // MILLISECOND, pa.int64()).cast(_TIME),
        *(pa.array(figure[good]) for figure in block.figures),
        pa.array([block.symbols[at] for at in good.tolist()], pa.string()),
    ]
    writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _write(place: IO[bytes], stage: Path, staged: _Staged, continuity: Continuity, totals: _Totals) -> None:
    """The candles of *stage*, oldest first."""
    file = parquet.ParquetFile(stage)
    groups = range(file.num_row_groups)
    # Small pages, and no dictionaries of prices: a reader of many files holds some of each.
    with parquet.ParquetWriter(
        place, _schema(staged.timeframe), compression="zstd", data_page_size=_PAGE, use_dictionary=["symbol"]
    ) as writer:
        for group in reversed(groups) if staged.is_turned else groups:
            table = file.read_row_group(group)
            if staged.is_turned:
                table = table.take(pa.array(np.arange(table.num_rows)[::-1]))
            times = table["ts"].cast(pa.int64()).to_numpy() * MILLISECOND
            opened, close = table["open"].to_numpy(), table["close"].to_numpy()
            symbols = table["symbol"].to_pylist()
            for symbol, rows in by_symbol(symbols, np.ones(len(times), np.bool_)):
                continuity.take(symbol, times[rows], opened[rows], close[rows])
            totals.begin, totals.end = min(totals.begin, int(times.min())), max(totals.end, int(times.max()))
            totals.volume += float(table["volume"].to_numpy().sum())
            writer.write_table(table)
