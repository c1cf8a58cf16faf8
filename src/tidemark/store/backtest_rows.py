"""Backtests in the database: how runs, round trips and points of equity become rows, and how they are found again."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.store.tables import BACKTEST_EQUITY, BACKTEST_RUNS, BACKTEST_TRIPS

# Rows that are read at a time.
_PIECE = 500


class State(StrEnum):
    """Where a run stands. INTERRUPTED: it was killed, or the database refused; FAILED: it cannot go on."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a backtest; times ns since the epoch, None where they have not come.

    settings, data, result, position: texts of JSON: what was run; over what (the hash of the data set, markets,
    timeframe, from, to); what came of it; where it can be taken up again. error: why it failed, with what to do.
    """

    id: str
    name: str
    created_at: int
    started_at: int | None = None
    ended_at: int | None = None
    state: State
    settings: str
    data: str
    result: str | None = None
    error: str | None = None
    position: str | None = None


class Point(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a run was worth at `at` (ns), in quote currency.

    equity: cash and positions; exposure: all positions without their sign; drawdown: against the highest equity before,
    a fraction, not above 0.
    """

    at: int
    equity: float
    cash: float
    exposure: float
    drawdown: float


def put_run(connection: sa.Connection, run: Run) -> None:
    """Write *run*, in the place of what was known of it."""
    _put(connection, BACKTEST_RUNS, [{**msgspec.structs.asdict(run), "state": run.state.value}])


def put_trips(connection: sa.Connection, run: str, trips: Sequence[RoundTrip]) -> None:
    """Write *trips* of the run of id *run*. Done twice, it changes nothing."""
    _put(connection, BACKTEST_TRIPS, [_trip_row(run, one) for one in trips])


def put_points(connection: sa.Connection, run: str, points: Sequence[Point]) -> None:
    """Write *points* of the run of id *run*. Done twice, it changes nothing."""
    _put(connection, BACKTEST_EQUITY, [{"run": run, **msgspec.structs.asdict(one)} for one in points])


def find(connection: sa.Connection, run: str) -> Run | None:
    """The run of that id; None where there is none."""
    row = connection.execute(sa.select(BACKTEST_RUNS).where(BACKTEST_RUNS.c.id == run)).first()
    return None if row is None else run_of(row)


def runs(connection: sa.Connection, *, state: State | None = None, most: int | None = None) -> Iterator[Run]:
    """The runs, in that state if one is given, the newest first."""
    columns = BACKTEST_RUNS.c
    query = sa.select(BACKTEST_RUNS).order_by(columns.created_at.desc(), columns.id.desc())
    if state is not None:
        query = query.where(columns.state == state.value)
    for row in connection.execute(query.limit(most).execution_options(yield_per=_PIECE)):
        yield run_of(row)


def trips(
    connection: sa.Connection, run: str, *, symbol: str | None = None, after: int = 0, most: int | None = None
) -> Iterator[RoundTrip]:
    """The round trips of a run by their numbers: those beyond *after*, of *symbol* if one is given."""
    columns = BACKTEST_TRIPS.c
    query = sa.select(BACKTEST_TRIPS).where(columns.run == run, columns.number > after).order_by(columns.number)
    if symbol is not None:
        query = query.where(columns.symbol == symbol)
    for row in connection.execute(query.limit(most).execution_options(yield_per=_PIECE)):
        yield trip_of(row)


def points(
    connection: sa.Connection, run: str, *, after: int | None = None, most: int | None = None
) -> Iterator[Point]:
    """The equity of a run over time: the points later than *after* (ns)."""
    columns = BACKTEST_EQUITY.c
    query = sa.select(BACKTEST_EQUITY).where(columns.run == run).order_by(columns.at)
    if after is not None:
        query = query.where(columns.at > after)
    for row in connection.execute(query.limit(most).execution_options(yield_per=_PIECE)):
        yield point_of(row)


def cut(connection: sa.Connection, run: str, number: int, at: int) -> None:
    """Remove the trips of a run beyond *number* and its points later than *at* (ns): it is taken up again there."""
    trip, point = BACKTEST_TRIPS.c, BACKTEST_EQUITY.c
    connection.execute(sa.delete(BACKTEST_TRIPS).where(trip.run == run, trip.number > number))
    connection.execute(sa.delete(BACKTEST_EQUITY).where(point.run == run, point.at > at))


def remove(connection: sa.Connection, run: str) -> bool:
    """Remove a run with all that belongs to it; give whether there was one."""
    for table in (BACKTEST_TRIPS, BACKTEST_EQUITY):
        connection.execute(sa.delete(table).where(table.c.run == run))
    return connection.execute(sa.delete(BACKTEST_RUNS).where(BACKTEST_RUNS.c.id == run)).rowcount > 0


def run_of(row: sa.Row[Any]) -> Run:
    """The run that a row of `BACKTEST_RUNS` tells."""
    return Run(**{**row._asdict(), "state": State(row.state)})


def trip_of(row: sa.Row[Any]) -> RoundTrip:
    """The round trip that a row of `BACKTEST_TRIPS` tells."""
    fields = {name: value for name, value in row._asdict().items() if name != "run"}
    return RoundTrip(**{**fields, "side": Side(row.side), "exit": Exit(row.exit)})


def point_of(row: sa.Row[Any]) -> Point:
    """The point that a row of `BACKTEST_EQUITY` tells."""
    return Point(at=row.at, equity=row.equity, cash=row.cash, exposure=row.exposure, drawdown=row.drawdown)


def _put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    insert = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)
    changed = {column.name: insert.excluded[column.name] for column in table.c if not column.primary_key}
    connection.execute(insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed), rows)


def _trip_row(run: str, one: RoundTrip) -> dict[str, object]:
    return {"run": run, **msgspec.structs.asdict(one), "side": int(one.side), "exit": one.exit.value}
