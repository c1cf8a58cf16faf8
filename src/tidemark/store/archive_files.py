"""The files of the archive: their schema, and how rows are merged into one.

Only the writer process and the command line import this: pyarrow takes some 60 MB.

Candles, ordered by timeframe and open time: `timeframe` (text), `open_time` (UTC, ns), `open`, `high`, `low`, `close`
(float64, quote currency, whole multiples of `tick_size`), `volume`, `turnover`, `buy_volume` (float32, as the process
keeps them), `trades`, `origin` (text, as in model/candle.py; absent candles have no row), `revised`, `tick_size`.

Trades, in the order of their arrival: `ts_event`, `ts_recv` (UTC, ns), `trade_id` (the exchange's number, or a 64-bit
hash of its text), `sequence`, `price`, `size` (float64), `is_buy` (the aggressor's side).

The metadata of each file names the version of the schema. Compressed by zstd.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from tidemark.errors import StoreError
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.store.atomic import write_whole
from tidemark.store.journal import ROW_TYPE

VERSION = "1"
_VERSION_KEY = b"tidemark.schema_version"
_TIMEFRAMES = [timeframe.value for timeframe in Timeframe]
_ORIGINS = [origin.name.lower() for origin in Origin]
_TEXT = pa.dictionary(pa.int8(), pa.string())
_TIME = pa.timestamp("ns", tz="UTC")
_METADATA = {_VERSION_KEY: VERSION.encode()}
CANDLES = pa.schema(
    [
        ("timeframe", _TEXT),
        ("open_time", _TIME),
        ("open", pa.float64()),
        ("high", pa.float64()),
        ("low", pa.float64()),
        ("close", pa.float64()),
        ("volume", pa.float32()),
        ("turnover", pa.float32()),
        ("buy_volume", pa.float32()),
        ("trades", pa.int32()),
        ("origin", _TEXT),
        ("revised", pa.bool_()),
        ("tick_size", pa.float64()),
    ],
    metadata=_METADATA,
)
TRADES = pa.schema(
    [
        ("ts_event", _TIME),
        ("ts_recv", _TIME),
        ("trade_id", pa.uint64()),
        ("sequence", pa.int64()),
        ("price", pa.float64()),
        ("size", pa.float64()),
        ("is_buy", pa.bool_()),
    ],
    metadata=_METADATA,
)
# One market's candles in memory: a row of the journal, and its timeframe by number.
KEPT = np.dtype([("timeframe", "u1"), *[(name, ROW_TYPE[name]) for name in ROW_TYPE.names or ()]])
_PRICES = ("open", "high", "low", "close")
_SUMS = {"volume": "volume", "turnover": "turnover", "buy_volume": "bought"}

Rows = npt.NDArray[Any]


def kept(rows: Rows, timeframe: str) -> Rows:
    """Rows of the journal, with their timeframe."""
    made = np.zeros(len(rows), KEPT)
    made["timeframe"] = _TIMEFRAMES.index(timeframe)
    for name in ROW_TYPE.names or ():
        made[name] = rows[name]
    return made


def merge_candles(path: Path, rows: Rows) -> int:
    """Merge *rows* (KEPT) into the file; later rows replace earlier ones. Give how many rows it has then.

    StoreError when what the file has cannot be read. A row of an absent candle takes its candle away.
    """
    if path.exists():
        rows = np.concatenate([read_candles(path), rows])
    order = np.lexsort((np.arange(len(rows)), rows["open_time"], rows["timeframe"]))
    rows = rows[order]
    is_last = np.ones(len(rows), bool)
    is_last[:-1] = (np.diff(rows["timeframe"]) != 0) | (np.diff(rows["open_time"]) != 0)
    rows = rows[is_last]
    rows = rows[(rows["marks"] & 7) > 0]
    _write(path, _table(rows))
    return len(rows)


def read_candles(path: Path) -> Rows:
    """The candles of a file as rows (KEPT), with symbol 0. StoreError when it cannot be read."""
    table = _read(path, CANDLES)
    try:
        return _rows(table)
    except (KeyError, ValueError) as error:
        # Damage that no sum of Parquet shows: a word that is none of ours, an index without one.
        raise _unreadable(path, error) from error


def _rows(table: pa.Table) -> Rows:
    rows = np.zeros(table.num_rows, KEPT)
    ticks = _column(table, "tick_size")
    rows["timeframe"] = _codes(table, "timeframe", _TIMEFRAMES)
    rows["open_time"] = _column(table, "open_time").astype(np.int64)
    rows["tick_size"] = ticks
    for name in _PRICES:
        rows[name] = np.rint(_column(table, name) / ticks)
    for name, ours in _SUMS.items():
        rows[ours] = _column(table, name)
    revised, trades = _column(table, "revised").astype(np.uint32), _column(table, "trades").astype(np.uint32)
    rows["marks"] = _codes(table, "origin", _ORIGINS).astype(np.uint32) | revised << 3 | trades << 4
    return rows


def read_trades(path: Path) -> dict[str, Rows]:
    """The trades of a file, column by column; times in ns. StoreError when it cannot be read."""
    table = _read(path, TRADES)
    times = {"ts_event", "ts_recv"}
    return {
        name: _column(table, name).astype(np.int64) if name in times else _column(table, name) for name in TRADES.names
    }


def write_trades(path: Path, columns: dict[str, Rows]) -> None:
    """Write the trades of a file; times in ns."""
    _write(
        path, pa.table({name: pa.array(columns[name]).cast(TRADES.field(name).type) for name in TRADES.names}, TRADES)
    )


def count_rows(path: Path) -> int:
    """How many rows a file says that it has. StoreError when it does not say."""
    try:
        return int(parquet.read_metadata(path).num_rows)
    except (OSError, UnicodeError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def check(path: Path) -> int:
    """Read the whole file; give its rows. StoreError when it cannot be read."""
    return int(_read(path, None).num_rows)


def _table(rows: Rows) -> pa.Table:
    ticks = rows["tick_size"]
    inverse = 1.0 / ticks
    whole = np.rint(inverse)
    # 0.1 is meant as a tenth: dividing by ten gives the price that the exchange wrote, multiplying would not.
    units = np.where(np.abs(inverse - whole) < 1e-6 * inverse, whole, inverse)
    columns: dict[str, Any] = {
        "timeframe": pa.DictionaryArray.from_arrays(rows["timeframe"].astype(np.int8), _TIMEFRAMES),
        "open_time": pa.array(rows["open_time"]).cast(_TIME),
        **{name: rows[name] / units for name in _PRICES},
        **{name: np.ascontiguousarray(rows[ours]) for name, ours in _SUMS.items()},
        "trades": (rows["marks"] >> 4).astype(np.int32),
        "origin": pa.DictionaryArray.from_arrays((rows["marks"] & 7).astype(np.int8), _ORIGINS),
        "revised": (rows["marks"] & 8) > 0,
        "tick_size": np.ascontiguousarray(ticks),
    }
    return pa.table({name: columns[name] for name in CANDLES.names}, CANDLES)


def _write(path: Path, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd", store_schema=True)
    data = sink.getvalue()
    write_whole(path, lambda file: file.write(data))


def _read(path: Path, schema: pa.Schema | None) -> pa.Table:
    try:
        table = parquet.ParquetFile(path).read(use_threads=False)
    except (OSError, UnicodeError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    version = (table.schema.metadata or {}).get(_VERSION_KEY, b"none").decode(errors="replace")
    if version != VERSION or (schema is not None and not table.schema.equals(schema)):
        raise StoreError(f"{path} has schema version {version}, with other columns than this Tidemark's {VERSION}")
    return table


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}")


def _column(table: pa.Table, name: str) -> Rows:
    values: Rows = table.column(name).to_numpy()
    return values


def _codes(table: pa.Table, name: str, names: list[str]) -> Rows:
    """The numbers of the words of a column, in the order of *names*."""
    codes = {word: code for code, word in enumerate(names)}
    column = table.column(name).combine_chunks()
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [
        np.array([codes[word] for word in chunk.dictionary.to_pylist()], np.uint8)[chunk.indices.to_numpy()]
        for chunk in chunks
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.uint8)
