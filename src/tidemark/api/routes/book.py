"""The order book of a market, best levels first."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Route, Symbol
from tidemark.errors import RequestError
from tidemark.units import SECOND


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How much of which book."""

    symbol: Symbol
    levels: Annotated[int, Meta(ge=1, le=200, description="Levels of each side, at most")] = 20


class OrderBook(Answer, frozen=True, kw_only=True):
    """Price and size of each level, in quote and base currency. A book that is out of sync has none, and no figures.

    age_s: since its newest message reached us. imbalance: of the best levels, in [-1, 1]; above 0: more is bid for.
    """

    symbol: str
    is_synced: bool
    age_s: float | None
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    mid: float | None
    microprice: float | None
    spread_bps: float | None
    imbalance: float | None


def _book(monitor: Monitor, asked: Asked) -> OrderBook:
    slot, books = monitor.slot(asked.symbol), monitor.engine.books
    if books is None:
        raise RequestError(404, "no books are kept: books is not among venue.channels in the settings")
    top, levels = books.top(slot), books.levels(slot, asked.levels)
    if top is None or levels is None:
        return OrderBook(
            as_of_ms=monitor.now_ms, symbol=asked.symbol, is_synced=books.is_synced(slot), age_s=None, bids=[], asks=[],
            mid=None, microprice=None, spread_bps=None, imbalance=None,
        )  # fmt: skip
    return OrderBook(
        as_of_ms=monitor.now_ms,
        symbol=asked.symbol,
        is_synced=True,
        age_s=max(monitor.now_ns - top.ts_recv, 0) / SECOND,
        bids=[(price, size) for price, size in levels.bids.tolist()],
        asks=[(price, size) for price, size in levels.asks.tolist()],
        mid=top.mid,
        microprice=top.microprice,
        spread_bps=top.spread_bps,
        imbalance=top.imbalance,
    )


ROUTES = (
    Route(
        path="/api/v1/symbols/{symbol}/book",
        summary="The order book of a market",
        asked=Asked,
        answer=OrderBook,
        give=_book,
    ),
)
