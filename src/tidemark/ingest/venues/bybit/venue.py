"""Bybit, linear USDT perpetuals."""

from collections.abc import Mapping, Sequence

from tidemark.ingest.venues.base import Channel, Endpoints, Heartbeat, Parser, Request, Socket, Spent
from tidemark.ingest.venues.bybit import rest, subscribe
from tidemark.ingest.venues.bybit.parse import BybitParser
from tidemark.model.events import Kline, TickerUpdate, Trade
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe


class Bybit:
    """See Venue."""

    name = "bybit"
    budget = rest.BUDGET
    # https://bybit-exchange.github.io/docs/v5/ws/connect recommends a ping every 20 seconds.
    heartbeat = Heartbeat(every_s=20.0, message=b'{"req_id":"ping","op":"ping"}')
    limits = subscribe.LIMITS
    trade_streams: tuple[str, ...] = subscribe.TRADE_STREAMS
    has_numbered_trades = False
    klines_per_page = rest.PAGE

    def __init__(self, endpoints: Endpoints | None = None) -> None:
        self.endpoints = endpoints or Endpoints("https://api.bybit.com", "wss://stream.bybit.com")

    def parser(self, slots: dict[str, int]) -> Parser:
        return BybitParser(slots)

    def sockets(self, symbols: Sequence[str], channels: Sequence[Channel], stream: str = "") -> list[Socket]:
        return subscribe.sockets(self.endpoints.stream, symbols, channels, stream)

    def subscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("subscribe", topics, request_id)

    def unsubscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        return subscribe.message("unsubscribe", topics, request_id)

    def instruments(self, cursor: str | None = None) -> Request:
        return rest.instruments(cursor)

    def parse_instruments(self, body: bytes) -> tuple[list[Instrument], str | None]:
        return rest.parse_instruments(body)

    def tickers(self) -> Request:
        return rest.tickers()

    def parse_tickers(self, body: bytes, ts_recv: int) -> list[TickerUpdate]:
        return rest.parse_tickers(body, ts_recv)

    def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> Request:
        return rest.klines(symbol, timeframe, start_ms, limit)

    def parse_klines(self, body: bytes, symbol: str, timeframe: Timeframe, ts_recv: int) -> list[Kline]:
        return rest.parse_klines(body, symbol, timeframe, ts_recv)

    def recent_trades(self, symbol: str, limit: int, stream: str = "") -> Request:
        del stream  # there is one, and its ids are those of REST
        return rest.recent_trades(symbol, limit)

    def parse_recent_trades(self, body: bytes, symbol: str, ts_recv: int) -> list[Trade]:
        return rest.parse_recent_trades(body, symbol, ts_recv)

    def server_time(self) -> Request:
        return rest.server_time()

    def parse_server_time(self, body: bytes) -> int:
        return rest.parse_server_time(body)

    def spent(self, headers: Mapping[str, str]) -> Spent:
        return rest.spent(headers)


VENUE = Bybit
