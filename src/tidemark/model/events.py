"""Everything that can happen in a market, as one tagged union of frozen structs.

Times: `ts_event` is the exchange's, `ts_recv` is ours, both int64 nanoseconds since the epoch, UTC. Order by `ts_recv`:
it is what we could have known. Prices are in quote currency and sizes in base currency unless a field says otherwise.
`None` means not known, or in an update: not changed.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe

# What is read back from a file may hold anything. A time of the exchange lies before 2262, as its frames allow; one of
# ours before 2116, so that the sum of two is an int64 as well.
Nanoseconds = Annotated[int, Meta(ge=0, le=9_214_646_399_999_999_999)]
OurNanoseconds = Annotated[int, Meta(ge=0, le=1 << 62)]
Duration = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]
# Ids, sequences and counts, and what a database holds: int64.
Whole = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What every event carries."""

    ts_event: Nanoseconds
    ts_recv: OurNanoseconds


class Trade(Event, frozen=True, gc=False, kw_only=True, tag="trade"):
    """One trade. `is_buy` is the aggressor's side; `trade_id` is the exchange's own, as text.

    `sequence` orders trades of one symbol that share a time: the exchange's cross sequence or the numeric id.
    """

    symbol: str
    trade_id: str
    price: float
    size: float
    is_buy: bool
    sequence: Whole


class TickerUpdate(Event, frozen=True, gc=False, kw_only=True, tag="ticker"):
    """What changed in a symbol's ticker. Fractions, not percent: `funding_rate` 0.0001 is one basis point.

    `is_polled`: asked for over REST while the stream was down.
    """

    symbol: str
    last: float | None = None
    mark: float | None = None
    index: float | None = None
    bid: float | None = None
    ask: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    high_24h: float | None = None
    low_24h: float | None = None
    price_24h_ago: float | None = None
    volume_24h: float | None = None
    turnover_24h: float | None = None
    trades_24h: float | None = None
    open_interest: float | None = None
    funding_rate: float | None = None
    next_funding_at: Nanoseconds | None = None
    is_polled: bool = False


class Kline(Event, frozen=True, gc=False, kw_only=True, tag="kline"):
    """The exchange's own candle; `is_closed` is false while it may still change. `open_time` in nanoseconds.

    `bought` is the volume of the trades whose aggressor bought.
    """

    symbol: str
    timeframe: Timeframe
    open_time: Nanoseconds
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    trades: Whole | None = None
    bought: float | None = None
    is_closed: bool


class KlineRow(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One candle of `Klines`: `open_time` in nanoseconds, volume in base and turnover in quote currency.

    `trades` and `bought` (the volume of aggressive buys) are told together or not at all.
    """

    open_time: Nanoseconds
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    trades: Whole | None = None
    bought: float | None = None


class Klines(Event, frozen=True, gc=False, kw_only=True, tag="klines"):
    """Closed candles of one symbol as the exchange has them, oldest first, from `first` on for `count` intervals.

    What the exchange was asked for counts: an interval within that has no row here has none there either.
    """

    symbol: str
    timeframe: Timeframe
    first: Nanoseconds
    count: Whole
    rows: tuple[KlineRow, ...]


class TradeRow(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One trade of `Trades`; the fields are those of `Trade`, `ts_event` in nanoseconds."""

    ts_event: Nanoseconds
    price: float
    size: float
    is_buy: bool
    sequence: Whole


class Trades(Event, frozen=True, gc=False, kw_only=True, tag="trades"):
    """All trades of one symbol in [`first`, `last`) of the exchange's time, as the exchange has them.

    Nothing is missing between: whoever sends this has made sure. So a candle that lies within can be built anew, and no
    trade id is needed to know what was counted before.
    """

    symbol: str
    first: Nanoseconds
    last: Nanoseconds
    rows: tuple[TradeRow, ...]


class BookSnapshot(Event, frozen=True, gc=False, kw_only=True, tag="book_snapshot"):
    """Both sides of a book, best first, as (price, size). From a stream it travels in the batch's columns."""

    symbol: str
    update_id: Whole
    sequence: Whole | None = None
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]


class BookDelta(Event, frozen=True, gc=False, kw_only=True, tag="book_delta"):
    """Changed levels; size 0 removes. `first_id`..`update_id` is the range covered, `previous_id` what it follows."""

    symbol: str
    update_id: Whole
    first_id: Whole | None = None
    previous_id: Whole | None = None
    sequence: Whole | None = None
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]


