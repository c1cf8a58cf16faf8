"""Binance's USD-M REST replies."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tidemark.errors import DECODE_ERRORS, FrameError, RateLimitError, RefusedError, SettingsError
from tidemark.ingest.venues.binance import wire
from tidemark.ingest.venues.binance.parse import INTERVALS, is_perpetual
from tidemark.ingest.venues.frame import MS_TO_NS, FrameKind, refusal
from tidemark.ingest.venues.queries import Budget, Request, Spent
from tidemark.model.events import BookSnapshot, Kline, TickerUpdate, Trade
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.units import parse_whole

T = TypeVar("T")

# https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info: 2,400 a minute; going on after a
# 429 is answered with 418, a ban of two minutes to three days.
BUDGET = Budget(weight=2400, window_s=60.0, ban_s=120.0)
KLINES_PAGE = 1500
TRADES_PAGE = 1000
TOO_MANY_REQUESTS = -1003
_BOOK_WEIGHTS = {5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20}

# Perpetuals on stocks and metals (TRADIFI_PERPETUAL) are margined and settled in USDT like the others, trade around the
# clock and are among the busiest: who watches every market wants them, and who does not has the blacklist.
_CONTRACTS = frozenset({"PERPETUAL", "TRADIFI_PERPETUAL"})
_STATUS = {
    "TRADING": Status.TRADING,
    "PENDING_TRADING": Status.PENDING,
    "PRE_SETTLE": Status.CLOSING,
    "SETTLING": Status.CLOSING,
    "PRE_DELIVERING": Status.CLOSING,
    "DELIVERING": Status.CLOSING,
    "DELIVERED": Status.CLOSED,
    "CLOSE": Status.CLOSED,
}


def decode(body: bytes, kind: type[T]) -> T:
    """A reply; raises RateLimitError or RefusedError when it carries an error code."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except DECODE_ERRORS as error:
        failure = _failure(body)
        if failure is None:
            raise refusal(error) from error
    if failure.code == TOO_MANY_REQUESTS:
        raise RateLimitError(f"binance asks for patience: {failure.msg[:200]} (code {failure.code})")
    raise RefusedError(f"binance refused the request: {failure.msg[:200]} (code {failure.code})")


def _failure(body: bytes) -> wire.Failure | None:
    try:
        failure = msgspec.json.decode(body, type=wire.Failure)
    except DECODE_ERRORS:
        return None
    return failure if failure.code else None


def instruments(cursor: str | None = None) -> Request:
    """All of them come in one reply."""
    del cursor
    return Request("/fapi/v1/exchangeInfo", (), 1)


def parse_instruments(body: bytes) -> tuple[list[Instrument], str | None]:
    """The perpetuals that are quoted and settled in USDT, all on one page."""
    info = decode(body, wire.ExchangeInfo)
    listed = [
        instrument(row)
        for row in info.symbols
        if row.contract_type in _CONTRACTS and row.quote_asset == row.margin_asset == "USDT"
    ]
    return listed, None


def instrument(row: wire.SymbolRow) -> Instrument:
    """One contract; raises FrameError when it has no tick size or no step."""
    tick_size = next((f.tick_size for f in row.filters if f.filter_type == "PRICE_FILTER"), None)
    lot_size = next((f.step_size for f in row.filters if f.filter_type == "LOT_SIZE"), None)
    if not tick_size or not lot_size:
        raise FrameError(FrameKind.BAD_NUMBER, f"{row.symbol}: tick size {tick_size}, step of sizes {lot_size}")
    return Instrument(
        venue="binance",
        symbol=row.symbol,
        base=row.base_asset,
        quote=row.quote_asset,
        tick_size=tick_size,
        lot_size=lot_size,
        # A status that we do not know does not trade.
        status=_STATUS.get(row.status, Status.CLOSED),
        launched_at=row.onboard_date * MS_TO_NS or None,
    )


def tickers() -> Request:
    """24 hours of all symbols."""
    return Request("/fapi/v1/ticker/24hr", (), 40)


def parse_tickers(body: bytes, ts_recv: int) -> list[TickerUpdate]:
    """The tickers of perpetuals that have traded; markets that are settling send zeros."""
    return [
        TickerUpdate(
            ts_event=row.close_time * MS_TO_NS,
            ts_recv=ts_recv,
            symbol=row.symbol,
            last=row.last_price,
            high_24h=row.high_price or None,
            low_24h=row.low_price or None,
            price_24h_ago=row.open_price or None,
            volume_24h=row.volume,
            turnover_24h=row.quote_volume,
            trades_24h=row.count,
        )
        for row in decode(body, list[wire.RestTicker])
        if row.last_price > 0 and is_perpetual(row.symbol)
    ]


