"""How good the data of every market is: its channels, its book, its candles against the exchange's."""

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.market.freshness import CHANNELS
from tidemark.units import MIB


class MarketQuality(msgspec.Struct, frozen=True, kw_only=True):
    """One market. channels: how each stands (live, stale, gap, polled, waiting).

    Of `compared` closed candles `mismatched` differed from the exchange's, whose figures they have now. book_synced:
    null where no books are kept.
    """

    symbol: str
    channels: dict[str, str]
    book_synced: bool | None
    compared: int
    mismatched: int


class Quality(Answer, frozen=True, kw_only=True):
    """Every market from A to Z. subscribed: the channels that are."""

    subscribed: tuple[str, ...]
    markets: tuple[MarketQuality, ...]


def _quality(monitor: Monitor, _: Nothing) -> Quality:
    engine = monitor.engine
    subscribed = tuple(name for name in CHANNELS if name in monitor.parts.settings.venue.channels)
    markets = []
    for slot, instrument in sorted(engine.universe.occupied(), key=lambda entry: entry[1].symbol):
        confirmed = engine.candles.confirmed.of(slot)
        markets.append(
            MarketQuality(
                symbol=instrument.symbol,
                channels={name: engine.reading(slot, name).state.value for name in subscribed},
                book_synced=None if engine.books is None else engine.books.is_synced(slot),
                compared=confirmed.checked,
                mismatched=confirmed.mismatched,
            )
        )
    return Quality(as_of_ms=monitor.now_ms, subscribed=subscribed, markets=tuple(markets))


ROUTES = (
    Route(
        path="/api/v1/quality",
        summary="How good the data of every market is",
        asked=Nothing,
        answer=Quality,
        give=_quality,
        transient=2 * MIB,
    ),
)
