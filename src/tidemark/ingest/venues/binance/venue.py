"""Binance, USD-M perpetuals."""

from collections.abc import Sequence

from tidemark.ingest.venues.base import Channel, Endpoints, Heartbeat, Parser, Socket
from tidemark.ingest.venues.binance import derivatives, rest, subscribe
from tidemark.ingest.venues.binance.parse import BinanceParser
from tidemark.ingest.venues.queries import DerivativeQueries, Queries
from tidemark.model.book import BookRules


class Binance:
    """See Venue."""

    name = "binance"
    # The exchange pings every 3 minutes and is content with an answer, which the WebSocket layer gives by itself.
    heartbeat = Heartbeat(every_s=180.0, message=None)
    limits = subscribe.LIMITS
    trade_streams: tuple[str, ...] = subscribe.TRADE_STREAMS
    has_numbered_trades = True
    # https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly
    book_rules = BookRules(resyncs_by_rest=True)
    opens_at_close = False
    rest: Queries = rest
    derivatives: DerivativeQueries = derivatives

    def __init__(self, endpoints: Endpoints | None = None) -> None:
        self.endpoints = endpoints or Endpoints("https://fapi.binance.com", "wss://fstream.binance.com")

    def parser(self, slots: dict[str, int]) -> Parser:
        return BinanceParser(slots)

    def sockets(
        self, symbols: Sequence[str], channels: Sequence[Channel], stream: str = "", depth: int = 50
    ) -> list[Socket]:
        del depth  # the stream carries changes of the whole book
        return subscribe.sockets(self.endpoints.stream, symbols, channels, stream)

    def subscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("SUBSCRIBE", topics, request_id)

    def unsubscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("UNSUBSCRIBE", topics, request_id)


VENUE = Binance
