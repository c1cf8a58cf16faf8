"""Candles and the labels on them as files: written by the generator or by people, read in blocks.

Memory: one row group of candles, one batch of labels.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.errors import CaptureError, StoreError
from tidemark.model.timeframe import Timeframe
from tidemark.proof.accuracy import labels as label_files
from tidemark.proof.accuracy.labels import LabelWriter
from tidemark.proof.accuracy.tester import Series
from tidemark.sim.schematics.label import END, PHASE, Label
from tidemark.sim.schematics.market import Block

CANDLES, LABELS = "candles.parquet", "labels.parquet"
# What does not fit into the first file: PART0001.parquet and so on.
PART = "candles-"
PART_ROWS = 250_000
# Of a row group: a reader holds one whole. It reads so many bytes at a time.
ROWS = 4096
READ_BYTES = 65_536
FIGURES = ("open", "high", "low", "close", "volume")
SCHEMA = pa.schema(
    [
        ("symbol", pa.string()), ("timeframe", pa.string()), ("ts", pa.timestamp("ns", tz="UTC")),
        *((name, pa.float64()) for name in FIGURES),
    ]
)  # fmt: skip


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, and where."""

    candles: str
    labels: str
    bars: int
    series: int
    events: int
    ranges: int


class _CandleWriter:
    """Parts of *PART_ROWS*: what a file says of its row groups grows with it, and a reader holds all of that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[pa.Table] = []  # bounded: ROWS and one block
        self._rows = self._part = 0
        self._out = self._opened()

    def _opened(self) -> Any:
        file = self._folder / (f"{PART}{self._part:04}.parquet" if self._part else CANDLES)
        names = ["symbol", "timeframe"]
        try:
            return parquet.ParquetWriter(file, SCHEMA, compression="zstd", use_dictionary=names, write_statistics=False)
        except OSError as error:
            raise StoreError(f"{file} cannot be written: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._out.close()

    def add(self, series: Series, bars: Bars) -> None:
        count = len(bars.time)
        time = pa.array(bars.time.view("datetime64[ns]"), SCHEMA.field("ts").type)
        names = [pa.repeat(series.symbol, count), pa.repeat(series.timeframe.value, count)]
        columns = [*names, time, *(pa.array(getattr(bars, name)) for name in FIGURES)]
        self._held.append(pa.table(columns, schema=SCHEMA))
        self._rows += count
        if sum(len(table) for table in self._held) >= ROWS:
            self._flush()
        if self._rows >= PART_ROWS:
            self._flush()
            self._out.close()
            self._rows, self._part = 0, self._part + 1
            self._out = self._opened()

    def _flush(self) -> None:
        if self._held:
            self._out.write_table(pa.concat_tables(self._held))
            self._held = []  # bounded: emptied


def write(folder: Path, series: Iterable[Series], each: Callable[[int], None]) -> Written:
    """Write series and their labels to *folder*."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}; name another folder") from error
    # Of another truth that was here, nothing may be taken for a part of this one.
    for part in parts_of(folder / CANDLES)[1:]:
        part.unlink()
    bars = number = events = ranges = 0
    with _CandleWriter(folder) as candles, LabelWriter(folder / LABELS) as labels:
        for one in series:
            number += 1
            for block in one.blocks:
                candles.add(one, block.bars)
                labels.add(block.labels)
                bars += len(block.bars.time)
                events += sum(label.event not in (PHASE, END) for label in block.labels)
                ranges += sum(label.event == END for label in block.labels)
                each(bars)
    return Written(
        candles=str(folder / CANDLES),
        labels=str(folder / LABELS),
        bars=bars,
        series=number,
        events=events,
        ranges=ranges,
    )


def bars_in(file: Path) -> int:
    """How many candles *file* holds."""
    return sum(int(_opened(part).metadata.num_rows) for part in parts_of(file))


def parts_of(file: Path) -> list[Path]:
    """*file* and those that go on where it ends; only `candles.parquet` has such."""
    return [file, *(sorted(file.parent.glob(f"{PART}[0-9]*.parquet")) if file.name == CANDLES else ())]


def read(candles: Path, labels: Path) -> Iterator[Series]:
    """The series of *candles*, each with those of *labels* that lie on its bars.

    Both files have their series in the same order; a label of a bar that is not there is refused.
    """
    rows = _Rows(labels)
    batches = _Batches(candles)
    while batches.key is not None:
        symbol, timeframe = batches.key
        yield Series(symbol, _timeframe(candles, timeframe), _blocks(batches, rows, batches.key))
        batches.skip((symbol, timeframe))
    if rows.head is not None:
        raise CaptureError(
            f"{labels} row {rows.number}: {candles} has no candles of {rows.head.symbol} {rows.head.timeframe},"
            " or not in this order; sort both files by series"
        )


