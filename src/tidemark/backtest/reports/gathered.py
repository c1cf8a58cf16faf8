"""What a report of a run is made of, out of the database: what was asked, what came of it, points and trips to draw.

Memory: 2,000 points and about as many trips, however long the run was.
"""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from tidemark.backtest.metrics.sql import groups_of, sums_of
from tidemark.backtest.metrics.trip_figures import TripFigures, trip_figures
from tidemark.backtest.runs.recorder import MOST_POINTS
from tidemark.backtest.runs.request import DataUsed, Settings
from tidemark.backtest.runs.result import GROUPS, Result
from tidemark.store.backtest_rows import Point, Run, points
from tidemark.store.tables import BACKTEST_EQUITY, BACKTEST_TRIPS
from tidemark.units import SECOND

MOST_DOTS = 2000
# Multiples of the golden ratio, of which those below a bound lie evenly over any row of numbers: a step that is the
# same all the time would meet the same market again and again.
_SPREAD, _WHOLE = 2_654_435_761, 1 << 32


class Dot(msgspec.Struct, frozen=True, gc=False):
    """A trip as it is drawn: how long it was held (s), and as fractions of what was paid at the entry the rest.

    worst, best: the furthest that the price went against it and for it; gain: its profit, net of all costs.
    """

    held_s: float
    worst: float
    best: float
    gain: float


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """result: None of a run that is not over; trips: how many were written down, of which `dots` are drawn."""

    run: Run
    settings: Settings
    data: DataUsed
    result: Result | None
    all: TripFigures
    groups: dict[str, dict[str, TripFigures]]
    points: list[Point]
    trips: int
    dots: list[Dot]


def gather(connection: sa.Connection, run: Run) -> Gathered:
    """All that a report of *run* shows; of one without a result, what was written until then."""
    result = None if run.result is None else msgspec.json.decode(run.result, type=Result)
    if result is None:
        whole = trip_figures(sums_of(connection, BACKTEST_TRIPS, run.id))
        groups = {
            str(by): {
                name: trip_figures(one) for name, one in groups_of(connection, BACKTEST_TRIPS, run.id, by).items()
            }
            for by in GROUPS
        }
    else:
        whole, groups = result.all, {str(by): result.groups.get(by, {}) for by in GROUPS}
    number = BACKTEST_TRIPS.c.number
    count = int(connection.scalar(sa.select(sa.func.count(number)).where(BACKTEST_TRIPS.c.run == run.id)) or 0)
    return Gathered(
        run=run,
        settings=msgspec.json.decode(run.settings, type=Settings),
        data=msgspec.json.decode(run.data, type=DataUsed),
        result=result,
        all=whole,
        groups=groups,
        points=list(curve(connection, run.id)),
        trips=count,
        dots=list(dots(connection, run.id, count)),
    )


def curve(connection: sa.Connection, run: str, most: int = MOST_POINTS) -> Iterator[Point]:
    """The equity of *run* by at most *most* points: each is the last of a row, and has the deepest drawdown of it."""
    columns = BACKTEST_EQUITY.c
    count = int(connection.scalar(sa.select(sa.func.count()).where(columns.run == run)) or 0)
    every = max(1, -(-count // most))
    deepest = 0.0
    for number, one in enumerate(points(connection, run), 1):
        deepest = min(deepest, one.drawdown)
        if number % every == 0 or number == count:
            yield msgspec.structs.replace(one, drawdown=deepest)
            deepest = 0.0


def dots(connection: sa.Connection, run: str, count: int, most: int = MOST_DOTS) -> Iterator[Dot]:
    """The trips of *run*, of which there are *count*: all of them, or about *most*, always the same."""
    c = BACKTEST_TRIPS.c
    query = sa.select(c.exit_at - c.entry_at, c.worst, c.best, c.profit, c.quantity * c.entry_price)
    query = query.where(c.run == run).order_by(c.number)
    if count > most:
        spread = sa.cast(c.number, sa.BigInteger) * _SPREAD % _WHOLE
        query = query.where(spread < _WHOLE * most // count)
    for held, worst, best, profit, paid in connection.execute(query.limit(2 * most).execution_options(yield_per=500)):
        yield Dot(held / SECOND, worst, best, profit / paid if paid else 0.0)
