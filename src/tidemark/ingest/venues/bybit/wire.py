"""Bybit's v5 messages, field by field, for linear contracts. Numbers arrive as text and are read as floats."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.ingest.venues.base import MAX_FRAME_ROWS
from tidemark.ingest.venues.frame import Amount, Blank, Levels, Number, Positive, Rate, TimeMs

UncheckedLevels = Annotated[tuple[tuple[float, float], ...], Meta(max_length=MAX_FRAME_ROWS)]
_TRADE_NAMES = {
    "ts_ms": "T",
    "symbol": "s",
    "side": "S",
    "size": "v",
    "price": "p",
    "trade_id": "i",
    "sequence": "seq",
}


# https://bybit-exchange.github.io/docs/v5/websocket/public/trade
class TradeRow(msgspec.Struct, gc=False, rename=_TRADE_NAMES):
    """One trade."""

    ts_ms: TimeMs
    symbol: str
    side: Literal["Buy", "Sell"]
    size: Positive
    price: Positive
    trade_id: str
    sequence: Number = 0


class TradeFrame(msgspec.Struct, gc=False):
    """publicTrade.SYMBOL."""

    data: Annotated[list[TradeRow], Meta(max_length=MAX_FRAME_ROWS)]


class UncheckedTradeRow(msgspec.Struct, gc=False, rename=_TRADE_NAMES):
    """The same for the hot path: TradeColumns.extend, which reads these names, checks the values for less."""

    ts_ms: int
    symbol: str
    side: str
    size: float
    price: float
    trade_id: str
    sequence: int = 0


class UncheckedTradeFrame(msgspec.Struct, gc=False):
    """publicTrade.SYMBOL for the hot path."""

    data: Annotated[list[UncheckedTradeRow], Meta(max_length=MAX_FRAME_ROWS)]


_TICKER_NAMES = {
    "last_price": "lastPrice",
    "mark_price": "markPrice",
    "index_price": "indexPrice",
    "bid1_price": "bid1Price",
    "ask1_price": "ask1Price",
    "bid1_size": "bid1Size",
    "ask1_size": "ask1Size",
    "high_price24h": "highPrice24h",
    "low_price24h": "lowPrice24h",
    "prev_price24h": "prevPrice24h",
    "open_interest": "openInterest",
    "funding_rate": "fundingRate",
    "next_funding_time": "nextFundingTime",
}


# https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
class Ticker(msgspec.Struct, gc=False, rename=_TICKER_NAMES):
    """A snapshot has all fields, a delta the changed ones; REST sends the same fields."""

    symbol: str
    last_price: Amount | Blank | None = None
    mark_price: Amount | Blank | None = None
    index_price: Amount | Blank | None = None
    bid1_price: Amount | Blank | None = None
    ask1_price: Amount | Blank | None = None
    bid1_size: Amount | Blank | None = None
    ask1_size: Amount | Blank | None = None
    high_price24h: Amount | Blank | None = None
    low_price24h: Amount | Blank | None = None
    prev_price24h: Amount | Blank | None = None
    volume24h: Amount | Blank | None = None
    turnover24h: Amount | Blank | None = None
    open_interest: Amount | Blank | None = None
    funding_rate: Rate | Blank | None = None
    next_funding_time: Number | Blank | None = None


class TickerFrame(msgspec.Struct, gc=False):
    """tickers.SYMBOL."""

    ts: TimeMs
    data: Ticker


# https://bybit-exchange.github.io/docs/v5/websocket/public/kline
class KlineRow(msgspec.Struct, gc=False):
    """A candle; `confirm` says that it is closed."""

    start: TimeMs
    interval: str
    open: Positive
    close: Positive
    high: Positive
    low: Positive
    volume: Amount
    turnover: Amount
    confirm: bool
    timestamp: TimeMs


class KlineFrame(msgspec.Struct, gc=False):
    """kline.INTERVAL.SYMBOL."""

    topic: str
    data: Annotated[list[KlineRow], Meta(max_length=MAX_FRAME_ROWS)]


# https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
class BookData(
    msgspec.Struct, gc=False, rename={"symbol": "s", "bids": "b", "asks": "a", "update_id": "u", "sequence": "seq"}
):
    """Levels of a book."""

    symbol: str
    bids: Levels
    asks: Levels
    update_id: Number
    sequence: Number | None = None


class BookFrame(msgspec.Struct, gc=False):
    """orderbook.DEPTH.SYMBOL; `cts` is the matching engine's time."""

    type: Literal["snapshot", "delta"]
    ts: TimeMs
    data: BookData
    cts: TimeMs | None = None