def _timeframe(file: Path, name: str) -> Timeframe:
    try:
        return Timeframe(name)
    except ValueError as error:
        known = ", ".join(one.value for one in Timeframe)
        raise CaptureError(f"{file} has candles of timeframe {name!r}, which is none; there are {known}") from error


class _Rows:
    """The labels of a file, one ahead."""

    def __init__(self, file: Path) -> None:
        self._rows = label_files.read(file)
        self.file = file
        self.number = 0
        self.head: Label | None = None
        self.next()

    def next(self) -> None:
        self.head = next(self._rows, None)
        self.number += 1


class _Batches:
    """The candles of a file: parts of row groups of one series each, one ahead."""

    def __init__(self, file: Path) -> None:
        self._parts = self._read(file)
        self.key: tuple[str, str] | None = None
        self.bars: Bars | None = None
        self.next()

    def next(self) -> None:
        self.key, self.bars = next(self._parts, (None, None))

    def skip(self, key: tuple[str, str]) -> None:
        """On to the next series, where nobody read this one to its end."""
        while self.key == key:
            self.next()

    @staticmethod
    def _read(file: Path) -> Iterator[tuple[tuple[str, str], Bars]]:
        for part in parts_of(file):
            source = _opened(part)
            missing = {field.name for field in SCHEMA} - set(source.schema_arrow.names)
            if missing:
                raise CaptureError(f"{part} has no column {', '.join(sorted(missing))}; candles with labels need it")
            with source:
                # One by one: over all of them at once, a reader keeps something of each that it is done with.
                for group in range(source.num_row_groups):
                    for batch in source.iter_batches(ROWS, row_groups=[group], columns=SCHEMA.names, use_threads=False):
                        yield from _split(batch)
            del source
            pa.default_memory_pool().release_unused()


def _opened(file: Path) -> Any:
    try:
        return parquet.ParquetFile(
            file, pre_buffer=False, buffer_size=READ_BYTES, read_dictionary=["symbol", "timeframe"]
        )
    except KeyError as error:
        raise CaptureError(f"{file} has no column {error.args[0].decode()}; candles with labels need it") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise CaptureError(f"{file} is no Parquet file of candles: {str(error).splitlines()[0]}") from error


def _split(batch: pa.RecordBatch) -> Iterator[tuple[tuple[str, str], Bars]]:
    names = [batch.column(name) for name in ("symbol", "timeframe")]
    codes = [name.indices.to_numpy() for name in names]
    changes = (np.flatnonzero((np.diff(codes[0]) != 0) | (np.diff(codes[1]) != 0)) + 1).tolist()
    # Arrow's own casts would load its compute module, ten megabytes.
    time = batch.column("ts").to_numpy(zero_copy_only=False).astype("datetime64[ns]").view(np.int64)
    figures = {name: batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in FIGURES}
    for begin, end in zip([0, *changes], [*changes, batch.num_rows], strict=True):
        if end > begin:
            key = (str(names[0][begin]), str(names[1][begin]))
            yield key, Bars(time=time[begin:end], **{name: column[begin:end] for name, column in figures.items()})


def _blocks(batches: _Batches, rows: _Rows, key: tuple[str, str]) -> Iterator[Block]:
    begin = 0
    while batches.key == key and batches.bars is not None:
        bars = batches.bars
        last = int(bars.time[-1])
        labels: list[Label] = []
        while rows.head is not None and (rows.head.symbol, rows.head.timeframe) == key and rows.head.time <= last:
            labels.append(_placed(rows, rows.head, bars, begin))
            rows.next()
        batches.next()
        yield Block(begin, bars, labels)
        begin += len(bars.time)
    while rows.head is not None and (rows.head.symbol, rows.head.timeframe) == key:
        if rows.head.event not in (PHASE, END):
            raise CaptureError(
                f"{rows.file} row {rows.number}: time {rows.head.time} is behind the last bar of {key[0]}"
            )
        rows.next()


def _placed(rows: _Rows, label: Label, bars: Bars, begin: int) -> Label:
    """The label at its bar; a phase that begins where bars are missing begins with the next one."""
    at = int(np.searchsorted(bars.time, label.time))
    if label.event not in (PHASE, END) and bars.time[at] != label.time:
        raise CaptureError(
            f"{rows.file} row {rows.number}: time {label.time} is no bar of {label.symbol} {label.timeframe}"
        )
    return msgspec.structs.replace(label, at=begin + at)
