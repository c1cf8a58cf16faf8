"""The market as a whole: breadth, regimes, and every market against the one that leads."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.analysis.market_view import MarketView, market_view
from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Route
from tidemark.model.timeframe import Timeframe
from tidemark.units import MIB


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """In which candles markets are compared."""

    timeframe: Annotated[Literal["1m", "5m"], Meta(description="The candles in which markets are compared")] = "5m"


class WholeMarket(Answer, frozen=True, kw_only=True):
    """The market as a whole."""

    market: MarketView


def _market(monitor: Monitor, asked: Asked) -> WholeMarket:
    view = market_view(
        monitor.analysis(),
        monitor.engine.universe.slots,
        Timeframe(asked.timeframe),
        monitor.parts.overview.reading(),
    )
    return WholeMarket(as_of_ms=monitor.now_ms, market=view)


ROUTES = (
    Route(
        path="/api/v1/market",
        summary="Breadth, regimes, dispersion, and each market against the one that leads",
        asked=Asked,
        answer=WholeMarket,
        give=_market,
        transient=4 * MIB,
    ),
)
