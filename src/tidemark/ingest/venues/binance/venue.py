"""Binance, USD-M perpetuals."""

from collections.abc import Mapping, Sequence

from tidemark.ingest.venues.base import Channel, Endpoints, Heartbeat, Parser, Request, Socket, Spent
from tidemark.ingest.venues.binance import rest, subscribe
from tidemark.ingest.venues.binance.parse import BinanceParser
from tidemark.model.events import Kline, TickerUpdate, Trade
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe


class Binance:
    """See Venue."""

    name = "binance"
    budget = rest.BUDGET
    # The exchange pings every 3 minutes and is content with an answer, which the WebSocket layer gives by itself.
    heartbeat = Heartbeat(every_s=180.0, message=None)
    limits = subscribe.LIMITS
    trade_streams: tuple[str, ...] = subscribe.TRADE_STREAMS
    has_numbered_trades = True
    klines_per_page = rest.KLINES_PAGE

    def __init__(self, endpoints: Endpoints | None = None) -> None:
        self.endpoints = endpoints or Endpoints("https://fapi.binance.com", "wss://fstream.binance.com")

    def parser(self, slots: dict[str, int]) -> Parser:
        return BinanceParser(slots)

    def sockets(self, symbols: Sequence[str], channels: Sequence[Channel], stream: str = "") -> list[Socket]:
        return subscribe.sockets(self.endpoints.stream, symbols, channels, stream)

    def subscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("SUBSCRIBE", topics, request_id)

    def unsubscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("UNSUBSCRIBE", topics, request_id)

    def instruments(self, cursor: str | None = None) -> Request:
        del cursor  # all of them come in one reply
        return rest.instruments()

    def parse_instruments(self, body: bytes) -> tuple[list[Instrument], str | None]:
        return rest.parse_instruments(body), None

    def tickers(self) -> Request:
        return rest.tickers()

    def parse_tickers(self, body: bytes, ts_recv: int) -> list[TickerUpdate]:
        return rest.parse_tickers(body, ts_recv)

    def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> Request:
        return rest.klines(symbol, timeframe, start_ms, limit)

    def parse_klines(self, body: bytes, symbol: str, timeframe: Timeframe, ts_recv: int) -> list[Kline]:
        return rest.parse_klines(body, symbol, timeframe, ts_recv)

    def recent_trades(self, symbol: str, limit: int, stream: str = "") -> Request:
        return rest.recent_trades(symbol, limit, stream)

    def parse_recent_trades(self, body: bytes, symbol: str, ts_recv: int) -> list[Trade]:
        return rest.parse_recent_trades(body, symbol, ts_recv)

    def server_time(self) -> Request:
        return rest.server_time()

    def parse_server_time(self, body: bytes) -> int:
        return rest.parse_server_time(body)

    def spent(self, headers: Mapping[str, str]) -> Spent:
        return rest.spent(headers)


VENUE = Binance
