"""Runs of backtests that the database keeps: the list of them, one of them, its round trips and its equity, and two."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.api.exports import head, lines, table
from tidemark.api.past import Past
from tidemark.api.past_backtests import ComparedFigure, ComparedWords, KeptBacktest
from tidemark.api.routes.base import Answer, Milliseconds, PastExport, PastRoute, Symbol
from tidemark.api.told_backtests import (
    BacktestResult,
    BacktestRow,
    BacktestSettings,
    TripRow,
    backtest_row,
    result_told,
    settings_told,
    trip_row,
)
from tidemark.errors import RequestError
from tidemark.model.round_trip import RoundTrip
from tidemark.units import MIB, MILLISECOND

# When it was begun, and the id that tells it from others.
_CURSOR = r"^[0-9]{20} [A-Za-z0-9._~%-]{1,180}$"
# What the markets of one run and its result take when they are read: a thousand of each, and the figures of all.
_WHOLE_BYTES = 16 * MIB
RunId = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,60}$", description="A run by its id", examples=["mean_cross-3f2a1b"])
]


class AskedBacktests(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs: the newest `limit` that sort behind the cursor."""

    count: Annotated[bool, Meta(description="Whether to count all of them, on every page")] = False
    limit: Annotated[int, Meta(ge=1, le=200, description="At most so many")] = 50
    before: Annotated[
        Annotated[str, Meta(pattern=_CURSOR)] | None, Meta(description="What `next_before` of the page before said")
    ] = None


class AskedBacktest(msgspec.Struct, frozen=True, kw_only=True):
    """Which run."""

    run: RunId


class AskedTrips(msgspec.Struct, frozen=True, kw_only=True):
    """Which round trips of which run: `limit` by their numbers; an export gives all that fit instead."""

    run: RunId
    symbol: Annotated[Symbol | None, Meta(description="Only this market")] = None
    after: Annotated[int, Meta(ge=0, le=2**53, description="Only those with a higher number")] = 0
    limit: Annotated[int, Meta(ge=1, le=500, description="At most so many")] = 100
    format: Annotated[Literal["json", "ndjson", "csv"], Meta(description="ndjson and csv: an export")] = "json"


class AskedTwo(msgspec.Struct, frozen=True, kw_only=True):
    """Which two runs."""

    first: RunId
    second: RunId


class BacktestPage(Answer, frozen=True, kw_only=True):
    """A page of runs, the newest first; next_before asks for the next page, null where there is none.

    count: of all, null where it was not asked for. note: why there is nothing, where that has a reason of its own.
    """

    runs: tuple[BacktestRow, ...]
    next_before: str | None
    count: int | None
    note: str | None


class BacktestTold(Answer, frozen=True, kw_only=True):
    """One run: what was asked, over which markets, and what came of it; null while nothing has."""

    run: BacktestRow
    markets: tuple[str, ...]
    settings: BacktestSettings
    result: BacktestResult | None


class TripPage(Answer, frozen=True, kw_only=True):
    """Round trips by their numbers; next_after asks for the next page, null where there is none."""

    trips: tuple[TripRow, ...]
    next_after: int | None


class EquityColumns(Answer, frozen=True, kw_only=True):
    """What a run was worth, column by column, at most some 2,000 points, each the last of its stretch of time.

    equity and exposure (all positions without their sign): quote currency; drawdown: against the highest equity before,
    a fraction, not above 0.
    """

    at_ms: tuple[Milliseconds, ...]
    equity: tuple[float, ...]
    drawdown: tuple[float, ...]
    exposure: tuple[float, ...]


class BacktestComparison(Answer, frozen=True, kw_only=True):
    """Two runs side by side: what they were asked differently, and each figure that both have.

    is_same: whether all their round trips are equal.
    """

    first: str
    second: str
    asked: tuple[ComparedWords, ...]
    figures: tuple[ComparedFigure, ...]
    is_same: bool