class Funding(Event, frozen=True, gc=False, kw_only=True, tag="funding"):
    """A funding rate that was paid or is due at `due_at` (nanoseconds)."""

    symbol: str
    rate: float
    due_at: Nanoseconds


class OpenInterest(Event, frozen=True, gc=False, kw_only=True, tag="open_interest"):
    """Open interest in base currency."""

    symbol: str
    value: float


class LongShortRatio(Event, frozen=True, gc=False, kw_only=True, tag="long_short_ratio"):
    """Share of accounts that are long, in [0, 1]."""

    symbol: str
    long_share: float


class Liquidation(Event, frozen=True, gc=False, kw_only=True, tag="liquidation"):
    """A liquidation. `is_long` says who was liquidated; `price` is the average fill, or the bankruptcy price."""

    symbol: str
    price: float
    size: float
    is_long: bool


class StreamGap(Event, frozen=True, gc=False, kw_only=True, tag="gap"):
    """The feed of some symbols is not continuous from `gap_from` to `gap_to`, by our clock.

    `gap_to` None: the gap is open, nothing arrives. A symbol starts in an open gap until its feed is confirmed.
    `gap_from` None: since before we looked. `symbols` empty: all of the venue.
    """

    venue: str
    channel: str
    symbols: tuple[str, ...]
    gap_from: OurNanoseconds | None = None
    gap_to: OurNanoseconds | None = None
    cause: str


class Listing(Event, frozen=True, gc=False, kw_only=True, tag="listing"):
    """An instrument takes a slot, or its figures (tick size, status) changed."""

    instrument: Instrument


class Delisting(Event, frozen=True, gc=False, kw_only=True, tag="delisting"):
    """An instrument leaves its slot; `cause` says why, in words."""

    symbol: str
    cause: str = ""


class Shed(Event, frozen=True, gc=False, kw_only=True, tag="shed"):
    """Memory pressure: closed candles of *timeframe* are kept no more, or, with `is_shed` false, from now on again."""

    timeframe: Timeframe
    is_shed: bool


class BookDepth(Event, frozen=True, gc=False, kw_only=True, tag="book_depth"):
    """From now on books keep *levels* of each side, because memory is short or is not any more."""

    levels: Whole


class MemoryPressure(Event, frozen=True, gc=False, kw_only=True, tag="memory_pressure"):
    """From now on memory is short to *level*: 0 not at all, then elevated, high, critical."""

    level: Annotated[int, Meta(ge=0, le=3)]


class ServerTime(Event, frozen=True, gc=False, kw_only=True, tag="server_time"):
    """The exchange told its clock: it was at `ts_event` when ours was at `ts_recv`, half the way there and back.

    `round_trip`: how long that way took, in nanoseconds; the truth lies within half of it to either side.
    """

    round_trip: Duration | None = None


class ClockJump(Event, frozen=True, gc=False, kw_only=True, tag="clock_jump"):
    """Our clock was set, or the machine slept; `ts_event` and `ts_recv` are our clock after that.

    Moments of ours from before now read `step_ns` more. `slept_ns` is time that passed without us, for the exchange
    as well.
    """

    step_ns: Duration
    slept_ns: Duration = 0


class Tick(Event, frozen=True, gc=False, kw_only=True, tag="tick"):
    """Time passes, whether or not anybody trades. `ts_event` equals `ts_recv`: it is our clock."""


MarketEvent = (
    Trade
    | TickerUpdate
    | Kline
    | Klines
    | Trades
    | BookSnapshot
    | BookDelta
    | Funding
    | OpenInterest
    | LongShortRatio
    | Liquidation
    | StreamGap
    | Listing
    | Delisting
    | Shed
    | BookDepth
    | MemoryPressure
    | ServerTime
    | ClockJump
    | Tick
)

# What does not commute with the trades and books around it. All of it is rare compared with them.
ControlEvent = (
    Kline
    | Klines
    | Trades
    | BookSnapshot
    | StreamGap
    | Listing
    | Delisting
    | Shed
    | BookDepth
    | MemoryPressure
    | ServerTime
    | ClockJump
    | Tick
)
