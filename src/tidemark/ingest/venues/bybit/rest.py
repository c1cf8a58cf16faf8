"""Bybit's v5 REST replies, for linear contracts."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tidemark.errors import DECODE_ERRORS, FrameError, RateLimitError, RefusedError, SettingsError
from tidemark.ingest.venues.bybit import wire
from tidemark.ingest.venues.bybit.parse import INTERVALS, is_linear, ticker_update
from tidemark.ingest.venues.frame import MS_TO_NS, FrameKind, refusal
from tidemark.ingest.venues.queries import Budget, Request, Spent
from tidemark.model.events import BookSnapshot, Kline, TickerUpdate, Trade
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.units import parse_whole

T = TypeVar("T")

# https://bybit-exchange.github.io/docs/v5/rate-limit: 600 requests in 5 seconds; after a 403, ten minutes of silence.
BUDGET = Budget(weight=600, window_s=5.0, ban_s=600.0)
KLINES_PAGE = 1000
TRADES_PAGE = 1000
TOO_MANY_VISITS = 10006

_STATUS = {
    "Trading": Status.TRADING,
    "PreLaunch": Status.PENDING,
    "Delivering": Status.CLOSING,
    "Settling": Status.CLOSING,
    "Closed": Status.CLOSED,
}
_INTERVAL = {timeframe: text for text, timeframe in INTERVALS.items()}


def decode(body: bytes, kind: type[T]) -> tuple[T, wire.Reply]:
    """The result of a reply; raises RateLimitError or RefusedError when it carries an error code."""
    try:
        reply = msgspec.json.decode(body, type=wire.Reply, strict=False)
        if reply.ret_code == 0:
            return msgspec.json.decode(reply.result, type=kind, strict=False), reply
    except DECODE_ERRORS as error:
        raise refusal(error) from error
    if reply.ret_code == TOO_MANY_VISITS:
        raise RateLimitError(f"bybit asks for patience: {reply.ret_msg[:200]} (code {reply.ret_code})")
    raise RefusedError(f"bybit refused the request: {reply.ret_msg[:200]} (code {reply.ret_code})")


# https://bybit-exchange.github.io/docs/v5/market/instrument
def instruments(cursor: str | None = None) -> Request:
    """A page of contracts that trade."""
    query = (("category", "linear"), ("limit", str(KLINES_PAGE)))
    return Request("/v5/market/instruments-info", query if cursor is None else (*query, ("cursor", cursor)), 1)


def parse_instruments(body: bytes) -> tuple[list[Instrument], str | None]:
    """The USDT perpetuals of a page. Perpetuals on stocks and metals are among them: they are LinearPerpetual too."""
    page, _ = decode(body, wire.InstrumentPage)
    return [
        Instrument(
            venue="bybit",
            symbol=row.symbol,
            base=row.base_coin,
            quote=row.quote_coin,
            tick_size=row.price_filter.tick_size,
            lot_size=row.lot_size_filter.qty_step,
            # A status that we do not know does not trade.
            status=_STATUS.get(row.status, Status.CLOSED),
            launched_at=row.launch_time * MS_TO_NS if row.launch_time else None,
            funding_interval_h=row.funding_interval / 60 if row.funding_interval else None,
        )
        for row in page.list
        if row.contract_type == "LinearPerpetual" and row.quote_coin == row.settle_coin == "USDT"
    ], page.next_page_cursor or None


# https://bybit-exchange.github.io/docs/v5/market/tickers
def tickers() -> Request:
    return Request("/v5/market/tickers", (("category", "linear"),), 1)


def parse_tickers(body: bytes, ts_recv: int) -> list[TickerUpdate]:
    """The tickers of linear USDT perpetuals."""
    page, reply = decode(body, wire.TickerList)
    ts_event = ts_recv if reply.time is None else reply.time * MS_TO_NS
    return [ticker_update(row, ts_event, ts_recv) for row in page.list if is_linear(row.symbol)]


# https://bybit-exchange.github.io/docs/v5/market/kline
def klines(symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> Request:
    interval = _INTERVAL.get(timeframe)
    if interval is None:
        raise SettingsError(
            f"bybit has no candles of {timeframe.value}; it has: {', '.join(t.value for t in _INTERVAL)}"
        )
    count = min(limit, KLINES_PAGE)
    end_ms = start_ms + count * (timeframe.ns // MS_TO_NS) - 1
    query = (
        ("category", "linear"),
        ("symbol", symbol),
        ("interval", interval),
        ("start", str(start_ms)),
        ("end", str(end_ms)),
        ("limit", str(count)),
    )
    return Request("/v5/market/kline", query, 1)


def parse_klines(body: bytes, symbol: str, timeframe: Timeframe, ts_recv: int) -> list[Kline]:
    """Candles, oldest first."""
    page, _ = decode(body, wire.KlineList)
    candles = []
    for start, open_, high, low, close, volume, turnover in sorted(page.list):
        end = start * MS_TO_NS + timeframe.ns
        candles.append(
            Kline(
                ts_event=min(end, ts_recv),
                ts_recv=ts_recv,
                symbol=symbol,
                timeframe=timeframe,
                open_time=start * MS_TO_NS,
                open=open_,
                high=high,
                low=low,
                close=close,
                volume=volume,
                turnover=turnover,
                is_closed=end <= ts_recv,
            )
        )
    return candles


# https://bybit-exchange.github.io/docs/v5/market/recent-trade
def recent_trades(symbol: str, limit: int, stream: str = "") -> Request:
    """There is one stream, and its ids are those of REST."""
    del stream
    return Request(
        "/v5/market/recent-trade",
        (("category", "linear"), ("symbol", symbol), ("limit", str(min(limit, KLINES_PAGE)))),
        1,
    )


def trade_range(
    symbol: str, start_ms: int, end_ms: int, from_id: int | None = None, stream: str = ""
) -> Request | None:
    """The exchange tells the newest trades only."""
    del symbol, start_ms, end_ms, from_id, stream
    return None


def parse_recent_trades(body: bytes, symbol: str, ts_recv: int) -> list[Trade]:
    """Trades, oldest first."""
    page, _ = decode(body, wire.RecentTradeList)
    if any(row.symbol != symbol for row in page.list):
        raise FrameError(FrameKind.MALFORMED, f"reply for {symbol} holds trades of another symbol")
    return [
        Trade(
            ts_event=row.time * MS_TO_NS,
            ts_recv=ts_recv,
            symbol=symbol,
            trade_id=row.exec_id,
            price=row.price,
            size=row.size,
            is_buy=row.side == "Buy",
            sequence=row.seq,
        )
        for row in reversed(page.list)
    ]


# https://bybit-exchange.github.io/docs/v5/market/orderbook. Its update ids are those of the stream of 1,000 levels, so
# a snapshot cannot be fitted into another one; it serves to compare a book with.
def book_snapshot(symbol: str, levels: int) -> Request:
    """At most 500 levels of each side."""
    return Request(
        "/v5/market/orderbook", (("category", "linear"), ("symbol", symbol), ("limit", str(min(levels, 500)))), 1
    )


def parse_book_snapshot(body: bytes, symbol: str, ts_recv: int) -> BookSnapshot:
    """Both sides, best first."""
    book, _ = decode(body, wire.RestBook)
    if book.symbol != symbol:
        raise FrameError(FrameKind.MALFORMED, f"reply for {symbol} holds the book of another symbol")
    if any(size == 0 for _, size in book.bids + book.asks):
        raise FrameError(FrameKind.BAD_NUMBER, f"book of {symbol} has an empty level")
    return BookSnapshot(
        ts_event=(book.cts or book.ts) * MS_TO_NS,
        ts_recv=ts_recv,
        symbol=symbol,
        update_id=book.update_id,
        sequence=book.sequence,
        bids=tuple(sorted(book.bids, reverse=True)),
        asks=tuple(sorted(book.asks)),
    )


# https://bybit-exchange.github.io/docs/v5/market/time
def server_time() -> Request:
    return Request("/v5/market/time", (), 1)


def parse_server_time(body: bytes) -> int:
    """Nanoseconds since the epoch."""
    return decode(body, wire.ServerTime)[0].time_nano


# https://bybit-exchange.github.io/docs/v5/rate-limit; most public paths send none of these headers.
def spent(headers: Mapping[str, str]) -> Spent:
    left, resets_at = headers.get("x-bapi-limit-status", ""), headers.get("x-bapi-limit-reset-timestamp", "")
    return Spent(left=parse_whole(left), resets_at_ms=parse_whole(resets_at))
