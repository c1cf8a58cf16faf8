"""The newest trades of a market."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.numbers import shortest
from tidemark.api.routes.base import Answer, Route, Symbol
from tidemark.units import MILLISECOND


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How many trades of which market."""

    symbol: Symbol
    limit: Annotated[int, Meta(ge=1, le=5000, description="At most so many")] = 100


class TradeColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Trades, oldest first: when by the exchange's clock, price, size in base currency, and if the aggressor bought."""

    time_ms: list[int]
    price: list[float]
    size: list[float]
    is_buy: list[bool]


class NewestTrades(Answer, frozen=True, kw_only=True):
    """The newest trades that are held."""

    symbol: str
    columns: TradeColumns


def _trades(monitor: Monitor, asked: Asked) -> NewestTrades:
    rows = monitor.engine.tape.rows(monitor.slot(asked.symbol), asked.limit)
    return NewestTrades(
        as_of_ms=monitor.now_ms,
        symbol=asked.symbol,
        columns=TradeColumns(
            time_ms=(rows["ts_event"] // MILLISECOND).tolist(),
            price=rows["price"].tolist(),
            size=shortest(rows["size"]),
            is_buy=(rows["is_buy"] > 0).tolist(),
        ),
    )


ROUTES = (
    Route(
        path="/api/v1/symbols/{symbol}/trades",
        summary="The newest trades of a market",
        asked=Asked,
        answer=NewestTrades,
        give=_trades,
    ),
)
