"""Files of labels: what is true of a series, as Parquet or JSON, one row an event; docs/reference/label-format.md.

Parquet is read a batch at a time, JSON whole. The rows of one series stand together, oldest first.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tidemark.errors import DECODE_ERRORS, CaptureError, StoreError
from tidemark.model.timeframe import Timeframe
from tidemark.sim.schematics.label import END, FAILED, KIND_OF, KINDS, NAMES, PHASE, TEMPLATES, Label

SCHEMA = pa.schema(
    [
        ("symbol", pa.string()), ("timeframe", pa.string()), ("event", pa.string()), ("direction", pa.int8()),
        ("time", pa.timestamp("ns", tz="UTC")), ("level", pa.float64()), ("phase", pa.string()),
        ("range_id", pa.int64()), ("template", pa.string()), ("ice", pa.float64()), ("creek", pa.float64()),
        ("source", pa.string()), ("reviewer", pa.string()), ("note", pa.string()),
    ]
)  # fmt: skip
# JSON is read whole: a file that people wrote.
MOST_JSON_BYTES = 8 << 20
# Written at once; read at once, since each label is a dozen objects for a moment.
BATCH_ROWS, READ_ROWS = 4096, 512
_EVENTS = {*KINDS, PHASE, END}
_PHASES = {"", "A", "B", "C", "D", "E"}
_TIMEFRAMES = {one.value for one in Timeframe}


class Row(msgspec.Struct, kw_only=True):
    """One row of a file, as it is written there; time is in ns, or text as ISO 8601 writes it in JSON."""

    symbol: str
    timeframe: str
    event: str
    time: int
    level: float = 0.0
    direction: int = 0
    phase: str = ""
    range_id: int = 0
    template: str = ""
    ice: float = 0.0
    creek: float = 0.0
    source: str = ""
    reviewer: str = ""
    note: str = ""


def read(file: Path) -> Iterator[Label]:
    """The labels of *file*, oldest first within each series; their bars are not known yet, `at` is -1.

    CaptureError names the first row, counted from 1, that is no label, and the value that is wrong in it.
    """
    rows = _json_rows(file) if file.suffix == ".json" else _parquet_rows(file)
    series, last = "", 0
    seen: set[str] = set()  # bounded: the series of the file
    for number, row in enumerate(rows, 1):
        label = checked(row, f"{file} row {number}")
        name = f"{label.symbol} {label.timeframe}"
        if name != series:
            if name in seen:
                raise CaptureError(f"{file} row {number}: {name} comes again; put the rows of one series together")
            seen.add(name)
            series, last = name, label.time
        if label.time < last:
            raise CaptureError(f"{file} row {number}: time {label.time} is before that of the row above; sort by time")
        last = label.time
        yield label


def checked(row: Row, where: str) -> Label:
    """The label that *row* writes; CaptureError says *where* it is wrong."""
    event, direction = KIND_OF.get(row.event, row.event), row.direction
    if event not in _EVENTS:
        raise CaptureError(f"{where}: event {row.event!r} is unknown; there are {', '.join([*KINDS, PHASE, END])}")
    sides = [side for side, name in zip((1, -1), NAMES.get(event, ()), strict=False) if row.event in (event, name)]
    if len(sides) == 1:
        direction = direction or sides[0]
        if direction not in sides:
            raise CaptureError(f"{where}: direction {direction} does not go with event {row.event!r}; leave it out")
    if direction not in (-1, 1) and not (event in (PHASE, END) and direction == 0):
        raise CaptureError(f"{where}: direction {row.direction} of event {row.event!r} is neither 1 nor -1")
    if row.timeframe not in _TIMEFRAMES:
        raise CaptureError(f"{where}: timeframe {row.timeframe!r} is unknown; there are {', '.join(_TIMEFRAMES)}")
    if not row.symbol:
        raise CaptureError(f"{where}: symbol '' is empty; write the market's name")
    if row.time <= 0:
        raise CaptureError(f"{where}: time {row.time} is before 1970; write the open time of the bar")
    if row.phase not in _PHASES or (event == PHASE and not row.phase):
        raise CaptureError(f"{where}: phase {row.phase!r} is none of A, B, C, D, E")
    if not math.isfinite(row.level) or (event not in (PHASE, END) and row.level <= 0):
        raise CaptureError(f"{where}: level {row.level} is no price")
    if row.template not in ("", *TEMPLATES, *FAILED):
        raise CaptureError(f"{where}: template {row.template!r} is unknown; there are {', '.join(TEMPLATES + FAILED)}")
    return Label(
        symbol=row.symbol, timeframe=row.timeframe, event=event, direction=direction, at=-1, time=row.time,
        level=row.level, phase=row.phase, range_id=row.range_id, template=row.template, ice=row.ice, creek=row.creek,
        source=row.source, reviewer=row.reviewer, note=row.note,
    )  # fmt: skip


class LabelWriter:
    """Writes labels to a Parquet file, a batch at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: list[Label] = []  # bounded: BATCH_ROWS and those of one block
        try:
            self._out = parquet.ParquetWriter(file, SCHEMA, compression="zstd", write_statistics=False)
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

    def add(self, labels: Sequence[Label]) -> None:
        """More of them."""
        self._held += labels
        if len(self._held) >= BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            columns: dict[str, Any] = {name: [getattr(one, name) for one in self._held] for name in SCHEMA.names}
            columns["time"] = np.array(columns["time"], np.int64).view("datetime64[ns]")
            self._out.write_table(pa.table(columns, schema=SCHEMA))
            self._held = []  # bounded: emptied


