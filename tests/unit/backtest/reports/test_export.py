import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from pyarrow import parquet
from tests.round_trips import TRIP, drawn

from tidemark.backtest.reports.export import BATCH, COLUMNS, What, rows_of, write_csv, write_parquet
from tidemark.backtest.runs.request import DataUsed, Settings
from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.store.backtest_rows import Point, Run, points, put_trips, trips
from tidemark.store.database import Database
from tidemark.units import DAY, SECOND

Write = Callable[[sa.Connection, Run, What, IO[bytes]], int]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def exported(engine: sa.Engine, run: Run, what: What, write: Write) -> bytes:
    file = io.BytesIO()
    with engine.connect() as connection:
        count = write(connection, run, what, file)
        assert count == rows_of(connection, run.id, what)
    return file.getvalue()


def kept(engine: sa.Engine, run: str) -> list[RoundTrip]:
    with engine.connect() as connection:
        return list(trips(connection, run))


def put(engine: sa.Engine, run: Run, whole: list[RoundTrip]) -> Run:
    with engine.begin() as connection:
        put_trips(connection, "a", whole)
    return msgspec.structs.replace(run, id="a")


def trip_of(row: dict[str, Any]) -> RoundTrip:
    """The trip that a row of either file tells; what follows from the others, R, is left out."""
    of_text = {name: value for name, value in row.items() if name != "r"}
    return RoundTrip(**{**of_text, "side": Side[str(row["side"]).upper()], "exit": Exit(str(row["exit"]))})


def read_csv(text: bytes, what: What) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for row in csv.DictReader(io.StringIO(text.decode(), newline="")):
        values: dict[str, Any] = {}
        for name, kind, is_time in COLUMNS[what]:
            cell = row[name]
            if is_time:
                values[name] = int(np.datetime64(cell, "ns").astype(np.int64))
            elif cell == "" and kind is float:
                values[name] = None
            else:
                values[name] = kind(cell)
        made.append(values)
    return made


def test_parquet_gives_the_trips_again(empty: sa.Engine, done: Run) -> None:
    """More than a batch, so that there are two groups of rows."""
    run = put(empty, done, drawn(BATCH + 10))
    table = parquet.read_table(io.BytesIO(exported(empty, run, "trips", write_parquet)))
    rows = table.drop(["entry_at", "exit_at"]).to_pylist()
    times = {name: table[name].cast(pa.int64()).to_pylist() for name in ("entry_at", "exit_at")}

    made = [trip_of({**row, **{name: at[number] for name, at in times.items()}}) for number, row in enumerate(rows)]
    assert made == kept(empty, "a")
    assert [row["r"] for row in rows] == [one.r for one in made]
    assert parquet.ParquetFile(io.BytesIO(exported(empty, run, "trips", write_parquet))).num_row_groups == 2


def test_csv_gives_the_trips_again(empty: sa.Engine, done: Run) -> None:
    run = put(empty, done, drawn(500))
    rows = read_csv(exported(empty, run, "trips", write_csv), "trips")

    assert [trip_of(row) for row in rows] == kept(empty, "a")


def test_equity_is_given_by_both(engine: sa.Engine, done: Run) -> None:
    with engine.connect() as connection:
        wanted = list(points(connection, done.id))
    table = parquet.read_table(io.BytesIO(exported(engine, done, "equity", write_parquet)))

    assert [Point(**row) for row in read_csv(exported(engine, done, "equity", write_csv), "equity")] == wanted
    assert table["at"].cast(pa.int64()).to_pylist() == [one.at for one in wanted]
    assert table["drawdown"].to_pylist() == [one.drawdown for one in wanted]


def test_parquet_has_types_and_says_what_it_is_of(engine: sa.Engine, done: Run) -> None:
    schema = parquet.read_schema(io.BytesIO(exported(engine, done, "trips", write_parquet)))
    said = {name.decode(): value.decode() for name, value in schema.metadata.items()}

    assert schema.field("entry_at").type == pa.timestamp("ns", tz="UTC")
    assert (schema.field("number").type, schema.field("risk").type) == (pa.int64(), pa.float64())
    assert said["tidemark.run"] == done.id
    assert said["tidemark.data"] == msgspec.json.decode(done.data, type=DataUsed).digest
    assert said["tidemark.code"] == msgspec.json.decode(done.settings, type=Settings).code.sha256
    assert msgspec.json.decode(said["tidemark.settings"])["parameters"] == {"fast": 30, "slow": 120}


@pytest.mark.parametrize(
    ("beyond", "wanted"),
    [(0, "2022-01-08 00:00:00"), (10**6, "2022-01-08 00:00:00.000"), (7, "2022-01-08 00:00:00.000000000")],
)
def test_times_of_csv_all_have_the_digits_that_one_of_them_needs(
    empty: sa.Engine, done: Run, beyond: int, wanted: str
) -> None:
    entered = 19_000 * DAY
    whole = [
        msgspec.structs.replace(TRIP, number=1, entry_at=entered, exit_at=entered + SECOND),
        msgspec.structs.replace(TRIP, number=2, entry_at=entered + SECOND, exit_at=entered + 2 * SECOND + beyond),
    ]
    rows = list(csv.DictReader(io.StringIO(exported(empty, put(empty, done, whole), "trips", write_csv).decode())))

    assert rows[0]["entry_at"] == wanted
    assert {len(row[name]) for row in rows for name in ("entry_at", "exit_at")} == {len(wanted)}


def test_what_a_spreadsheet_would_compute_is_text_in_csv_and_as_it_is_in_parquet(empty: sa.Engine, done: Run) -> None:
    tags = ("=1+1", "+x", "@y", 'a "quoted", tag\nof lines', "-")
    run = put(empty, done, [msgspec.structs.replace(TRIP, number=n, tag=tag) for n, tag in enumerate(tags, 1)])
    rows = read_csv(exported(empty, run, "trips", write_csv), "trips")
    table = parquet.read_table(io.BytesIO(exported(empty, run, "trips", write_parquet)))

    assert [row["tag"] for row in rows] == ["'=1+1", "'+x", "'@y", tags[3], "'-"]
    assert table["tag"].to_pylist() == list(tags)


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_of_a_run_without_trips_there_is_a_heading(empty: sa.Engine, done: Run, write: Write) -> None:
    made = exported(empty, msgspec.structs.replace(done, id="none"), "trips", write)
    names = [name for name, _, _ in COLUMNS["trips"]]

    if write is write_csv:
        assert made.decode() == ",".join(names) + "\r\n"
    else:
        table = parquet.read_table(io.BytesIO(made))
        assert (table.column_names, table.num_rows) == (names, 0)


def test_every_field_of_a_trip_and_of_a_point_is_a_column() -> None:
    assert {name for name, _, _ in COLUMNS["trips"]} == {*RoundTrip.__struct_fields__, "r"}
    assert [name for name, _, _ in COLUMNS["equity"]] == list(Point.__struct_fields__)
