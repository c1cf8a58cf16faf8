"""What to subscribe at Binance, on how many connections."""

from collections.abc import Sequence

import msgspec

from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Channel, Socket, StreamLimits, Topic
from tidemark.ingest.venues.frame import chunked

# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams: 10 incoming messages
# per second, pings and pongs among them, so we stay below. The page has said 200 and 1,024 streams per connection, at
# different times and on different mirrors; the lower number is right in both cases. A message past 4,096 bytes is
# answered with "illegal request". A connection is ended after 24 hours.
LIMITS = StreamLimits(
    topics_per_socket=200,
    bytes_per_socket=1 << 20,
    topics_per_message=200,
    bytes_per_message=3800,
    messages_per_s=5.0,
    max_age_s=86_400.0,
)
TRADE_STREAMS = ("aggTrade", "trade")
# Since the split of 2026-04 books and bookTicker are "public" streams, all others "market" streams.
MARKET = "/market/stream"
PUBLIC = "/public/stream"


def topics(symbols: Sequence[str], channels: Sequence[Channel], stream: str) -> list[Topic]:
    """One topic per symbol for trades, candles and books, one for the others of all symbols."""
    if stream not in ("", *TRADE_STREAMS):
        raise SettingsError(f"binance has no trade stream {stream!r}; it has: {', '.join(TRADE_STREAMS)}")
    found: list[Topic] = []
    for channel in channels:
        match channel:
            case Channel.TRADES:
                suffix = "@" + (stream or TRADE_STREAMS[0])
                found += [Topic(symbol.lower() + suffix, channel, symbol) for symbol in symbols]
            case Channel.KLINES:
                found += [Topic(symbol.lower() + "@kline_1m", channel, symbol) for symbol in symbols]
            case Channel.TICKERS:
                found.append(Topic("!ticker@arr", channel, ""))
            case Channel.BOOKS:
                found += [Topic(symbol.lower() + "@depth@100ms", channel, symbol) for symbol in symbols]
            case Channel.LIQUIDATIONS:
                found.append(Topic("!forceOrder@arr", channel, ""))
            case Channel.MARKS:
                found.append(Topic("!markPrice@arr@1s", channel, ""))
    return found


def sockets(url: str, symbols: Sequence[str], channels: Sequence[Channel], stream: str) -> list[Socket]:
    """The connections that carry *channels* of *symbols*."""
    wanted = topics(symbols, channels, stream)
    found: list[Socket] = []
    for path, are_books in ((MARKET, False), (PUBLIC, True)):
        some = [topic for topic in wanted if (topic.channel is Channel.BOOKS) is are_books]
        chunks = chunked(some, LIMITS.topics_per_socket, LIMITS.bytes_per_socket)
        found += [Socket(url + path, chunk) for chunk in chunks]
    return found


def message(method: str, names: Sequence[str], request_id: int) -> bytes:
    """A request to SUBSCRIBE or UNSUBSCRIBE *names*."""
    return msgspec.json.encode({"method": method, "params": names, "id": request_id})
