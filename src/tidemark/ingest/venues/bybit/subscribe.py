"""What to subscribe at Bybit, on how many connections."""

from collections.abc import Sequence

import msgspec

from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Channel, Socket, StreamLimits, Topic
from tidemark.ingest.venues.frame import chunked

# https://bybit-exchange.github.io/docs/v5/ws/connect: the topics of one connection take at most 21,000 characters, and
# futures have no limit by number. One message asks for few enough that a refusal is soon narrowed down.
LIMITS = StreamLimits(
    topics_per_socket=2000,
    bytes_per_socket=20_000,
    topics_per_message=200,
    bytes_per_message=20_000,
    messages_per_s=10.0,
)
# https://bybit-exchange.github.io/docs/v5/ws/connect
PATH = "/v5/public/linear"
TRADE_STREAMS = ("publicTrade",)
# https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
DEPTHS = (1, 50, 200, 1000)


def topics(symbols: Sequence[str], channels: Sequence[Channel], stream: str, depth: int = 50) -> list[Topic]:
    """One topic per symbol and channel, channel by channel; marks are part of the tickers."""
    if stream not in ("", *TRADE_STREAMS):
        raise SettingsError(f"bybit has no trade stream {stream!r}; it has: {', '.join(TRADE_STREAMS)}")
    offered = next((one for one in DEPTHS if one >= depth), None)
    if offered is None:
        raise SettingsError(f"bybit has no books of {depth} levels a side; the deepest have {DEPTHS[-1]}")
    prefix = {
        Channel.TRADES: "publicTrade.",
        Channel.TICKERS: "tickers.",
        Channel.KLINES: "kline.1.",
        Channel.BOOKS: f"orderbook.{offered}.",
        Channel.LIQUIDATIONS: "allLiquidation.",
    }
    return [
        Topic(prefix[channel] + symbol, channel, symbol)
        for channel in channels
        if channel in prefix
        for symbol in symbols
    ]


def sockets(
    url: str, symbols: Sequence[str], channels: Sequence[Channel], stream: str, depth: int = 50
) -> list[Socket]:
    """The connections that carry *channels* of *symbols*."""
    chunks = chunked(topics(symbols, channels, stream, depth), LIMITS.topics_per_socket, LIMITS.bytes_per_socket)
    return [Socket(url + PATH, chunk) for chunk in chunks]


def message(operation: str, names: Sequence[str], request_id: int) -> bytes:
    """A request to "subscribe" or "unsubscribe" *names*."""
    return msgspec.json.encode({"req_id": str(request_id), "op": operation, "args": names})
