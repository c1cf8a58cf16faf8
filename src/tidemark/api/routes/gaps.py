"""What was not seen: gaps that are open, and those that closed lately."""

from heapq import nlargest
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Milliseconds, Route, Symbol
from tidemark.model import gap as model
from tidemark.units import MIB, MILLISECOND


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which gaps: the newest `limit` that sort behind the cursor."""

    symbol: Annotated[Symbol | None, Meta(description="Only this market")] = None
    channel: Annotated[
        Literal["trades", "tickers", "klines", "books", "liquidations", "marks"] | None,
        Meta(description="Only this channel"),
    ] = None
    only_open: Annotated[bool, Meta(description="Only those that have not ended")] = False
    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many")] = 100
    before: Annotated[
        Annotated[str, Meta(max_length=120)] | None, Meta(description="What `next_before` of the page before said")
    ] = None


class SeenGap(msgspec.Struct, frozen=True, kw_only=True):
    """One gap, by our clock; to_ms null: still open. repair: none, trades, klines or snapshot.

    Of its 1-minute candles `repaired` were mended, `lost` stay absent or are known to be short of trades.
    """

    symbol: str
    channel: str
    from_ms: Milliseconds
    to_ms: Milliseconds | None
    cause: str
    repair: str
    repaired: int
    lost: int


class GapPage(Answer, frozen=True, kw_only=True):
    """A page of gaps, the newest first; next_before asks for the next page, null where there is none.

    Those that closed long ago are in the database: `tidemark gaps` lists them.
    """

    gaps: tuple[SeenGap, ...]
    next_before: str | None


def _gaps(monitor: Monitor, asked: Asked) -> GapPage:
    fit = (
        gap
        for gap in monitor.engine.gaps.gaps()
        if (asked.symbol is None or gap.symbol == asked.symbol)
        and (asked.channel is None or gap.channel == asked.channel)
        and not (asked.only_open and gap.gap_to is not None)
        and (asked.before is None or _key(gap) < asked.before)
    )
    newest = nlargest(asked.limit + 1, fit, key=_key)
    shown = newest[: asked.limit]
    return GapPage(
        as_of_ms=monitor.now_ms,
        gaps=tuple(
            SeenGap(
                symbol=gap.symbol,
                channel=gap.channel,
                from_ms=gap.gap_from // MILLISECOND,
                to_ms=None if gap.gap_to is None else gap.gap_to // MILLISECOND,
                cause=gap.cause,
                repair=gap.repair.value,
                repaired=gap.repaired,
                lost=gap.lost,
            )
            for gap in shown
        ),
        next_before=_key(shown[-1]) if len(newest) > len(shown) else None,
    )


def _key(gap: model.Gap) -> str:
    """Sorts by time, and is another for every gap."""
    return f"{gap.gap_from:020d} {gap.symbol} {gap.channel}"


ROUTES = (
    Route(
        path="/api/v1/gaps",
        summary="What was not seen, and what became of it",
        asked=Asked,
        answer=GapPage,
        give=_gaps,
        transient=4 * MIB,
    ),
)
