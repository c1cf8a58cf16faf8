"""The market at a glance: how many markets are how, their sums, and those at the ends of every list."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.market_view import MarketView, market_view
from tidemark.api.monitor import Monitor
from tidemark.api.push.figures import NAMES, STATES
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.errors import RequestError
from tidemark.model.timeframe import Timeframe
from tidemark.units import MIB

Array = npt.NDArray[Any]

_MOST = 10


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Markets by how their trades come in, how many have a score, and sums over those that are known, in USDT."""

    markets: int
    live: int
    stale: int
    gap: int
    polled: int
    waiting: int
    scored: int
    turnover_24h: float | None
    open_interest_value: float | None


class MovingMarket(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A market at an end of a list, and the figure that put it there."""

    symbol: str
    value: float


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """The ten markets with the highest figure, the highest first, and the ten with the lowest, the lowest first."""

    highest: tuple[MovingMarket, ...]
    lowest: tuple[MovingMarket, ...]


class Movers(msgspec.Struct, frozen=True, kw_only=True):
    """Changes and funding as fractions, the score from 0 to 100; a market whose figure is not known is in no list."""

    score: Ends
    change_1h: Ends
    change_24h: Ends
    funding: Ends
    open_interest_change_1h: Ends


class Overview(Answer, frozen=True, kw_only=True):
    """The market at a glance. market: null where nothing is scored."""

    totals: Totals
    movers: Movers
    market: MarketView | None


def _overview(monitor: Monitor, _: Nothing) -> Overview:
    if monitor.market is None:
        raise RequestError(503, "the process has just started; ask again in a second")
    engine, analysis = monitor.engine, monitor.engine.analysis
    occupied = engine.universe.occupied()
    slots = np.array([slot for slot, _ in occupied], np.int64)
    symbols = [instrument.symbol for _, instrument in occupied]
    columns = dict(zip(NAMES, monitor.market.now(monitor.now_ns)[:, slots], strict=True))
    states = {state.value: int(np.count_nonzero(columns["state"] == code)) for code, state in enumerate(STATES)}

    def ends(name: str) -> Ends:
        values = columns[name]
        known = np.flatnonzero(np.isfinite(values))
        order = known[np.argsort(values[known], kind="stable")]
        return Ends(highest=_told(order[::-1][:_MOST], symbols, values), lowest=_told(order[:_MOST], symbols, values))

    view = None
    if analysis is not None:
        view = market_view(analysis, engine.universe.slots, Timeframe.M5, monitor.parts.overview.reading())
    return Overview(
        as_of_ms=monitor.now_ms,
        totals=Totals(
            markets=len(occupied),
            scored=int(np.count_nonzero(np.isfinite(columns["score"]))),
            turnover_24h=_sum(columns["turnover_24h"]),
            open_interest_value=_sum(columns["open_interest"]),
            **states,
        ),
        movers=Movers(
            score=ends("score"),
            change_1h=ends("change_1h"),
            change_24h=ends("change_24h"),
            funding=ends("funding"),
            open_interest_change_1h=ends("open_interest_change_1h"),
        ),
        market=view,
    )


def _told(order: Array, symbols: list[str], values: Array) -> tuple[MovingMarket, ...]:
    return tuple(MovingMarket(symbol=symbols[at], value=float(values[at])) for at in order.tolist())


def _sum(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.sum()) if len(known) else None


ROUTES = (
    Route(
        path="/api/v1/overview",
        summary="The market at a glance: states, sums and the ends of every list",
        asked=Nothing,
        answer=Overview,
        give=_overview,
        transient=4 * MIB,
    ),
)