def klines(symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> Request:
    """Both ends are given, so that a page covers the same time whether or not minutes are missing in it."""
    if timeframe.value not in INTERVALS:
        raise SettingsError(f"binance has no candles of {timeframe.value}; it has: {', '.join(INTERVALS)}")
    count = min(limit, KLINES_PAGE)
    query = (
        ("symbol", symbol),
        ("interval", timeframe.value),
        ("startTime", str(start_ms)),
        ("endTime", str(start_ms + count * (timeframe.ns // MS_TO_NS) - 1)),
        ("limit", str(count)),
    )
    return Request("/fapi/v1/klines", query, 1 if count < 100 else 2 if count < 500 else 5 if count <= 1000 else 10)


def parse_klines(body: bytes, symbol: str, timeframe: Timeframe, ts_recv: int) -> list[Kline]:
    """Candles, oldest first."""
    candles = []
    for row in sorted(decode(body, list[wire.KlineRow])):
        start, open_, high, low, close, volume, _, turnover, trades, bought, *_ = row
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
                trades=trades,
                bought=bought,
                is_closed=end <= ts_recv,
            )
        )
    return candles


def recent_trades(symbol: str, limit: int, stream: str = "") -> Request:
    """Single fills and aggregates count by different ids, so the reply has to be of the kind that the stream has."""
    query = (("symbol", symbol), ("limit", str(min(limit, TRADES_PAGE))))
    return Request("/fapi/v1/trades", query, 5) if stream == "trade" else Request("/fapi/v1/aggTrades", query, 20)


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Compressed-Aggregate-Trades-List
# The times may lie an hour apart at most. The same for single fills, historicalTrades, asks for a key.
def trade_range(
    symbol: str, start_ms: int, end_ms: int, from_id: int | None = None, stream: str = ""
) -> Request | None:
    """Aggregates only: their ids are consecutive."""
    if stream == "trade":
        return None
    query = (("symbol", symbol), ("limit", str(TRADES_PAGE)))
    if from_id is not None:
        return Request("/fapi/v1/aggTrades", (*query, ("fromId", str(from_id))), 20)
    return Request("/fapi/v1/aggTrades", (*query, ("startTime", str(start_ms)), ("endTime", str(end_ms - 1))), 20)


def parse_recent_trades(body: bytes, symbol: str, ts_recv: int) -> list[Trade]:
    """Trades, oldest first."""
    rows: list[wire.RestTrade | wire.RestAggTrade] = []
    if b'"isBuyerMaker"' in body:
        rows += decode(body, list[wire.RestTrade])
    else:
        rows += decode(body, list[wire.RestAggTrade])
    return [
        Trade(
            ts_event=row.ts_ms * MS_TO_NS,
            ts_recv=ts_recv,
            symbol=symbol,
            trade_id=str(row.trade_id),
            price=row.price,
            size=row.size,
            is_buy=not row.is_sell,
            sequence=row.trade_id,
        )
        for row in sorted(rows, key=lambda row: row.trade_id)
    ]


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
def book_snapshot(symbol: str, levels: int) -> Request:
    """The smallest of the limits that gives as many levels."""
    limit = next((one for one in _BOOK_WEIGHTS if one >= levels), 1000)
    return Request("/fapi/v1/depth", (("symbol", symbol), ("limit", str(limit))), _BOOK_WEIGHTS[limit])


def parse_book_snapshot(body: bytes, symbol: str, ts_recv: int) -> BookSnapshot:
    """Both sides, best first. The reply does not say whose book it is."""
    book = decode(body, wire.RestBook)
    if any(size == 0 for _, size in book.bids + book.asks):
        raise FrameError(FrameKind.BAD_NUMBER, f"book of {symbol} has an empty level")
    return BookSnapshot(
        ts_event=book.ts_ms * MS_TO_NS,
        ts_recv=ts_recv,
        symbol=symbol,
        update_id=book.update_id,
        bids=tuple(sorted(book.bids, reverse=True)),
        asks=tuple(sorted(book.asks)),
    )


def server_time() -> Request:
    """The exchange's clock."""
    return Request("/fapi/v1/time", (), 1)


def parse_server_time(body: bytes) -> int:
    """Nanoseconds since the epoch."""
    return decode(body, wire.ServerTime).server_time * MS_TO_NS


def spent(headers: Mapping[str, str]) -> Spent:
    """What this address has used in the running minute."""
    return Spent(used=parse_whole(headers.get("x-mbx-used-weight-1m", "")))
