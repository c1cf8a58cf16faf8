"""Binance's USD-M futures messages, field by field. Numbers arrive as text and are read as floats.

`st` tells USD-M (1) from COIN-M (2) since both ride on the same streams; it is absent in older captures.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tidemark.ingest.venues.base import MAX_FRAME_ROWS
from tidemark.ingest.venues.frame import Amount, Blank, Levels, Number, Positive, Rate, TimeMs

USD_M = 1


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Aggregate-Trade-Streams
class AggTrade(
    msgspec.Struct,
    gc=False,
    tag="aggTrade",
    tag_field="e",
    rename={
        "symbol": "s",
        "trade_id": "a",
        "price": "p",
        "size": "q",
        "ts_ms": "T",
        "is_sell": "m",
        "market": "st",
        "spot": "M",
    },
):
    """Fills of one taker order at one price. `is_sell`: the buyer was the maker. Spot alone has `M`."""

    symbol: str
    trade_id: Number
    price: Positive
    size: Positive
    ts_ms: TimeMs
    is_sell: bool
    market: int = USD_M
    spot: bool | None = None


# Not documented for USD-M, and served all the same; spot documents it at
# https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#trade-streams
class Trade(
    msgspec.Struct,
    gc=False,
    tag="trade",
    tag_field="e",
    rename={
        "symbol": "s",
        "trade_id": "t",
        "price": "p",
        "size": "q",
        "ts_ms": "T",
        "is_sell": "m",
        "source": "X",
        "market": "st",
        "spot": "M",
    },
):
    """One fill. `source` is MARKET, or INSURANCE_FUND and ADL, which no order met on the book."""

    symbol: str
    trade_id: Number
    price: Positive
    size: Positive
    ts_ms: TimeMs
    is_sell: bool
    source: str = "MARKET"
    market: int = USD_M
    spot: bool | None = None


class KlineData(
    msgspec.Struct,
    gc=False,
    rename={
        "start": "t",
        "interval": "i",
        "open": "o",
        "close": "c",
        "high": "h",
        "low": "l",
        "volume": "v",
        "trades": "n",
        "is_closed": "x",
        "turnover": "q",
        "bought": "V",
    },
):
    """A candle; `volume` and `bought`, what takers bought of it, in base currency, `turnover` in quote currency."""

    start: TimeMs
    interval: str
    open: Positive
    close: Positive
    high: Positive
    low: Positive
    volume: Amount
    trades: Number
    is_closed: bool
    turnover: Amount
    bought: Amount | None = None


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Kline-Candlestick-Streams
class Kline(
    msgspec.Struct,
    gc=False,
    tag="kline",
    tag_field="e",
    rename={"ts_ms": "E", "symbol": "s", "candle": "k", "market": "st"},
):
    """SYMBOL@kline_INTERVAL; spot sends the very same fields."""

    ts_ms: TimeMs
    symbol: str
    candle: KlineData
    market: int = USD_M


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/All-Market-Tickers-Streams
class Ticker(
    msgspec.Struct,
    gc=False,
    tag="24hrTicker",
    tag_field="e",
    rename={
        "ts_ms": "E",
        "symbol": "s",
        "last": "c",
        "open": "o",
        "high": "h",
        "low": "l",
        "volume": "v",
        "turnover": "q",
        "market": "st",
        "spot": "x",
    },
):
    """24 hours of a symbol; `open` is the price 24 hours ago. Spot alone has `x`, the first trade before."""

    ts_ms: TimeMs
    symbol: str
    last: Amount
    open: Amount
    high: Amount
    low: Amount
    volume: Amount
    turnover: Amount
    market: int = USD_M
    spot: str | None = None


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Individual-Symbol-Book-Ticker-Streams
class BookTicker(
    msgspec.Struct,
    gc=False,
    tag="bookTicker",
    tag_field="e",
    rename={
        "ts_ms": "T",
        "symbol": "s",
        "bid": "b",
        "bid_size": "B",
        "ask": "a",
        "ask_size": "A",
        "market": "st",
    },
):
    """The best bid and ask. Spot sends neither `e` nor a time."""

    ts_ms: TimeMs
    symbol: str
    bid: Amount
    bid_size: Amount
    ask: Amount
    ask_size: Amount
    market: int = USD_M


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream
class MarkPrice(
    msgspec.Struct,
    gc=False,
    tag="markPriceUpdate",
    tag_field="e",
    rename={
        "ts_ms": "E",
        "symbol": "s",
        "mark": "p",
        "index": "i",
        "funding_rate": "r",
        "next_funding_ms": "T",
        "market": "st",
    },
):
    """`next_funding_ms` 0 and an empty rate on a dated contract."""

    ts_ms: TimeMs
    symbol: str
    mark: Amount
    index: Amount | Blank = ""
    funding_rate: Rate | Blank = ""
    next_funding_ms: Number = 0
    market: int = USD_M


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Diff-Book-Depth-Streams
class Depth(
    msgspec.Struct,
    gc=False,
    tag="depthUpdate",
    tag_field="e",
    rename={
        "ts_ms": "T",
        "symbol": "s",
        "first_id": "U",
        "update_id": "u",
        "previous_id": "pu",
        "bids": "b",
        "asks": "a",
        "market": "st",
    },
):
    """Changed levels, or the whole top of the book on a partial stream. Spot has neither `T` nor `pu`."""

    symbol: str
    first_id: Number
    update_id: Number
    bids: Levels
    asks: Levels
    ts_ms: TimeMs | None = None
    previous_id: Number | None = None
    market: int = USD_M


class ForcedOrder(
    msgspec.Struct,
    gc=False,
    rename={"symbol": "s", "side": "S", "price": "ap", "size": "z", "ts_ms": "T", "market": "st"},
):
    """The order that closes the position: SELL closes a long. `ap` is the average fill, `z` what was filled of it."""

    symbol: str
    side: Literal["BUY", "SELL"]
    price: Positive
    size: Positive
    ts_ms: TimeMs
    market: int = USD_M


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Liquidation-Order-Streams
class ForceOrder(msgspec.Struct, gc=False, tag="forceOrder", tag_field="e", rename={"order": "o"}):
    """SYMBOL@forceOrder or !forceOrder@arr."""

    order: ForcedOrder


Message = AggTrade | Trade | Kline | Ticker | BookTicker | MarkPrice | Depth | ForceOrder


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
class Combined(msgspec.Struct, gc=False):
    """What arrives on a combined stream: one message, or an array of them."""

    data: Message | Annotated[list[Message], Meta(max_length=MAX_FRAME_ROWS)]
    stream: str = ""


# https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Live-Subscribing-Unsubscribing-to-streams
class Failure(msgspec.Struct, gc=False):
    """An error, in a stream and in REST alike."""

    code: int = 0
    msg: str = ""


class Control(msgspec.Struct, gc=False):
    """Enough of any message to know what it is: data in an envelope or without one, or the reply to a request."""

    stream: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"")
    e: str | None = None
    s: str | None = None
    u: int | None = None
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: Failure | None = None
    code: int | None = None
    msg: str = ""


class SymbolFilter(msgspec.Struct, gc=False, rename="camel"):
    """PRICE_FILTER has the tick size, LOT_SIZE the step of sizes; the others are of no interest here."""

    filter_type: str
    tick_size: Amount | None = None
    step_size: Amount | None = None


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Exchange-Information
class SymbolRow(msgspec.Struct, gc=False, rename="camel"):
    """One contract."""

    symbol: str
    contract_type: str
    status: str
    base_asset: str
    quote_asset: str
    margin_asset: str
    filters: list[SymbolFilter]
    onboard_date: Number = 0


class ExchangeInfo(msgspec.Struct, gc=False):
    """All contracts."""

    symbols: list[SymbolRow]


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/24hr-Ticker-Price-Change-Statistics
class RestTicker(msgspec.Struct, gc=False, rename="camel"):
    """24 hours of a symbol."""

    symbol: str
    last_price: Amount
    open_price: Amount
    high_price: Amount
    low_price: Amount
    volume: Amount
    quote_volume: Amount
    close_time: TimeMs
    count: Number | None = None


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Kline-Candlestick-Data
# Open time, open, high, low, close, volume, close time, turnover, trades, volume that takers bought, and two more that
# are not read.
KlineRow = tuple[TimeMs, Positive, Positive, Positive, Positive, Amount, TimeMs, Amount, Number, Amount, Amount, str]


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Recent-Trades-List
# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Compressed-Aggregate-Trades-List
class RestTrade(
    msgspec.Struct,
    gc=False,
    rename={"trade_id": "id", "size": "qty", "ts_ms": "time", "is_sell": "isBuyerMaker"},
):
    """One fill."""

    trade_id: Number
    price: Positive
    size: Positive
    ts_ms: TimeMs
    is_sell: bool


class RestAggTrade(
    msgspec.Struct, gc=False, rename={"trade_id": "a", "price": "p", "size": "q", "ts_ms": "T", "is_sell": "m"}
):
    """Fills of one taker order at one price."""

    trade_id: Number
    price: Positive
    size: Positive
    ts_ms: TimeMs
    is_sell: bool


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
class RestBook(msgspec.Struct, gc=False, rename={"update_id": "lastUpdateId", "ts_ms": "T"}):
    """The book of one symbol as of `update_id`."""

    update_id: Number
    bids: Levels
    asks: Levels
    ts_ms: TimeMs


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Check-Server-Time
class ServerTime(msgspec.Struct, gc=False, rename="camel"):
    """The exchange's clock in milliseconds."""

    server_time: TimeMs