class UncheckedBookData(
    msgspec.Struct, gc=False, rename={"symbol": "s", "bids": "b", "asks": "a", "update_id": "u", "sequence": "seq"}
):
    """The same for the hot path: BookColumns.append checks the levels for less."""

    symbol: str
    bids: UncheckedLevels
    asks: UncheckedLevels
    update_id: Number
    sequence: Number | None = None


class UncheckedBookFrame(msgspec.Struct, gc=False):
    """orderbook.DEPTH.SYMBOL for the hot path."""

    type: Literal["snapshot", "delta"]
    ts: TimeMs
    data: UncheckedBookData
    cts: TimeMs | None = None


# https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
class LiquidationRow(
    msgspec.Struct, gc=False, rename={"ts_ms": "T", "symbol": "s", "side": "S", "size": "v", "price": "p"}
):
    """One liquidation. Side "Buy" means that a long was liquidated; the price is the bankruptcy price."""

    ts_ms: TimeMs
    symbol: str
    side: Literal["Buy", "Sell"]
    size: Positive
    price: Positive


class LiquidationFrame(msgspec.Struct, gc=False):
    """allLiquidation.SYMBOL."""

    data: Annotated[list[LiquidationRow], Meta(max_length=MAX_FRAME_ROWS)]


# https://bybit-exchange.github.io/docs/v5/ws/connect
class Control(msgspec.Struct, gc=False):
    """Enough of any message to know what it is: a topic, or the reply to an operation."""

    topic: str | None = None
    op: str | None = None
    success: bool | None = None
    ret_msg: str | None = None


# https://bybit-exchange.github.io/docs/v5/guide#response
class Reply(msgspec.Struct, gc=False, rename="camel"):
    """What every REST reply starts with; `time` is the exchange's clock in milliseconds."""

    ret_code: int
    ret_msg: str = ""
    time: TimeMs | None = None
    result: msgspec.Raw = msgspec.Raw(b"{}")


class PriceFilter(msgspec.Struct, gc=False, rename="camel"):
    """The tick size."""

    tick_size: Positive


class LotSizeFilter(msgspec.Struct, gc=False, rename="camel"):
    """The step of sizes."""

    qty_step: Positive


# https://bybit-exchange.github.io/docs/v5/market/instrument
class InstrumentRow(msgspec.Struct, gc=False, rename="camel"):
    """One contract; `funding_interval` in minutes; `launch_time` "0" where it is not told."""

    symbol: str
    contract_type: str
    status: str
    base_coin: str
    quote_coin: str
    settle_coin: str
    price_filter: PriceFilter
    lot_size_filter: LotSizeFilter
    launch_time: Number | Blank = ""
    funding_interval: Number = 0


class InstrumentPage(msgspec.Struct, gc=False, rename="camel"):
    """One page of instruments; an empty cursor ends the list."""

    list: list[InstrumentRow]
    next_page_cursor: str | None = None


# https://bybit-exchange.github.io/docs/v5/market/tickers
class TickerList(msgspec.Struct, gc=False):
    """All tickers of a category."""

    list: list[Ticker]


# https://bybit-exchange.github.io/docs/v5/market/kline
class KlineList(msgspec.Struct, gc=False):
    """Rows of open time, open, high, low, close, volume, turnover; newest first."""

    list: list[tuple[TimeMs, Positive, Positive, Positive, Positive, Amount, Amount]]


# https://bybit-exchange.github.io/docs/v5/market/recent-trade
class RecentTrade(msgspec.Struct, gc=False, rename="camel"):
    """One trade."""

    exec_id: str
    symbol: str
    price: Positive
    size: Positive
    side: Literal["Buy", "Sell"]
    time: TimeMs
    seq: Number = 0


class RecentTradeList(msgspec.Struct, gc=False):
    """Newest first."""

    list: list[RecentTrade]


# https://bybit-exchange.github.io/docs/v5/market/orderbook
class RestBook(
    msgspec.Struct, gc=False, rename={"symbol": "s", "bids": "b", "asks": "a", "update_id": "u", "sequence": "seq"}
):
    """The book of one symbol; `cts` is the matching engine's time."""

    symbol: str
    bids: Levels
    asks: Levels
    update_id: Number
    ts: TimeMs
    sequence: Number | None = None
    cts: TimeMs | None = None


# https://bybit-exchange.github.io/docs/v5/market/time
class ServerTime(msgspec.Struct, gc=False, rename="camel"):
    """The exchange's clock in nanoseconds."""

    time_nano: Number
