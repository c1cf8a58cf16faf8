"""What a venue is to the rest of the system: pure functions over bytes; whoever calls does the I/O."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from tidemark.model.batch import Batch
from tidemark.model.events import Kline, MarketEvent, TickerUpdate, Trade
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe

# A frame larger than this is hostile: the largest legitimate one seen is 40 KB.
MAX_FRAME_BYTES = 1 << 20


class Channel(Enum):
    """What can be subscribed, by the name it has in settings."""

    TRADES = "trades"
    TICKERS = "tickers"
    KLINES = "klines"


class Endpoints(msgspec.Struct, frozen=True):
    """Where a venue is reached. Another address here is all it takes to point an adapter at the local exchange."""

    rest: str
    stream: str


class Socket(msgspec.Struct, frozen=True):
    """One connection to open: `subscribe` are the messages to send, in order, `symbols` whose feed rides on it."""

    url: str
    channels: tuple[Channel, ...]
    symbols: tuple[str, ...]
    subscribe: tuple[bytes, ...]


class Heartbeat(msgspec.Struct, frozen=True):
    """How a venue wants to hear that we are alive; `message` None: an answer to its own pings is enough."""

    every_s: float
    message: bytes | None


class Request(msgspec.Struct, frozen=True):
    """One REST call, and what it costs against the venue's budget."""

    path: str
    query: tuple[tuple[str, str], ...]
    weight: int


class Budget(msgspec.Struct, frozen=True):
    """What a venue allows: `weight` per `window_s`, per IP address."""

    weight: int
    window_s: float


class Spent(msgspec.Struct, frozen=True):
    """What response headers say of the budget; None where they say nothing."""

    used: int | None = None
    left: int | None = None
    resets_at_ms: int | None = None


class Parser(Protocol):
    """Turns frames into events. One per driver; holds no state but its decoders and the slots it was given."""

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        """Add what *frame* says to *batch*: trades of symbols with a slot to its columns, the rest as events.

        Nothing is added for control replies (subscription acknowledged, pong) and for symbols without a slot.
        The batch has room for one frame (4,096 trades). Raises FrameError, and nothing else, for a frame that cannot
        be used.
        """
        ...

    def parse(self, frame: bytes | memoryview, ts_recv: int) -> list[MarketEvent]:
        """The same as plain events, every symbol included. Raises FrameError, and nothing else."""
        ...

    def is_acknowledged(self, frame: bytes | memoryview) -> bool | None:
        """True or False when *frame* accepts or refuses a subscription, None when it is anything else."""
        ...


class Venue(Protocol):
    """One exchange: its addresses, limits, messages and parsers. Pure and without state."""

    name: str
    endpoints: Endpoints
    budget: Budget
    heartbeat: Heartbeat
    # Trade ids are integers that only grow within a symbol, so a bitmap window is enough to know duplicates.
    has_numbered_trades: bool

    def parser(self, slots: Mapping[str, int]) -> Parser:
        """A parser that fills the columns for the symbols in *slots*, which its owner keeps up to date."""
        ...

    def sockets(self, symbols: Sequence[str], channels: Sequence[Channel], stream: str) -> list[Socket]:
        """The fewest connections that carry *channels* of *symbols*, each within the documented limits."""
        ...

    def instruments(self, cursor: str | None = None) -> Request:
        """One page of instruments."""
        ...

    def parse_instruments(self, body: bytes) -> tuple[list[Instrument], str | None]:
        """The linear USDT perpetuals of a page, and the cursor of the next one. Raises FrameError, VenueError."""
        ...

    def tickers(self) -> Request:
        """The 24-hour tickers of all symbols."""
        ...

    def parse_tickers(self, body: bytes, ts_recv: int) -> list[TickerUpdate]:
        """All tickers of a reply. Raises FrameError, VenueError."""
        ...

    def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> Request:
        """At most *limit* candles from *start_ms* on, at most the venue's page size."""
        ...

    def parse_klines(self, body: bytes, symbol: str, timeframe: Timeframe, ts_recv: int) -> list[Kline]:
        """Candles, oldest first; the last is open when its end is after *ts_recv*. Raises FrameError, VenueError."""
        ...

    def recent_trades(self, symbol: str, limit: int) -> Request:
        """The newest trades of a symbol."""
        ...

    def parse_recent_trades(self, body: bytes, symbol: str, ts_recv: int) -> list[Trade]:
        """Trades, oldest first. Raises FrameError, VenueError."""
        ...

    def server_time(self) -> Request:
        """The exchange's clock; also the cheapest proof that it can be reached."""
        ...

    def parse_server_time(self, body: bytes) -> int:
        """Nanoseconds since the epoch. Raises FrameError, VenueError."""
        ...

    def spent(self, headers: Mapping[str, str]) -> Spent:
        """What the headers of a reply say of the budget; names are lower case."""
        ...
