"""Round trips and equity of a run as a file of CSV or Parquet, a batch at a time, however many there are.

CSV has times as text, UTC, with as many digits as all of its times need, so that spreadsheets and data frames read
them; what a strategy wrote and a spreadsheet would take for a formula stands behind an apostrophe. Parquet has types,
and says in its metadata what it is of.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from pyarrow import parquet

import tidemark
from tidemark.backtest.runs.request import DataUsed, Settings
from tidemark.model.round_trip import RoundTrip
from tidemark.model.signal import Side
from tidemark.store.backtest_rows import Point, Run, points, trips
from tidemark.store.tables import BACKTEST_EQUITY, BACKTEST_TRIPS
from tidemark.units import MILLISECOND, SECOND

What = Literal["trips", "equity"]
Row = tuple[Any, ...]
BATCH = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TIME = pa.timestamp("ns", tz="UTC")
_PARQUET_TYPES: dict[type, Any] = {int: pa.int64(), float: pa.float64(), str: pa.string()}
# Names, with the types of their values; `at` marks a time in nanoseconds.
COLUMNS: dict[What, tuple[tuple[str, type, bool], ...]] = {
    "trips": (
        ("number", int, False), ("symbol", str, False), ("tag", str, False), ("side", str, False),
        ("quantity", float, False), ("entry_at", int, True), ("entry_price", float, False), ("exit_at", int, True),
        ("exit_price", float, False), ("exit", str, False), ("fees", float, False), ("funding", float, False),
        ("slippage", float, False), ("profit", float, False), ("risk", float, False), ("r", float, False),
        ("best", float, False), ("worst", float, False), ("bars", int, False), ("regime", str, False),
    ),
    "equity": (
        ("at", int, True), ("equity", float, False), ("cash", float, False), ("exposure", float, False),
        ("drawdown", float, False),
    ),
}  # fmt: skip
_TIMES: dict[What, tuple[Any, ...]] = {
    "trips": (BACKTEST_TRIPS.c.entry_at, BACKTEST_TRIPS.c.exit_at),
    "equity": (BACKTEST_EQUITY.c.at,),
}


def rows_of(connection: sa.Connection, run: str, what: What) -> int:
    """How many rows *run* has of *what*."""
    table = _TIMES[what][0].table
    return int(connection.scalar(sa.select(sa.func.count()).where(table.c.run == run)) or 0)


def write_csv(
    connection: sa.Connection, run: Run, what: What, file: IO[bytes], each: Callable[[int], None] | None = None
) -> int:  # fmt: skip
    """Write what *run* has of *what* to *file*; give how many rows that were.

    each: told how many are written.
    """
    columns = COLUMNS[what]
    unit = _unit(connection, run.id, what)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([name for name, _, _ in columns])
    count = 0
    for rows in _batches(_rows(connection, run.id, what)):
        for row in rows:
            writer.writerow(
                [_cell(value, unit if is_time else None) for value, (_, _, is_time) in zip(row, columns, strict=True)]
            )
        count += len(rows)
        _flush(text, file)
        if each is not None:
            each(count)
    _flush(text, file)
    return count


def write_parquet(
    connection: sa.Connection, run: Run, what: What, file: IO[bytes], each: Callable[[int], None] | None = None
) -> int:  # fmt: skip
    """The same as Parquet, a row group a batch."""
    types = [(name, _TIME if is_time else _PARQUET_TYPES[kind]) for name, kind, is_time in COLUMNS[what]]
    schema = pa.schema(types, metadata=metadata(run, what))
    count = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in _batches(_rows(connection, run.id, what)):
            columns = [
                pa.array(values, type=kind) for values, (_, kind) in zip(zip(*rows, strict=True), types, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += len(rows)
            if each is not None:
                each(count)
    return count


def metadata(run: Run, what: What) -> dict[str, str]:
    """What a file says of itself."""
    settings = msgspec.json.decode(run.settings, type=Settings)
    data = msgspec.json.decode(run.data, type=DataUsed)
    return {
        "tidemark.what": what, "tidemark.version": tidemark.__version__, "tidemark.run": run.id,
        "tidemark.state": run.state.value, "tidemark.strategy": settings.strategy,
        "tidemark.code": settings.code.sha256, "tidemark.data": data.digest,
        "tidemark.instruments": data.instruments, "tidemark.timeframe": data.timeframe,
        "tidemark.settings": msgspec.json.encode(
            {"parameters": settings.parameters, "models": settings.models, "cash": settings.request.cash}
        ).decode(),
    }  # fmt: skip


def _rows(connection: sa.Connection, run: str, what: What) -> Iterator[Row]:
    return map(_trip, trips(connection, run)) if what == "trips" else map(_point, points(connection, run))


def _trip(one: RoundTrip) -> Row:
    return (
        one.number, one.symbol, one.tag, Side(one.side).name.lower(), one.quantity, one.entry_at, one.entry_price,
        one.exit_at, one.exit_price, one.exit.value, one.fees, one.funding, one.slippage, one.profit, one.risk, one.r,
        one.best, one.worst, one.bars, one.regime,
    )  # fmt: skip


def _point(one: Point) -> Row:
    return one.at, one.equity, one.cash, one.exposure, one.drawdown


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _unit(connection: sa.Connection, run: str, what: What) -> str:
    """The coarsest unit of numpy that loses nothing of the times: of one column, they have to look alike."""
    times = _TIMES[what]
    of_run = times[0].table.c.run == run
    for unit, ns in (("s", SECOND), ("ms", MILLISECOND)):
        finer = sa.or_(*(time % ns != 0 for time in times))
        if connection.execute(sa.select(times[0]).where(of_run, finer).limit(1)).first() is None:
            return unit
    return "ns"


def _cell(value: object, unit: str | None) -> str:
    if value is None:
        return ""
    if unit is not None and isinstance(value, int):
        return str(np.datetime64(value, "ns").astype(f"datetime64[{unit}]")).replace("T", " ")
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    # The shortest text that is read as the same number.
    return repr(value)


def _flush(text: io.StringIO, file: IO[bytes]) -> None:
    file.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()
