"""What the database keeps: all gaps there were, and how the database itself is."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.api.exports import head, lines, table
from tidemark.api.past import GapFilter, Past, PoolFigures
from tidemark.api.routes.base import Answer, Milliseconds, Nothing, PastExport, PastRoute, Symbol
from tidemark.api.routes.health import Status
from tidemark.errors import DatabaseError, UnmadeError
from tidemark.model.gap import Gap
from tidemark.units import MIB, MILLISECOND

# The latest moment that a database can hold.
_LAST_NS = (1 << 63) - 1
_NOT_WELL = 503
# When it began, and the names that tell it from others.
_CURSOR = r"^[0-9]{20}( [A-Za-z0-9._~%-]{1,480}){3}$"


class AskedGaps(msgspec.Struct, frozen=True, kw_only=True):
    """Which gaps: the newest `limit` that sort behind the cursor; an export gives all that fit instead."""

    venue: Annotated[
        Annotated[str, Meta(pattern="^[a-z0-9_]{1,40}$")] | None, Meta(description="Only this exchange")
    ] = None
    symbol: Annotated[Symbol | None, Meta(description="Only this market")] = None
    channel: Annotated[
        Literal["trades", "tickers", "klines", "books", "liquidations", "marks"] | None,
        Meta(description="Only this channel"),
    ] = None
    since_ms: Annotated[Milliseconds | None, Meta(description="Only those that lasted beyond this moment")] = None
    until_ms: Annotated[Milliseconds | None, Meta(description="Only those that began before this moment")] = None
    only_open: Annotated[bool, Meta(description="Only those that have not ended")] = False
    count: Annotated[bool, Meta(description="Whether to count all that fit, on every page")] = False
    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many")] = 100
    before: Annotated[
        Annotated[str, Meta(pattern=_CURSOR)] | None, Meta(description="What `next_before` of the page before said")
    ] = None
    format: Annotated[Literal["json", "ndjson", "csv"], Meta(description="ndjson and csv: an export")] = "json"


class KeptGap(msgspec.Struct, frozen=True, kw_only=True):
    """One gap, by our clock; to_ms null: still open. repair: none, trades, klines or snapshot.

    Of its 1-minute candles `repaired` were mended, `lost` stay absent or are known to be short of trades.
    """

    venue: str
    symbol: str
    channel: str
    from_ms: Milliseconds
    to_ms: Milliseconds | None
    cause: str
    repair: str
    repaired: int
    lost: int


class KeptGapPage(Answer, frozen=True, kw_only=True):
    """A page of gaps, the newest first; next_before asks for the next page, null where there is none.

    count: of all that fit, null where it was not asked for. note: why there is nothing, where the reason is not the
    question. What happens now reaches the database when the archive is written: /api/v1/gaps has it before.
    """

    gaps: tuple[KeptGap, ...]
    next_before: str | None
    count: int | None
    note: str | None


class DatabaseHealth(Answer, frozen=True, kw_only=True):
    """Whether the database answers, and the figures of the pool that it is asked through.

    answered_ms: what it took for the smallest question, null where it did not answer.
    """

    status: Status
    detail: str
    answered_ms: float | None
    pool: PoolFigures


async def _gaps(past: Past, asked: AskedGaps) -> KeptGapPage:
    page = await past.gaps(_filter(asked), limit=asked.limit, before=asked.before, counts=asked.count)
    return KeptGapPage(
        as_of_ms=past.now_ms,
        gaps=tuple(map(_row, page.rows)),
        next_before=page.next_before,
        count=page.count,
        note=page.note,
    )


def _filter(asked: AskedGaps) -> GapFilter:
    return GapFilter(
        venue=asked.venue,
        symbol=asked.symbol,
        channel=asked.channel,
        since_ns=_ns(asked.since_ms),
        until_ns=_ns(asked.until_ms),
        only_open=asked.only_open,
    )


def _ns(moment_ms: int | None) -> int | None:
    return None if moment_ms is None else min(moment_ms * MILLISECOND, _LAST_NS)


def _row(gap: Gap) -> KeptGap:
    return KeptGap(
        venue=gap.venue,
        symbol=gap.symbol,
        channel=gap.channel,
        from_ms=gap.gap_from // MILLISECOND,
        to_ms=None if gap.gap_to is None else gap.gap_to // MILLISECOND,
        cause=gap.cause,
        repair=gap.repair.value,
        repaired=gap.repaired,
        lost=gap.lost,
    )


def _export(past: Past, asked: AskedGaps) -> PastExport | None:
    if asked.format == "json":
        return None
    is_table = asked.format == "csv"
    return PastExport(
        content_type="text/csv" if is_table else "application/x-ndjson",
        file_name=f"gaps.{asked.format}",
        pieces=_pieces(past, _filter(asked), table if is_table else lines, head(KeptGap) if is_table else b""),
    )


async def _pieces(
    past: Past, wanted: GapFilter, write: Callable[[list[KeptGap]], bytes], begin: bytes
) -> AsyncGenerator[bytes, None]:
    async with aclosing(past.every_gap(wanted)) as parts:
        async for part in parts:
            yield begin + write([_row(gap) for gap in part])
            begin = b""
    if begin:
        yield begin


async def _database(past: Past, _: Nothing) -> DatabaseHealth:
    try:
        took_ms: float | None = round(await past.check(), 2)
        status, detail = Status.OK, "it answers"
    except UnmadeError as error:
        took_ms, status, detail = None, Status.OK, str(error)
    except DatabaseError as error:
        took_ms, status, detail = None, Status.DOWN, str(error)
    return DatabaseHealth(as_of_ms=past.now_ms, status=status, detail=detail, answered_ms=took_ms, pool=past.figures())


def _when_down(health: DatabaseHealth) -> int:
    return _NOT_WELL if health.status is Status.DOWN else 200


ROUTES = (
    PastRoute(
        path="/api/v1/history/gaps",
        summary="Every gap that the database keeps: a page of them, or an export",
        asked=AskedGaps,
        answer=KeptGapPage,
        give=_gaps,
        export=_export,
        transient=2 * MIB,
    ),
    PastRoute(
        path="/health/database",
        summary="Whether the database answers, and who asks it; 503 when it does not",
        asked=Nothing,
        answer=DatabaseHealth,
        give=_database,
        status=_when_down,
    ),
)