def write_json(file: Path, labels: Sequence[Label]) -> None:
    """Few labels as JSON, to be read and corrected by people."""
    rows = [{name: getattr(one, name) for name in SCHEMA.names} for one in labels]
    try:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error


def _json_rows(file: Path) -> Iterator[Row]:
    try:
        if file.stat().st_size > MOST_JSON_BYTES:
            raise CaptureError(f"{file} is larger than {MOST_JSON_BYTES >> 20} MB; write so many labels as Parquet")
        rows = msgspec.json.decode(file.read_bytes(), type=list[dict[str, Any]])
    except OSError as error:
        raise CaptureError(f"{file} cannot be read: {error.strerror}") from error
    except DECODE_ERRORS as error:
        raise CaptureError(f"{file} is no list of labels in JSON: {error}") from error
    for number, row in enumerate(rows, 1):
        yield _row(row, f"{file} row {number}")


def _parquet_rows(file: Path) -> Iterator[Row]:
    try:
        source = parquet.ParquetFile(file, pre_buffer=False, buffer_size=65_536)
    except (pa.ArrowInvalid, OSError) as error:
        raise CaptureError(f"{file} is no Parquet file of labels: {str(error).splitlines()[0]}") from error
    names = [name for name in SCHEMA.names if name in source.schema_arrow.names]
    stamp = source.schema_arrow.field("time").type if "time" in names else None
    if stamp is None or not pa.types.is_timestamp(stamp):
        raise CaptureError(f"{file} has no column `time` of timestamps; docs/reference/label-format.md has the columns")
    number = 0
    with source:
        for batch in source.iter_batches(READ_ROWS, columns=names, use_threads=False):
            columns = {name: batch.column(name) for name in names}
            # Arrow's own casts would load its compute module, ten megabytes.
            time = columns.pop("time").to_numpy(zero_copy_only=False).astype("datetime64[ns]").view(np.int64).tolist()
            for at, values in enumerate(zip(*(column.to_pylist() for column in columns.values()), strict=True)):
                number += 1
                told = {name: value for name, value in zip(columns, values, strict=True) if value is not None}
                yield _row({**told, "time": time[at]}, f"{file} row {number}")


def _row(row: dict[str, Any], where: str) -> Row:
    told = dict(row)
    time = told.get("time")
    try:
        if isinstance(time, str):
            told["time"] = int(msgspec.convert(time, type=dt.datetime).timestamp() * 1000) * 1_000_000
        return msgspec.convert(told, type=Row)
    except DECODE_ERRORS as error:
        wrong = str(error).partition("`$.")[2].rstrip("`")
        wrong = wrong or ("time" if isinstance(time, str) else "")
        value = f", {wrong} {row[wrong]!r}" if wrong in row else ""
        raise CaptureError(f"{where} is no label: {error}{value}") from error
