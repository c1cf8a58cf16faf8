"""Bybit, linear USDT perpetuals."""

from collections.abc import Sequence

from tidemark.ingest.venues.base import Channel, Endpoints, Heartbeat, Parser, Socket
from tidemark.ingest.venues.bybit import derivatives, rest, subscribe
from tidemark.ingest.venues.bybit.parse import BybitParser
from tidemark.ingest.venues.queries import DerivativeQueries, Queries
from tidemark.model.book import BookRules


class Bybit:
    """See Venue."""

    name = "bybit"
    # https://bybit-exchange.github.io/docs/v5/ws/connect recommends a ping every 20 seconds.
    heartbeat = Heartbeat(every_s=20.0, message=b'{"req_id":"ping","op":"ping"}')
    limits = subscribe.LIMITS
    trade_streams: tuple[str, ...] = subscribe.TRADE_STREAMS
    has_numbered_trades = False
    # https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
    book_rules = BookRules(windows=(50, 200, 1000), resyncs_by_rest=False)
    opens_at_close = True
    rest: Queries = rest
    derivatives: DerivativeQueries = derivatives

    def __init__(self, endpoints: Endpoints | None = None) -> None:
        self.endpoints = endpoints or Endpoints("https://api.bybit.com", "wss://stream.bybit.com")

    def parser(self, slots: dict[str, int]) -> Parser:
        return BybitParser(slots)

    def sockets(
        self, symbols: Sequence[str], channels: Sequence[Channel], stream: str = "", depth: int = 50
    ) -> list[Socket]:
        return subscribe.sockets(self.endpoints.stream, symbols, channels, stream, depth)

    def subscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("subscribe", topics, request_id)

    def unsubscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("unsubscribe", topics, request_id)


VENUE = Bybit
