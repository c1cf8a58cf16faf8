"""The markets that are watched, and how each of their channels stands."""

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Milliseconds, Nothing, Route, Symbol
from tidemark.market.freshness import CHANNELS
from tidemark.model.instrument import Instrument
from tidemark.units import MILLISECOND


class WatchedMarket(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change from trade to trade. decimals: digits behind the point that show every tick of the price."""

    symbol: Symbol
    base: str
    quote: str
    tick_size: float
    lot_size: float
    decimals: int
    status: str
    listed_ms: Milliseconds | None


class WatchedMarkets(Answer, frozen=True, kw_only=True):
    """The markets that are watched, from A to Z."""

    symbols: tuple[WatchedMarket, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which market."""

    symbol: Symbol


class ChannelStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One channel: live, stale, gap, polled (REST stands in for its stream) or waiting.

    age_s: since its newest message reached us; it is stale beyond stale_after_s. lag_s: between the exchange's stamp
    and its arrival, where the clocks are known well enough.
    """

    channel: str
    state: str
    age_s: float | None
    stale_after_s: float
    lag_s: float | None
    is_polled: bool


class HeldCandles(msgspec.Struct, frozen=True, kw_only=True):
    """Candles of one timeframe: how many are held of how many, and when the newest one opened."""

    timeframe: str
    held: int
    capacity: int
    newest_ms: Milliseconds | None


class MarketStanding(Answer, frozen=True, kw_only=True):
    """One market, its channels and its candles."""

    market: WatchedMarket
    channels: tuple[ChannelStanding, ...]
    candles: tuple[HeldCandles, ...]


def _market(instrument: Instrument) -> WatchedMarket:
    return WatchedMarket(
        symbol=instrument.symbol,
        base=instrument.base,
        quote=instrument.quote,
        tick_size=instrument.tick_size,
        lot_size=instrument.lot_size,
        decimals=instrument.price_decimals,
        status=instrument.status.value,
        listed_ms=None if instrument.launched_at is None else instrument.launched_at // MILLISECOND,
    )


def _all(monitor: Monitor, _: Nothing) -> WatchedMarkets:
    watched = sorted(monitor.engine.universe.occupied(), key=lambda entry: entry[1].symbol)
    return WatchedMarkets(as_of_ms=monitor.now_ms, symbols=tuple(_market(instrument) for _, instrument in watched))


def _one(monitor: Monitor, asked: Asked) -> MarketStanding:
    slot, engine = monitor.slot(asked.symbol), monitor.engine
    channels = []
    for name in CHANNELS:
        reading = engine.reading(slot, name)
        channels.append(
            ChannelStanding(
                channel=name,
                state=reading.state.value,
                age_s=reading.age_s,
                stale_after_s=reading.bound_s,
                lag_s=reading.lag_s,
                is_polled=reading.is_polled,
            )
        )
    held = []
    for timeframe in engine.candles.timeframes:
        newest = engine.candles.newest(slot, timeframe)
        held.append(
            HeldCandles(
                timeframe=timeframe.value,
                held=engine.candles.held(timeframe, [slot])[0],
                capacity=engine.candles.capacity(timeframe),
                newest_ms=None if newest is None else newest // MILLISECOND,
            )
        )
    return MarketStanding(
        as_of_ms=monitor.now_ms,
        market=_market(monitor.instrument(asked.symbol)),
        channels=tuple(channels),
        candles=tuple(held),
    )


ROUTES = (
    Route(
        path="/api/v1/symbols", summary="The markets that are watched", asked=Nothing, answer=WatchedMarkets, give=_all
    ),
    Route(
        path="/api/v1/symbols/{symbol}",
        summary="One market, how its channels stand and which candles are held",
        asked=Asked,
        answer=MarketStanding,
        give=_one,
    ),
)
