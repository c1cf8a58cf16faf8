"""Runs of backtests as they are read: the list without what is long, one of them whole, its trips, its equity, and two.

The list takes single figures out of texts of JSON in the database: a text may have a strategy of a mebibyte in it, or
the figures of a thousand markets.
"""

from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from tidemark.api.past_backtests import (
    ComparedBacktests,
    ComparedFigure,
    ComparedWords,
    EquityPoints,
    KeptBacktest,
    ListedBacktest,
)
from tidemark.backtest.runs.comparison import compared
from tidemark.backtest.runs.shelf import is_held
from tidemark.errors import RequestError, StoreError
from tidemark.model.round_trip import RoundTrip
from tidemark.serve.database.shelf import Shelf
from tidemark.store.backtest_rows import State, find, points, trip_of
from tidemark.store.tables import BACKTEST_RUNS, BACKTEST_TRIPS
from tidemark.units import KIB

# A run of a thousand markets, as the driver gives it and as we do.
_ROW_BYTES = 64 * KIB
# A recorder keeps some 2,000.
_MOST_POINTS = 5000
_LEFT_BEHIND = "its process ended before it was done"


class _Inside(FunctionElement[Any]):
    """A value inside a text of JSON, by the names on the way to it; null where it is not there."""

    inherit_cache = True
    name = "inside"


@compiles(_Inside, "sqlite")
def _in_sqlite(element: _Inside, compiler: SQLCompiler, **kwargs: Any) -> str:
    text, path = list(element.clauses)
    return f"json_extract({compiler.process(text, **kwargs)}, '$.' || {compiler.process(path, **kwargs)})"


@compiles(_Inside, "postgresql")
def _in_postgresql(element: _Inside, compiler: SQLCompiler, **kwargs: Any) -> str:
    text, path = list(element.clauses)
    return (
        f"(CAST({compiler.process(text, **kwargs)} AS json) #>>"
        f" string_to_array({compiler.process(path, **kwargs)}, '.'))"
    )


def _inside(column: sa.Column[Any], path: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.ColumnElement[Any]:
    return sa.cast(_Inside(column, sa.literal(path)), kind)


def _listed() -> sa.Subquery:
    columns = BACKTEST_RUNS.c
    return sa.select(
        columns.id,
        columns.name,
        columns.state,
        columns.created_at,
        columns.ended_at,
        columns.data,
        columns.error,
        _inside(columns.settings, "request.strategy", sa.Text).label("strategy"),
        _inside(columns.settings, "strategy", sa.Text).label("kind"),
        _inside(columns.result, "trips", sa.Integer).label("trips"),
        *(
            _inside(columns.result, f"curve.{name}.value", sa.Double).label(name)
            for name in ("total_return", "sharpe", "max_drawdown")
        ),
    ).subquery("listed_backtests")


def listed_of(row: sa.Row[Any]) -> ListedBacktest:
    """The run that a row of the list tells."""
    return ListedBacktest(**row._asdict())


SHELF_OF_BACKTESTS = Shelf(table=_listed(), time="created_at", names=("id",), row_of=listed_of, row_bytes=_ROW_BYTES)


def seen(listed: ListedBacktest, folder: Path) -> ListedBacktest:
    """The same, as interrupted where its process is gone. *folder* has the locks of those that run on this machine."""
    if listed.state != State.RUNNING or not (folder / "runs").is_dir() or is_held(folder, listed.id):
        return listed
    return msgspec.structs.replace(listed, state=State.INTERRUPTED.value, error=_LEFT_BEHIND)


def whole(connection: sa.Connection, run: str) -> KeptBacktest | None:
    """All that is known of a run; None where there is none."""
    columns, listed = BACKTEST_RUNS.c, SHELF_OF_BACKTESTS.table
    row = connection.execute(sa.select(listed).where(listed.c.id == run)).first()
    long = connection.execute(sa.select(columns.settings, columns.result).where(columns.id == run)).first()
    if row is None or long is None:
        return None
    return KeptBacktest(listed=listed_of(row), settings=long.settings, result=long.result)


def is_there(connection: sa.Connection, run: str) -> bool:
    """Whether there is a run of that id."""
    return connection.scalar(sa.select(sa.literal(1)).where(BACKTEST_RUNS.c.id == run)) is not None


def trips_of(connection: sa.Connection, run: str, symbol: str | None, after: int, limit: int) -> list[RoundTrip] | None:
    """At most *limit* round trips beyond the number *after*; None where there is no such run."""
    if not is_there(connection, run):
        return None
    question = every_trip(run, symbol).where(BACKTEST_TRIPS.c.number > after).limit(limit)
    return [trip_of(row) for row in connection.execute(question)]


def every_trip(run: str, symbol: str | None) -> sa.Select[Any]:
    """The question for all round trips of a run, by numbers."""
    columns = BACKTEST_TRIPS.c
    question = sa.select(BACKTEST_TRIPS).where(columns.run == run).order_by(columns.number)
    return question if symbol is None else question.where(columns.symbol == symbol)


def equity_of(connection: sa.Connection, run: str) -> EquityPoints | None:
    """What a run was worth over time; None where there is no such run."""
    if not is_there(connection, run):
        return None
    rows = list(points(connection, run, most=_MOST_POINTS))
    return EquityPoints(
        at=tuple(one.at for one in rows),
        equity=tuple(one.equity for one in rows),
        drawdown=tuple(one.drawdown for one in rows),
        exposure=tuple(one.exposure for one in rows),
    )


def compared_of(connection: sa.Connection, first: str, second: str) -> ComparedBacktests:
    """Two runs side by side; RequestError where that is not possible."""
    found = []
    for run in (first, second):
        one = find(connection, run)
        if one is None:
            raise RequestError(404, f"there is no run {run}; /api/v1/backtests lists those that there are")
        found.append(one)
    try:
        told = compared(*found)
    except StoreError as error:
        raise RequestError(409, str(error)) from error
    except msgspec.ValidationError as error:
        raise RequestError(409, f"one of the two was written by another version: {error}") from error
    return ComparedBacktests(
        first=told.first,
        second=told.second,
        asked=tuple(ComparedWords(name=one.name, first=one.first, second=one.second) for one in told.asked),
        figures=tuple(ComparedFigure(name=one.name, first=one.first, second=one.second) for one in told.figures),
        is_same=told.same,
    )
