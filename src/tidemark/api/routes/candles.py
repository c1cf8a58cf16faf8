"""Candles: a page of them as columns, or all that are held as an export."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta

from tidemark.api.exports import head, lines, table
from tidemark.api.monitor import Monitor
from tidemark.api.numbers import shortest, shortest_known
from tidemark.api.routes.base import Answer, Export, Milliseconds, Route, Symbol
from tidemark.market.level import Array
from tidemark.model.candle import Candle, Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND

# Candles in one piece of an export.
_PIECE = 500
_ORIGINS = tuple(origin.name.lower() for origin in Origin)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which candles: the newest `limit` that opened before `before_ms`; an export gives all that are held instead."""

    symbol: Symbol
    timeframe: Annotated[
        Literal["10s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"], Meta(description="How long each candle is")
    ] = "1m"
    limit: Annotated[int, Meta(ge=1, le=5000, description="At most so many")] = 1000
    before_ms: Annotated[Milliseconds | None, Meta(description="What `next_before_ms` of the page after it said")] = (
        None
    )
    format: Annotated[Literal["json", "ndjson", "csv"], Meta(description="ndjson and csv: an export")] = "json"


class CandleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One candle. Prices and turnover in quote currency, volume and what aggressors bought of it in base currency.

    bought, trades: null where the figures are the exchange's and it does not tell them. origin: trades, exchange,
    repaired, filled (no trade while the feed was alive), partial (some of it was not seen) or provisional (still open).
    """

    open_time_ms: Milliseconds
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    bought: float | None
    trades: int | None
    origin: str
    revised: bool


class CandleColumns(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of several candles, oldest first; see CandleRow."""

    open_time_ms: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]
    turnover: list[float]
    bought: list[float | None]
    trades: list[int | None]
    origin: list[str]
    revised: list[bool]


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time whose candles are missing: the feed was dead, and nothing stands in for it."""

    from_ms: Milliseconds
    to_ms: Milliseconds


class CandlePage(Answer, frozen=True, kw_only=True):
    """A page of candles, oldest first. next_before_ms: asks for the page before it; null where there is none.

    holes: stretches between them without a candle. provisional: the one that is open now, on the newest page.
    """

    symbol: str
    timeframe: str
    columns: CandleColumns
    holes: tuple[Hole, ...]
    provisional: CandleRow | None
    next_before_ms: Milliseconds | None


def _page(monitor: Monitor, asked: Asked) -> CandlePage:
    slot, timeframe = monitor.slot(asked.symbol), monitor.timeframe(asked.timeframe)
    candles = monitor.engine.candles
    held = candles.closed(slot, timeframe, candles.capacity(timeframe))
    before = asked.before_ms * MILLISECOND if asked.before_ms is not None else None
    older = held if before is None else [one for one in held if one.open_time < before]
    shown = older[-asked.limit :]
    return CandlePage(
        as_of_ms=monitor.now_ms,
        symbol=asked.symbol,
        timeframe=asked.timeframe,
        columns=_columns(shown),
        holes=_holes(shown, timeframe),
        provisional=_provisional(monitor, slot, timeframe) if before is None else None,
        next_before_ms=shown[0].open_time // MILLISECOND if len(older) > len(shown) else None,
    )


def _provisional(monitor: Monitor, slot: int, timeframe: Timeframe) -> CandleRow | None:
    candle = monitor.engine.candles.provisional(slot, timeframe)
    return None if candle is None else _row(candle)


def _row(candle: Candle) -> CandleRow:
    return CandleRow(
        open_time_ms=candle.open_time // MILLISECOND,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=shortest([candle.volume])[0],
        turnover=shortest([candle.turnover])[0],
        bought=shortest_known([candle.buy_volume])[0],
        trades=candle.trades,
        origin=_ORIGINS[candle.origin],
        revised=candle.revised,
    )


def _columns(candles: list[Candle]) -> CandleColumns:
    return CandleColumns(
        open_time_ms=[one.open_time // MILLISECOND for one in candles],
        open=[one.open for one in candles],
        high=[one.high for one in candles],
        low=[one.low for one in candles],
        close=[one.close for one in candles],
        volume=shortest([one.volume for one in candles]),
        turnover=shortest([one.turnover for one in candles]),
        bought=shortest_known([one.buy_volume for one in candles]),
        trades=[one.trades for one in candles],
        origin=[_ORIGINS[one.origin] for one in candles],
        revised=[one.revised for one in candles],
    )


def _holes(candles: list[Candle], timeframe: Timeframe) -> tuple[Hole, ...]:
    opened: Array = np.array([one.open_time for one in candles], np.int64)
    after = np.flatnonzero(np.diff(opened) > timeframe.ns)
    return tuple(
        Hole(from_ms=(int(opened[at]) + timeframe.ns) // MILLISECOND, to_ms=int(opened[at + 1]) // MILLISECOND)
        for at in after.tolist()
    )


def _export(monitor: Monitor, asked: Asked) -> Export | None:
    if asked.format == "json":
        return None
    monitor.slot(asked.symbol)
    timeframe = monitor.timeframe(asked.timeframe)
    name = f"{asked.symbol}-{asked.timeframe}.{asked.format}"
    if asked.format == "ndjson":
        pieces = _pieces(monitor, asked.symbol, timeframe, lines)
        return Export(content_type="application/x-ndjson", file_name=name, pieces=pieces)
    pieces = chain((head(CandleRow),), _pieces(monitor, asked.symbol, timeframe, table))
    return Export(content_type="text/csv", file_name=name, pieces=pieces)


def _pieces(
    monitor: Monitor, symbol: str, timeframe: Timeframe, write: Callable[[list[CandleRow]], bytes]
) -> Iterator[bytes]:
    """All closed candles that are held, oldest first, in pieces: each is read when its turn comes.

    Between two of them nothing is held but the one that is on its way. A market that leaves meanwhile ends it.
    """
    since = -1
    while (slot := monitor.engine.universe.slots.get(symbol)) is not None:
        piece, since = _written(monitor, slot, timeframe, since, write)
        if not piece:
            return
        yield piece


def _written(
    monitor: Monitor, slot: int, timeframe: Timeframe, since: int, write: Callable[[list[CandleRow]], bytes]
) -> tuple[bytes, int]:
    """The next candles that opened after *since*, and when the last of them did; empty when there is none."""
    candles = monitor.engine.candles
    later = [one for one in candles.closed(slot, timeframe, candles.capacity(timeframe)) if one.open_time > since]
    next_ones = later[:_PIECE]
    return (write([_row(one) for one in next_ones]), next_ones[-1].open_time) if next_ones else (b"", since)


ROUTES = (
    Route(
        path="/api/v1/symbols/{symbol}/candles",
        summary="A page of candles, or an export of all that are held",
        asked=Asked,
        answer=CandlePage,
        give=_page,
        export=_export,
        transient=4 << 20,
    ),
)
