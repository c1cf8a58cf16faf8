"""The sums of the round trips of a run by SQL, so that none of them is loaded: SQLite and PostgreSQL.

They are those of `trips.py`, and so are the figures that follow. Only whoever has SQLAlchemy imports this.
"""

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from tidemark.backtest.metrics.moments import Moments
from tidemark.backtest.metrics.trips import MOST_GROUPS, OTHERS, R_EDGES, TripSums
from tidemark.model.signal import Side
from tidemark.units import DAY, SECOND

Array = npt.NDArray[Any]
By = Literal["symbol", "tag", "side", "regime", "exit"]


def sums_of(connection: sa.Connection, trips: sa.Table, run: str) -> TripSums:
    """What all trips of *run* in the table *trips* were."""
    rows = _with_group(trips, run, sa.literal_column("''"))
    return _sums(connection, rows).get("", TripSums())


def groups_of(
    connection: sa.Connection, trips: sa.Table, run: str, by: By, most: int = MOST_GROUPS
) -> dict[str, TripSums]:
    """What the trips of each group of *run* were, in the order in which the groups came; the same as `trips.grouped`.

    Those of further groups than *most* stand together in "(others)".
    """
    column = trips.c[by]
    first = sa.func.min(trips.c.number)
    query = sa.select(column).where(trips.c.run == run).group_by(column).order_by(first).limit(most + 1)
    known = list(connection.scalars(query))
    name: sa.ColumnElement[Any] = sa.cast(column, sa.String)
    if len(known) > most:
        name = sa.case((column.in_(known[:most]), name), else_=OTHERS)
    found = _sums(connection, _with_group(trips, run, name))
    names = [*(str(int(one)) if by == "side" else str(one) for one in known[:most]), OTHERS]
    titles = {str(int(side)): side.name.lower() for side in Side} if by == "side" else {}
    return {titles.get(one, one): found[one] for one in names if one in found}


