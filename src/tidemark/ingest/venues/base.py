"""What a venue is to the rest of the system: pure functions over bytes; whoever calls does the I/O."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

import msgspec

from tidemark.ingest.venues.queries import DerivativeQueries, Queries
from tidemark.model.batch import Batch
from tidemark.model.book import BookRules
from tidemark.model.events import MarketEvent

# A frame larger than this is hostile: the largest legitimate one, Binance's tickers of all symbols, is about 300 KB.
MAX_FRAME_BYTES = 1 << 20

# More rows than this in one frame are hostile as well: Bybit documents at most 1,024 trades in one message.
MAX_FRAME_ROWS = 4096


class Channel(Enum):
    """What can be subscribed, by the name it has in settings."""

    TRADES = "trades"
    TICKERS = "tickers"
    KLINES = "klines"
    BOOKS = "books"
    LIQUIDATIONS = "liquidations"
    # Mark and index price and funding, where they are no part of the tickers.
    MARKS = "marks"


class Endpoints(msgspec.Struct, frozen=True):
    """Where a venue is reached. Another address here is all it takes to point an adapter at the local exchange."""

    rest: str
    stream: str


class Topic(msgspec.Struct, frozen=True):
    """One thing to subscribe, by the exchange's own name for it; `symbol` empty: it carries all of the venue."""

    name: str
    channel: Channel
    symbol: str


class Socket(msgspec.Struct, frozen=True):
    """One connection to open, and what is subscribed on it."""

    url: str
    topics: tuple[Topic, ...]

    def symbols(self, channel: Channel) -> tuple[str, ...]:
        """The symbols whose *channel* rides on it; empty as well where one topic carries all of the venue."""
        return tuple(topic.symbol for topic in self.topics if topic.channel is channel and topic.symbol)


class StreamLimits(msgspec.Struct, frozen=True):
    """What a venue documents about its WebSocket connections.

    Bytes count the topics of a subscription as written: the name, two quotes and a comma.
    """

    topics_per_socket: int
    bytes_per_socket: int
    topics_per_message: int
    bytes_per_message: int
    messages_per_s: float
    # The exchange ends a connection that is this old; None where it does not say so.
    max_age_s: float | None = None


class Heartbeat(msgspec.Struct, frozen=True):
    """How a venue wants to hear that we are alive; `message` None: an answer to its own pings is enough."""

    every_s: float
    message: bytes | None


class Parser(Protocol):
    """Turns frames into events. One per driver; holds no state but its decoders and the slots it was given."""

    # Rows of frames that were passed over: another kind of market (see FrameKind.NOT_LINEAR), or a bad row among good.
    skipped: int
    # Frames of the hot kinds that the scanner left to the decoder.
    fallbacks: int

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        """Add what *frame* says to *batch*: trades and books of symbols with a slot to its columns, the rest as events.

        Nothing is added for control replies (subscription acknowledged, pong) and for symbols without a slot.
        A frame is added whole or not at all. Raises FrameError, and nothing else, for a frame that cannot be used.

        One frame adds at most MAX_FRAME_ROWS trades, as many events, or a book message of as many levels a side. So the
        caller hands the batch on before the next frame when `not batch.has_room(2 * MAX_FRAME_ROWS)`, and allocates it
        with that much more than it wants to collect. A batch that has no room all the same is never overrun: the frame
        is refused as oversized.
        """
        ...

    def parse(self, frame: bytes | memoryview, ts_recv: int) -> list[MarketEvent]:
        """The same as plain events, every symbol included. Raises FrameError, and nothing else."""
        ...

    def is_acknowledged(self, frame: bytes | memoryview, topics: int = 1) -> bool | None:
        """True or False when *frame* accepts or refuses a request of *topics* topics, None when it is anything else.

        A request is taken to be accepted or refused as a whole.
        """
        ...


class Venue(Protocol):
    """One exchange: its addresses, limits, messages and parsers. Pure and without state."""

    name: str
    endpoints: Endpoints
    heartbeat: Heartbeat
    limits: StreamLimits
    # The streams that trades can be taken from, the default first.
    trade_streams: tuple[str, ...]
    # Trade ids are integers that only grow within a symbol, so a bitmap window is enough to know duplicates.
    has_numbered_trades: bool
    # How its order books are told, and how they are mended.
    book_rules: BookRules
    # Its candles open at the close before them, which is in their high and low as well; else at their first trade.
    opens_at_close: bool
    # What its REST side can be asked.
    rest: Queries
    # What it can be asked of open interest, funding and mark prices.
    derivatives: DerivativeQueries

    def parser(self, slots: dict[str, int]) -> Parser:
        """A parser that fills the columns for the symbols in *slots*, which its owner keeps up to date."""
        ...

    def sockets(
        self, symbols: Sequence[str], channels: Sequence[Channel], stream: str = "", depth: int = 50
    ) -> list[Socket]:
        """The fewest connections that carry *channels* of *symbols*, each within the documented limits.

        A channel that the venue has no stream for is left out. stream: where trades come from, one of `trade_streams`;
        empty: the default. depth: levels of a book wanted on each side. Raises SettingsError for what there is not.
        """
        ...

    def subscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        """The message that subscribes *topics*, at most as many as the limits allow in one."""
        ...

    def unsubscribe(self, topics: Sequence[str], request_id: int) -> bytes:
        """The message that ends the subscription of *topics*."""
        ...
