"""One Parquet file of candles: which of its columns is what, what its row groups hold, and their rows in batches.

Memory: what Parquet says of its row groups, and while rows are read one batch and a page of each column.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tidemark.backtest.bars import FIGURES, Array
from tidemark.backtest.candle_files import TIMEFRAME_KEY
from tidemark.backtest.data.places import Place
from tidemark.backtest.imports.columns import columns_of
from tidemark.errors import CaptureError, DataError
from tidemark.units import DAY, MICROSECOND, MILLISECOND, SECOND

# What a column can stand for, by the words of `--column`.
ROLES = ("time", *FIGURES, "symbol", "timeframe")
# So many bytes of a column are read at a time: whole columns of large row groups would be held otherwise.
READ_BYTES = 65_536
_SCAN_ROWS = 65_536
# How candles are written that are to be read in little memory: a reader holds a page of each column, and prices, which
# hardly repeat, would have a dictionary of a megabyte besides.
WRITING = {
    "compression": "zstd", "row_group_size": 65_536, "data_page_size": READ_BYTES, "use_dictionary": ["symbol"],
}  # fmt: skip
_UNITS = {"s": SECOND, "ms": MILLISECOND, "us": MICROSECOND, "ns": 1}
_UNITS_IN_PARQUET = {"milliseconds": MILLISECOND, "microseconds": MICROSECOND, "nanoseconds": 1}
# A count since the epoch is of seconds below this, of milliseconds below a thousand times that, and so on.
_SECONDS_BELOW = 10**11


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the columns that are read; None where there is none."""

    time: str
    figures: tuple[str, str, str, str, str | None]
    symbol: str | None
    timeframe: str | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Those that say whose candle a row is."""
        return tuple(name for name in (self.symbol, self.timeframe) if name is not None)


class Stretch(NamedTuple):
    """Candles of one market and timeframe in one row group: how many, and the open times (ns) of first and last.

    symbol, timeframe: None where no column says them.
    """

    symbol: str | None
    timeframe: str | None
    rows: int
    first: int
    last: int


class Rows(NamedTuple):
    """Rows as they stand in the file. numbers: from 1. times: int64 ns. figures: float64, one array of each FIGURES."""

    numbers: Array
    times: Array
    figures: dict[str, Array]


class NoCandlesError(DataError):
    """A file that holds other things."""


class Source:
    """An open file. Use it in `with`. columns: names by ROLES, where they are not to be found out.

    DataError where the file cannot be read, NoCandlesError where it lacks a column.
    """

    def __init__(self, path: Place, columns: Mapping[str, str]) -> None:
        self.path = path
        self._handle: BinaryIO | None = None
        keys = {"symbol", "timeframe", *(columns[role] for role in ("symbol", "timeframe") if role in columns)}
        try:
            self._handle = None if isinstance(path, Path) else path.open()
            where = path if self._handle is None else self._handle
            self._metadata = parquet.read_metadata(where)
            stored = [self._metadata.schema.column(at) for at in range(self._metadata.num_columns)]
            # Names as numbers: each is there once, and rows are compared by what is small.
            texts = [one.path for one in stored if one.path in keys and one.physical_type == "BYTE_ARRAY"]
            self._file = parquet.ParquetFile(
                where, metadata=self._metadata, pre_buffer=False, buffer_size=READ_BYTES, read_dictionary=texts
            )
        except FileNotFoundError as error:
            raise DataError(f"{path} is not there") from error
        except (pa.ArrowException, OSError, UnicodeError) as error:
            raise self._unreadable(error) from error
        self._schema = self._file.schema_arrow
        self._places = {one.path: at for at, one in enumerate(stored)}
        self.layout = _layout(path, self._schema.names, columns)
        self._check_types()
        self._unit = self._time_unit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._handle is not None:
            self._handle.close()

    @property
    def told(self) -> str | None:
        """The timeframe that the file as a whole says."""
        name = (self._schema.metadata or {}).get(TIMEFRAME_KEY)
        return None if name is None else name.decode(errors="replace")

    @property
    def is_empty(self) -> bool:
        """Whether it has no row."""
        return int(self._metadata.num_rows) == 0

    @property
    def groups(self) -> int:
        """How many row groups there are."""
        return int(self._metadata.num_row_groups)

    def rows_before(self, group: int) -> int:
        """How many rows stand above a row group."""
        return sum(self._metadata.row_group(at).num_rows for at in range(group))

    def stretches(self) -> Iterator[Stretch]:
        """What the row groups hold, by their statistics; names and times are read where those do not say."""
        for group in range(self.groups):
            rows = self._metadata.row_group(group).num_rows
            if not rows:
                continue
            span = self.span(group)
            keys = {name: self._only(group, name) for name in self.layout.keys}
            if span is None or None in keys.values():
                yield from self._counted(group)
                continue
            symbol, timeframe = (keys.get(name or "") for name in (self.layout.symbol, self.layout.timeframe))
            yield Stretch(symbol, timeframe, rows, *span)

    def span(self, group: int) -> tuple[int, int] | None:
        """The first and the last open time (ns) of a row group, None where its statistics do not say."""
        at = self._places[self.layout.time]
        statistics = self._metadata.row_group(group).column(at).statistics
        unit = self._stored_unit(at)
        if statistics is None or not statistics.has_min_max or unit is None:
            return None
        return int(statistics.min_raw) * unit, int(statistics.max_raw) * unit

    def may_hold(self, group: int, symbol: str | None, timeframe: str | None) -> bool:
        """False where statistics prove that no row of a row group is of this market and timeframe."""
        for name, wanted in ((self.layout.symbol, symbol), (self.layout.timeframe, timeframe)):
            if name is None or wanted is None:
                continue
            statistics = self._metadata.row_group(group).column(self._places[name]).statistics
            if statistics is not None and statistics.has_min_max and not statistics.min <= wanted <= statistics.max:
                return False
        return True

    def read(self, group: int, rows: int, symbol: str | None, timeframe: str | None) -> Iterator[Rows]:
        """The rows of a row group that are of this market and timeframe, at most *rows* at a time.

        A value that is missing is NaN; a time that is missing is refused.
        """
        before = self.rows_before(group)
        pairs = dict(zip(FIGURES, self.layout.figures, strict=True))
        wanted = [(self.layout.symbol, symbol), (self.layout.timeframe, timeframe)]
        keys = {name: text for name, text in wanted if name is not None and text is not None}
        names = [self.layout.time, *(name for name in pairs.values() if name is not None), *keys]
        for batch in self._batches(group, rows, names):
            numbers = np.arange(before + 1, before + batch.num_rows + 1)
            before += batch.num_rows
            times = self._times(batch.column(self.layout.time), numbers)
            figures = {
                role: np.zeros(len(numbers)) if name is None else _numbers(batch.column(name))
                for role, name in pairs.items()
            }
            is_mine = np.ones(len(numbers), np.bool_)
            for name, text in keys.items():
                is_mine &= _is(batch.column(name), text)
            if not is_mine.all():
                numbers, times = numbers[is_mine], times[is_mine]
                figures = {role: column[is_mine] for role, column in figures.items()}
            if len(numbers):
                yield Rows(numbers, times, figures)

    def first_times(self) -> Array:
        """The open times (ns) of the market that comes first, as far as the first batch goes."""
        names = [self.layout.time, *self.layout.keys]
        for batch in self._batches(0, _SCAN_ROWS, names) if self.groups else ():
            times = self._times(batch.column(self.layout.time), np.arange(1, batch.num_rows + 1))
            for name in self.layout.keys:
                times = times[_is(batch.column(name), str(batch.column(name)[0]))]
            return times
        return np.zeros(0, np.int64)

    def _counted(self, group: int) -> Iterator[Stretch]:
        found: dict[tuple[str | None, ...], Stretch] = {}  # bounded: markets and timeframes of one row group
        before = self.rows_before(group)
        for batch in self._batches(group, _SCAN_ROWS, [self.layout.time, *self.layout.keys]):
            times = self._times(batch.column(self.layout.time), np.arange(before + 1, before + batch.num_rows + 1))
            before += batch.num_rows
            for key, mine in self._by_key(batch):
                here = times[mine]
                rows, first, last = len(here), int(here.min()), int(here.max())
                held = found.get(key)
                if held is not None:
                    rows, first, last = rows + held.rows, min(first, held.first), max(last, held.last)
                found[key] = Stretch(key[0], key[1], rows, first, last)
        yield from found.values()

    def _by_key(self, batch: pa.RecordBatch) -> Iterator[tuple[tuple[str | None, str | None], Array]]:
        codes = np.zeros(batch.num_rows, np.int64)
        words: list[list[str | None]] = []
        for name in (self.layout.symbol, self.layout.timeframe):
            if name is None:
                words.append([None])
                continue
            column = _encoded(batch.column(name))
            if column.null_count:
                raise DataError(f"{self.path}: column {name!r} does not say everywhere whose candle a row is")
            words.append(column.dictionary.to_pylist())
            codes = codes * len(words[-1]) + column.indices.to_numpy(zero_copy_only=False)
        for code in np.unique(codes).tolist():
            symbol, timeframe = divmod(code, len(words[1]))
            yield (words[0][symbol], words[1][timeframe]), codes == code

    def _batches(self, group: int, rows: int, names: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._file.iter_batches(rows, row_groups=[group], columns=names, use_threads=False)
        except (pa.ArrowException, OSError, UnicodeError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> DataError:
        said = " ".join(str(error).split())[:160]
        return DataError(
            f"{self.path} cannot be read as Parquet: {said}; if it is of another kind, bring it in with tidemark data"
            " import, if it is damaged, get it again"
        )

    def _only(self, group: int, name: str) -> str | None:
        """The one word that all rows of a row group have; None where its statistics do not prove that."""
        statistics = self._metadata.row_group(group).column(self._places[name]).statistics
        if (
            statistics is None
            or not statistics.has_min_max
            or statistics.null_count
            or statistics.min != statistics.max
        ):
            return None
        return str(statistics.min)

    def _times(self, column: pa.Array, numbers: Array) -> Array:
        if column.null_count:
            row = int(numbers[np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0]])
            raise DataError(
                f"{self.path} row {row}: column {self.layout.time!r} is empty; bring the file in with tidemark data"
                " import, which sets such rows aside"
            )
        raw: Array = column.view(pa.int32() if pa.types.is_date32(column.type) else pa.int64()).to_numpy()
        return raw.astype(np.int64) * self._unit

    def _check_types(self) -> None:
        for name in self.layout.figures:
            kind = None if name is None else self._schema.field(name).type
            if kind is not None and not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
                raise DataError(
                    f"{self.path}: column {name!r} holds {kind}, and has to hold numbers; bring the file in with"
                    " tidemark data import"
                )
        for name in self.layout.keys:
            kind = self._schema.field(name).type
            if not pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind):
                raise DataError(f"{self.path}: column {name!r} holds {kind}, and has to hold names as text")

    def _time_unit(self) -> int:
        """How many nanoseconds one is in the column of times."""
        name = self.layout.time
        kind = self._schema.field(name).type
        if pa.types.is_timestamp(kind):
            return _UNITS[kind.unit]
        if pa.types.is_date32(kind):
            return DAY
        if kind != pa.int64():
            raise DataError(
                f"{self.path}: column {name!r} holds {kind}, and has to hold times (timestamps, or a count since 1970);"
                " bring the file in with tidemark data import"
            )
        first = next((int(batch.column(0)[0].as_py() or 0) for batch in self._some(name)), 0)
        unit = SECOND
        while unit > 1 and abs(first) >= _SECONDS_BELOW * (SECOND // unit):
            unit //= 1000
        return unit

    def _some(self, name: str) -> Iterator[pa.RecordBatch]:
        if self.groups:
            yield from self._batches(0, 1, [name])

    def _stored_unit(self, at: int) -> int | None:
        """How many nanoseconds one is in the statistics: a file may be stored in another unit than it is read in."""
        column = self._metadata.schema.column(at)
        logical = json.loads(column.logical_type.to_json())
        if column.physical_type == "INT32" and logical.get("Type") == "Date":
            return DAY
        if column.physical_type != "INT64":
            return None
        return _UNITS_IN_PARQUET.get(logical.get("timeUnit", ""), self._unit)


def _layout(path: Place, names: list[str], given: Mapping[str, str]) -> Layout:
    """Which column is what: as *given*, else as the files of an archive or an import have it, else by usual names."""
    missing = [f"{role}={name}" for role, name in given.items() if name not in names]
    if missing:
        told = ", ".join(names[:12])
        raise NoCandlesError(f"{path} has no column for {', '.join(missing)}; it has {told}")
    found = dict(given)
    for role in ROLES:
        if role in names:
            found.setdefault(role, role)
    time = next((name for name in ("ts", "open_time") if name in names), None)
    if time is not None:
        found.setdefault("time", time)
    if any(role not in found for role in ROLES[:5]):
        try:
            usual = columns_of(names, str(path))
        except CaptureError as error:
            raise NoCandlesError(f"{error}; say which is which, like --column time=ts,open=o") from error
        if len(usual.when) > 1:
            raise DataError(f"{path} has its times in {len(usual.when)} columns; bring it in with tidemark data import")
        found.setdefault("time", names[usual.when[0]])
        for role, at in zip(FIGURES, usual.figures, strict=True):
            if at is not None:
                found.setdefault(role, names[at])
        if usual.symbol is not None:
            found.setdefault("symbol", names[usual.symbol])
    opened, high, low, close = (found[name] for name in FIGURES[:4])
    return Layout(
        time=found["time"], figures=(opened, high, low, close, found.get("volume")), symbol=found.get("symbol"),
        timeframe=found.get("timeframe"),
    )  # fmt: skip


def _numbers(column: pa.Array) -> Array:
    # Arrow's own casts would load its compute module, ten megabytes.
    values: Array = column.to_numpy(zero_copy_only=False)
    return values.astype(np.float64, copy=False)


def _encoded(column: Any) -> Any:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _is(column: Any, text: str) -> Array:
    encoded = _encoded(column)
    words = encoded.dictionary.to_pylist()
    if text not in words:
        return np.zeros(len(column), np.bool_)
    codes: Array = encoded.indices.to_numpy(zero_copy_only=False)
    mine: Array = codes == words.index(text)
    return mine
