"""Wyckoff structure: one market in one timeframe, with every rule of every event, and all markets side by side."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.analysis.wyckoff import market
from tidemark.analysis.wyckoff.told import Reading
from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Route, Symbol
from tidemark.errors import RequestError
from tidemark.model.timeframe import Timeframe
from tidemark.settings.base import TimeframeName
from tidemark.signals.structure_trades import JudgedRule
from tidemark.units import MIB

Candles = Annotated[TimeframeName, Meta(description="Candles in which structure is read")]
_ANY = 1_000_000
Phase = Literal["any", "A", "B", "C", "D", "E", "none"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which market, and in which candles."""

    symbol: Symbol
    timeframe: Candles = "1h"


class AskedScan(msgspec.Struct, frozen=True, kw_only=True):
    """Which markets: all that fulfil what is given."""

    timeframe: Candles = "1h"
    phase: Annotated[Phase, Meta(description="Only markets in this phase, or in no range")] = "any"
    direction: Annotated[Literal[-1, 0, 1], Meta(description="Only what leans up, 1, or down, -1; 0 for all")] = 0
    event: Annotated[
        str, Meta(max_length=16, description="Only where this was the newest event", examples=["SPRING"])
    ] = ""
    within: Annotated[
        int, Meta(ge=0, le=_ANY, description="Only where the newest event was known so many bars ago, at most")
    ] = _ANY


class StructureRead(Answer, frozen=True, kw_only=True):
    """The structure of a market. timeframes: those that are read; higher: the same in the next longer of them.

    judged: by the rules of signals, in the candles that they read; of others nothing.
    """

    symbol: str
    timeframe: Timeframe
    timeframes: list[Timeframe]
    higher: market.Higher | None
    reading: Reading
    judged: list[JudgedRule]


class StructureScan(Answer, frozen=True, kw_only=True):
    """Markets by symbol. warming_up: how many have not had enough candles; watched: all there are."""

    timeframe: Timeframe
    timeframes: list[Timeframe]
    rows: list[market.Scanned]
    warming_up: int
    watched: int


def _read(monitor: Monitor, asked: Asked) -> StructureRead:
    timeframe = _timeframe(monitor, asked.timeframe)
    analysis, slot, signals = monitor.analysis(), monitor.slot(asked.symbol), monitor.engine.signals
    told = market.structured(analysis, asked.symbol, slot, timeframe)
    return StructureRead(
        as_of_ms=monitor.now_ms,
        symbol=told.symbol,
        timeframe=timeframe,
        timeframes=told.timeframes,
        higher=told.higher,
        reading=told.reading,
        judged=[] if signals is None else signals.judged_in(analysis, timeframe, slot),
    )


def _scan(monitor: Monitor, asked: AskedScan) -> StructureScan:
    told = market.scan(monitor.analysis(), _timeframe(monitor, asked.timeframe))
    return StructureScan(
        as_of_ms=monitor.now_ms,
        timeframe=told.timeframe,
        timeframes=told.timeframes,
        rows=[row for row in told.rows if _is_wanted(row, asked)],
        warming_up=told.warming_up,
        watched=told.watched,
    )


def _is_wanted(row: market.Scanned, asked: AskedScan) -> bool:
    if asked.phase not in {"any", row.phase or "none"}:
        return False
    if asked.direction and row.direction != asked.direction:
        return False
    if asked.event and (row.newest is None or row.newest.name != asked.event.upper()):
        return False
    return asked.within == _ANY or (row.newest is not None and row.newest.bars_ago <= asked.within)


def _timeframe(monitor: Monitor, name: str) -> Timeframe:
    """One of those in which structure is read; RequestError (404) for another."""
    read = market.timeframes(monitor.analysis())
    found = [one for one in read if one.value == name]
    if not found:
        there = ", ".join(one.value for one in read) or (
            "none, as wyckoff.enabled, wyckoff.timeframes and candles.timeframes say"
        )
        raise RequestError(404, f"structure is not read in {name} candles; it is in: {there}")
    return found[0]


ROUTES = (
    Route(
        path="/api/v1/symbols/{symbol}/wyckoff",
        summary="The structure of a market: range, phase, events with each rule, schematic, cause",
        asked=Asked,
        answer=StructureRead,
        give=_read,
    ),
    Route(
        path="/api/v1/wyckoff/scan",
        summary="The structure of every market, side by side",
        asked=AskedScan,
        answer=StructureScan,
        give=_scan,
        transient=2 * MIB,
    ),
)