def days_of(connection: sa.Connection, trips: sa.Table, run: str) -> Array:
    """The sums of trips by the day (UTC) on which they were opened, for `luck/trip_intervals.py`: float64 (days, 6).

    Columns: trips, wins, gained, lost, trips with R, sum of R.
    """
    c = trips.c
    day = (c.entry_at // DAY).label("day")
    query = sa.select(
        sa.func.count(), _count(c.profit > 0.0), _total(_above(c.profit)), _total(_above(-c.profit)),
        _count(_has_r(c)), _total(sa.case((_has_r(c), _r(c)), else_=0.0)),
    )  # fmt: skip
    rows = connection.execute(query.where(c.run == run).group_by(day).order_by(day)).all()
    return np.array([tuple(row) for row in rows], np.float64).reshape(-1, 6)


def _with_group(trips: sa.Table, run: str, name: sa.ColumnElement[Any]) -> sa.Subquery:
    columns = [column for column in trips.c if column.name != "run"]
    return sa.select(*columns, name.label("grouped")).where(trips.c.run == run).subquery("rows")


def _sums(connection: sa.Connection, rows: sa.Subquery) -> dict[str, TripSums]:
    found = {row["grouped"]: _plain(row) for row in connection.execute(_plain_query(rows)).mappings()}
    for name, sign, longest in connection.execute(_streak_query(rows)):
        if sign > 0:
            found[name].win_streak = int(longest)
        elif sign < 0:
            found[name].loss_streak = int(longest)
    for name, squares in connection.execute(_spread_query(rows)):
        found[name].r.m2 = float(squares)
    return found


def _plain_query(rows: sa.Subquery) -> sa.Select[Any]:
    c = rows.c
    has_r, r, scale = _has_r(c), _r(c), c.quantity * c.entry_price / _risk(c)
    bounds = [None, *R_EDGES, None]
    bins = [
        _count(sa.and_(has_r, *([] if low is None else [r >= low]), *([] if high is None else [r < high]))).label(
            f"bin_{number}"
        )
        for number, (low, high) in enumerate(pairwise(bounds))
    ]
    return sa.select(
        c.grouped,
        sa.func.count().label("count"),
        _count(c.profit > 0.0).label("wins"),
        _count(c.profit < 0.0).label("losses"),
        _total(_above(c.profit)).label("gained"),
        _total(_above(-c.profit)).label("lost"),
        sa.func.max(_above(c.profit)).label("largest_win"),
        sa.func.max(_above(-c.profit)).label("largest_loss"),
        _total(c.fees).label("fees"),
        _total(c.funding).label("funding"),
        _total(c.slippage).label("slippage"),
        _total(c.quantity * (c.entry_price + c.exit_price)).label("traded"),
        # As numbers with a point: the nanoseconds of many trips are more than an integer of SQLite holds.
        _total(sa.cast(c.exit_at - c.entry_at, sa.Double) / SECOND).label("held_s"),
        _total(c.bars).label("bars"),
        _total(c.best).label("best"),
        _total(c.worst).label("worst"),
        sa.func.max(c.best).label("furthest_best"),
        sa.func.min(c.worst).label("furthest_worst"),
        _total(sa.case((has_r, c.best * scale), else_=0.0)).label("best_r"),
        _total(sa.case((has_r, c.worst * scale), else_=0.0)).label("worst_r"),
        _count(has_r).label("count_r"),
        sa.func.avg(sa.case((has_r, r))).label("mean_r"),
        sa.func.min(sa.case((has_r, r))).label("lowest_r"),
        sa.func.max(sa.case((has_r, r))).label("highest_r"),
        *bins,
    ).group_by(c.grouped)


def _plain(row: sa.RowMapping) -> TripSums:
    return TripSums(
        count=int(row["count"]),
        wins=int(row["wins"]),
        losses=int(row["losses"]),
        gained=float(row["gained"]),
        lost=float(row["lost"]),
        largest_win=float(row["largest_win"]),
        largest_loss=float(row["largest_loss"]),
        fees=float(row["fees"]),
        funding=float(row["funding"]),
        slippage=float(row["slippage"]),
        traded=float(row["traded"]),
        held_s=float(row["held_s"]),
        bars=int(row["bars"]),
        best=float(row["best"]),
        worst=float(row["worst"]),
        # As when they are added one by one, from nothing.
        furthest_best=max(0.0, float(row["furthest_best"])),
        furthest_worst=min(0.0, float(row["furthest_worst"])),
        best_r=float(row["best_r"]),
        worst_r=float(row["worst_r"]),
        r=Moments(int(row["count_r"]), float(row["mean_r"] or 0.0)),
        lowest_r=row["lowest_r"],
        highest_r=row["highest_r"],
        bins=[int(row[f"bin_{number}"]) for number in range(len(R_EDGES) + 1)],
    )


def _streak_query(rows: sa.Subquery) -> sa.Select[Any]:
    """The longest run of each sign: rows of one run have the same distance between two ways of counting them."""
    c = rows.c
    sign = sa.case((c.profit > 0.0, 1), (c.profit < 0.0, -1), else_=0)
    signs = sa.select(c.grouped, c.number, sign.label("sign")).subquery("signs")
    c = signs.c
    all_rows = sa.func.row_number().over(partition_by=c.grouped, order_by=c.number)
    of_sign = sa.func.row_number().over(partition_by=(c.grouped, c.sign), order_by=c.number)
    numbered = sa.select(c.grouped, c.sign, (all_rows - of_sign).label("island")).subquery("numbered")
    c = numbered.c
    islands = sa.select(c.grouped, c.sign, sa.func.count().label("length")).group_by(c.grouped, c.sign, c.island)
    c = islands.subquery("islands").c
    return sa.select(c.grouped, c.sign, sa.func.max(c.length)).group_by(c.grouped, c.sign)


def _spread_query(rows: sa.Subquery) -> sa.Select[Any]:
    """The squares of the distances from the mean R, by a second pass: sums of squares would lose what is small."""
    c = rows.c
    rs = sa.select(c.grouped, _r(c).label("r")).where(_has_r(c)).subquery("rs")
    means = sa.select(rs.c.grouped, sa.func.avg(rs.c.r).label("mean")).group_by(rs.c.grouped).subquery("means")
    apart = rs.c.r - means.c.mean
    joined = rs.join(means, rs.c.grouped == means.c.grouped)
    return sa.select(rs.c.grouped, _total(apart * apart)).select_from(joined).group_by(rs.c.grouped)


def _has_r(columns: Any) -> sa.ColumnElement[bool]:
    return sa.and_(columns.risk.is_not(None), columns.risk != 0.0)


def _risk(columns: Any) -> sa.ColumnElement[float]:
    # A database may divide before it looks whether it should.
    return sa.func.nullif(columns.risk, 0.0)


def _r(columns: Any) -> sa.ColumnElement[float]:
    ratio: sa.ColumnElement[float] = columns.profit / _risk(columns)
    return ratio


def _above(column: Any) -> sa.ColumnElement[float]:
    return sa.case((column > 0.0, column), else_=0.0)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _total(column: Any) -> sa.ColumnElement[float]:
    return sa.func.coalesce(sa.func.sum(column), 0)