async def _backtests(past: Past, asked: AskedBacktests) -> BacktestPage:
    page = await past.backtests.page(limit=asked.limit, before=asked.before, counts=asked.count)
    return BacktestPage(
        as_of_ms=past.now_ms,
        runs=tuple(map(backtest_row, page.rows)),
        next_before=page.next_before,
        count=page.count,
        note=page.note,
    )


async def _backtest(past: Past, asked: AskedBacktest) -> BacktestTold:
    kept = await past.backtests.find(asked.run)
    if kept is None:
        raise _no_such_run(asked.run)
    return BacktestTold(
        as_of_ms=past.now_ms,
        run=backtest_row(kept.listed),
        markets=_markets(kept),
        settings=settings_told(kept),
        result=result_told(kept),
    )


async def _trips(past: Past, asked: AskedTrips) -> TripPage:
    found = await past.backtests.trips(asked.run, symbol=asked.symbol, after=asked.after, limit=asked.limit + 1)
    if found is None:
        raise _no_such_run(asked.run)
    shown = found[: asked.limit]
    return TripPage(
        as_of_ms=past.now_ms,
        trips=tuple(map(trip_row, shown)),
        next_after=shown[-1].number if len(found) > asked.limit else None,
    )


async def _equity(past: Past, asked: AskedBacktest) -> EquityColumns:
    points = await past.backtests.equity(asked.run)
    if points is None:
        raise _no_such_run(asked.run)
    return EquityColumns(
        as_of_ms=past.now_ms,
        at_ms=tuple(at // MILLISECOND for at in points.at),
        equity=points.equity,
        drawdown=points.drawdown,
        exposure=points.exposure,
    )


async def _compare(past: Past, asked: AskedTwo) -> BacktestComparison:
    told = await past.backtests.compared(asked.first, asked.second)
    return BacktestComparison(as_of_ms=past.now_ms, **msgspec.structs.asdict(told))


def _no_such_run(run: str) -> RequestError:
    return RequestError(404, f"there is no run {run}; /api/v1/backtests lists those that there are")


def _markets(kept: KeptBacktest) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(kept.listed.data)["markets"])


def _export_trips(past: Past, asked: AskedTrips) -> PastExport | None:
    if asked.format == "json":
        return None
    is_table = asked.format == "csv"
    return PastExport(
        content_type="text/csv" if is_table else "application/x-ndjson",
        file_name=f"{asked.run}.{asked.format}",
        pieces=_pieces(past.backtests.every_trip(asked.run, symbol=asked.symbol), is_table=is_table),
    )


async def _pieces(every: AsyncGenerator[list[RoundTrip], None], *, is_table: bool) -> AsyncGenerator[bytes, None]:
    begin, write = (head(TripRow), table) if is_table else (b"", lines)
    async with aclosing(every) as parts:
        async for part in parts:
            yield begin + write(map(trip_row, part))
            begin = b""
    if begin:
        yield begin


ROUTES = (
    PastRoute(
        path="/api/v1/backtests",
        summary="The runs of backtests, the newest first",
        asked=AskedBacktests,
        answer=BacktestPage,
        give=_backtests,
        transient=4 * MIB,
    ),
    PastRoute(
        path="/api/v1/backtests/{run}",
        summary="One run of a backtest: what was asked, what came of it, and how much of that could be luck",
        asked=AskedBacktest,
        answer=BacktestTold,
        give=_backtest,
        transient=_WHOLE_BYTES,
    ),
    PastRoute(
        path="/api/v1/backtests/{run}/trips",
        summary="The round trips of a run: a page of them, or an export",
        asked=AskedTrips,
        answer=TripPage,
        give=_trips,
        export=_export_trips,
    ),
    PastRoute(
        path="/api/v1/backtests/{run}/equity",
        summary="What a run was worth over time",
        asked=AskedBacktest,
        answer=EquityColumns,
        give=_equity,
    ),
    PastRoute(
        path="/api/v1/backtests/compare",
        summary="Two runs side by side",
        asked=AskedTwo,
        answer=BacktestComparison,
        give=_compare,
    ),
)
