"""What came of a run: its figures from the database, and what the broker counted."""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import CurveFigures, curve_figures
from tidemark.backtest.metrics.sql import By, groups_of, sums_of
from tidemark.backtest.metrics.trip_figures import TripFigures, trip_figures
from tidemark.backtest.rules.said import RuleSaid
from tidemark.backtest.runs.luck import Luck
from tidemark.model.round_trip import RoundTrip
from tidemark.store.backtest_rows import Run, trip_of
from tidemark.store.tables import BACKTEST_TRIPS

GROUPS: tuple[By, ...] = ("symbol", "tag", "side", "regime", "exit")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run.

    trips: how many were closed; digest: a hash of all of them. curve and all: figures of the equity and of all trips;
    groups: of those by symbol, tag, side, regime and exit. luck: how much of it could be. counts: what the broker told,
    by reason. warm_up: candles of a market before the strategy was asked. rules: what each of them said, where it was
    rules that were run.
    """

    trips: int
    digest: str
    start: float
    end: float
    curve: CurveFigures
    all: TripFigures
    groups: dict[str, dict[str, TripFigures]]
    luck: Luck
    counts: dict[str, int]
    warm_up: int
    rules: tuple[RuleSaid, ...] = ()


def result_of(
    connection: sa.Connection, run: Run, curve: Curve, luck: Luck, *, digest: str, counts: Mapping[str, int],
    warm_up: int, rules: tuple[RuleSaid, ...] = (),
) -> Result:  # fmt: skip
    """The figures of *run*: those of its round trips are made by SQL, those of its equity were added up on the way."""
    sums = curve.sums()
    trips = sums_of(connection, BACKTEST_TRIPS, run.id)
    return Result(
        trips=trips.count,
        digest=digest,
        start=sums.start,
        end=sums.end,
        curve=curve_figures(sums),
        all=trip_figures(trips),
        groups={
            by: {name: trip_figures(one) for name, one in groups_of(connection, BACKTEST_TRIPS, run.id, by).items()}
            for by in GROUPS
        },
        luck=luck,
        counts=dict(counts),
        warm_up=warm_up,
        rules=rules,
    )


def last_trips(connection: sa.Connection, run: str, most: int) -> list[RoundTrip]:
    """The last round trips of *run*, at most so many, in their order."""
    columns = BACKTEST_TRIPS.c
    query = sa.select(BACKTEST_TRIPS).where(columns.run == run).order_by(columns.number.desc()).limit(most)
    return [trip_of(row) for row in connection.execute(query)][::-1]
