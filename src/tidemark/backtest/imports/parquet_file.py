"""Candles from Parquet, a part of a row group at a time, and from Feather, a batch at a time."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute, ipc, parquet

from tidemark.backtest.imports.columns import columns_of
from tidemark.backtest.imports.csv_file import stamps_of
from tidemark.backtest.imports.rows import Block, Reason
from tidemark.backtest.imports.times import Stamp, Times
from tidemark.errors import CaptureError

Array = npt.NDArray[Any]

_ROWS = 65_536


class ParquetFile:
    """A Parquet file, of which columns are known. each: told how much of it was read, 0 to 1."""

    def __init__(self, path: Path, each: Callable[[float], None]) -> None:
        self._path = path
        self._each = each
        schema = self._read_schema()
        self.columns = columns_of(schema.names, str(path))
        if len(set(schema.names)) < len(schema.names):
            raise CaptureError(f"{path} has two columns of the same name")

    def blocks(self, times: Times, symbol: str) -> Iterator[Block]:
        """The rows, in order; a line is a row here. symbol: that of files which do not say it."""
        names = [self.columns.names[at] for at in self.columns.read]
        done = 0
        try:
            for batch, share in self._batches(names):
                yield self._block(batch, done, times, symbol)
                done += batch.num_rows
                self._each(share)
        except (pa.ArrowException, OSError) as error:
            raise CaptureError(f"{self._path} cannot be read after {done:,} rows: {error}") from error

    def _read_schema(self) -> pa.Schema:
        try:
            return parquet.read_schema(self._path)
        except (pa.ArrowException, OSError) as error:
            raise CaptureError(f"{self._path} is no Parquet file that can be read: {error}") from error

    def _batches(self, names: list[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows, and how much of the file was read with them."""
        file = parquet.ParquetFile(self._path)
        done = 0
        for batch in file.iter_batches(batch_size=_ROWS, columns=names):
            done += batch.num_rows
            yield batch, done / max(1, file.metadata.num_rows)

    def _block(self, batch: pa.RecordBatch, done: int, times: Times, symbol: str) -> Block:
        count, names = batch.num_rows, self.columns.names
        reasons, texts = np.zeros(count, np.uint8), dict[int, str]()
        figures = np.zeros((5, count))
        for row, at in enumerate(self.columns.figures):
            if at is not None:
                figures[row] = _numbers(batch.column(names[at]), reasons, texts)
        whens = [batch.column(names[at]) for at in self.columns.when]
        stamps = self._stamps(whens, done, times, reasons, texts)
        place = self.columns.symbol
        symbols = [symbol] * count
        if place is not None:
            symbols = [str(one or "") for one in batch.column(names[place]).to_pylist()]
        return Block(
            lines=np.arange(done + 1, done + count + 1),
            instants=np.array([stamp.instant for stamp in stamps], np.int64),
            walls=np.array([stamp.wall for stamp in stamps], np.int64),
            figures=figures,
            symbols=symbols,
            reasons=reasons,
            texts=texts,
            tells_offset=any(stamp.tells_offset for stamp in stamps),
        )

    def _stamps(
        self, whens: list[pa.Array], done: int, times: Times, reasons: Array, texts: dict[int, str]
    ) -> list[Stamp]:
        kind = whens[0].type
        if len(whens) == 1 and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            zone = kind.tz if pa.types.is_timestamp(kind) else None
            read = times.of_wall if zone is None else partial(times.of_count, own=_zone(zone))
            column = whens[0].cast(pa.timestamp("ns", tz=zone), safe=False)
            return stamps_of(column.cast(pa.int64()).to_pylist(), read, reasons, texts)
        parts = [one.cast(pa.string()).to_pylist() for one in whens]
        written = [" ".join(part or "" for part in row) for row in zip(*parts, strict=True)]
        if done == 0:
            times.settle(written, str(self._path))
        return stamps_of(written, times.read, reasons, texts)


class FeatherFile(ParquetFile):
    """A Feather file (version 2, which is Arrow's own form): what freqtrade writes."""

    def _read_schema(self) -> pa.Schema:
        try:
            with ipc.open_file(self._path) as file:
                return file.schema
        except (pa.ArrowException, OSError) as error:
            raise CaptureError(f"{self._path} is no Feather file that can be read: {error}") from error

    def _batches(self, names: list[str]) -> Iterator[tuple[pa.RecordBatch, float]]:
        with pa.memory_map(str(self._path)) as mapped, ipc.open_file(mapped) as file:
            for number in range(file.num_record_batches):
                whole = file.get_batch(number).select(names)
                # A file may be one batch, and rows are worked on in lists.
                for begin in range(0, whole.num_rows, _ROWS):
                    yield whole.slice(begin, _ROWS), (number + 1) / file.num_record_batches


def _zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None for what is none, like an offset alone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _numbers(column: pa.Array, reasons: Array, texts: dict[int, str]) -> Array:
    kind = column.type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        raise CaptureError(f"a column of prices or volumes holds {kind}; it has to hold numbers")
    is_null = _nulls(column) & (reasons == Reason.NONE)
    reasons[is_null] = Reason.MISSING
    texts.update(dict.fromkeys(np.flatnonzero(is_null).tolist(), "null"))
    values: Array = compute.fill_null(column.cast(pa.float64(), safe=False), 0.0).to_numpy(zero_copy_only=False)
    return values


def _nulls(column: pa.Array) -> Array:
    nulls: Array = compute.is_null(column).to_numpy(zero_copy_only=False)
    return nulls
