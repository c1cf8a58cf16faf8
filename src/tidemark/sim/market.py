"""What the local exchange trades, and the protocol a source of market data offers to its server."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from tidemark.kernels.page import Page
    from tidemark.sim.book import Ladder
    from tidemark.sim.derivatives import Derivatives
    from tidemark.sim.faults import Faults
    from tidemark.sim.longer import Candle
    from tidemark.sim.truth import Truth
    from tidemark.sim.wanted import Wanted

# (time it is due, ns; stream or topic; payload; the payload with its envelope where a recording holds it verbatim)
Frame = tuple[int, str, bytes, bytes | None]


class Contract(Enum):
    """What kind of instrument it is; an adapter for linear USDT perpetuals must refuse all but the first."""

    PERPETUAL = "perpetual"
    QUARTERLY = "quarterly"
    INVERSE = "inverse"
    TRADIFI = "tradifi"


class State(Enum):
    """Where an instrument is in its life."""

    TRADING = "trading"
    PENDING = "pending"
    SETTLING = "settling"


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument. Prices are whole ticks and sizes whole lots; `activity` is its share of all trades."""

    symbol: str
    base: str
    quote: str
    settle: str
    tick_size: float
    price_decimals: int
    lot_size: float
    lot_decimals: int
    start_price: float
    launched_ms: int
    contract: Contract = Contract.PERPETUAL
    state: State = State.TRADING
    delivery_ms: int = 0
    funding_interval_h: int = 8
    activity: float = 0.0

    def price(self, ticks: int) -> str:
        """The decimal text of a price."""
        return f"{ticks * self.tick_size:.{self.price_decimals}f}"

    def size(self, lots: int) -> str:
        """The decimal text of a size."""
        return f"{lots * self.lot_size:.{self.lot_decimals}f}"

    def rows(self, levels: Iterable[tuple[int, int]]) -> str:
        """The JSON text of levels of a book, given in ticks and lots."""
        text = f'["%.{self.price_decimals}f","%.{self.lot_decimals}f"]'
        tick, lot = self.tick_size, self.lot_size
        return "[" + ",".join([text % (ticks * tick, lots * lot) for ticks, lots in levels]) + "]"

    def value(self, tick_lots: int) -> str:
        """The decimal text of a turnover, given in ticks x lots."""
        return f"{tick_lots * self.tick_size * self.lot_size:.4f}"


class Quote(msgspec.Struct, frozen=True, gc=False):
    """What a ticker says beside the candles. Sizes and open interest in lots, prices in ticks."""

    bid: int
    ask: int
    bid_lots: int
    ask_lots: int
    mark: int
    index: int
    open_interest: int
    funding_rate: float
    next_funding_ms: int


class Print(msgspec.Struct, frozen=True, gc=False):
    """One trade as REST tells it; those of one aggregate trade share its id."""

    trade_id: str
    aggregate_id: int
    sequence: int
    time_ms: int
    ticks: int
    lots: int
    is_buy: bool
    is_rpi: bool = False


class Asked(msgspec.Struct, frozen=True):
    """A range of aggregate trades: at most `limit`, from an id on, or within times (ms, both inclusive).

    The oldest ones, if it says where to begin; else the newest.
    """

    limit: int
    from_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None


class Source(Protocol):
    """Where frames come from: the generator or a recording."""

    venue: str
    truth: "Truth"
    # What goes wrong at the exchange itself, not on the way to a client.
    faults: "Faults"

    @property
    def derivatives(self) -> "Derivatives | None":
        """Open interest, funding and the like; None when the source knows nothing of them."""
        ...

    @property
    def has_ended(self) -> bool:
        """Whether no further frame will come."""
        ...

    @property
    def waits_for_subscriber(self) -> bool:
        """Whether time stands still until somebody has subscribed a stream of it."""
        ...

    def now_ns(self) -> int:
        """The exchange's time: that of the newest frame given out."""
        ...

    def quote(self, slot: int) -> Quote:
        """Best bid and ask and the derivatives' figures of a market."""
        ...

    def candles(self, slot: int, length: int, first: int, last: int) -> "list[Candle]":
        """Candles of *length* minutes that open within the minutes [first, last], oldest first."""
        ...

    def begins(self, slot: int) -> int:
        """The first minute of which there is a candle."""
        ...

    def closes(self, slot: int, minutes: Sequence[int]) -> list[int]:
        """The closes of *minutes*, which ascend, in ticks; of the nearest that is known."""
        ...

    def ladder(self, slot: int, depth: int) -> "Ladder":
        """The book of a market, at most *depth* levels a side."""
        ...

    def prints(self, slot: int, limit: int) -> list[Print]:
        """The newest trades of a market, at most *limit*, oldest first."""
        ...

    def prints_of(self, slot: int, asked: Asked) -> list[Print]:
        """The trades of the aggregate trades that are *asked* for, oldest first."""
        ...

    def knows(self, topic: str) -> bool:
        """Whether frames of *topic* can come."""
        ...

    def snapshot(self, topic: str) -> bytes | None:
        """What a venue sends right after *topic* was subscribed, if anything."""
        ...

    def pages(self, page: "Page", wanted: "Wanted", rate_factor: float, skew_ms: int) -> Iterator[None]:
        """Write the next slice of frames in order of time onto *page*; only topics in *wanted* are made.

        The turn is given away when the page is full, and before what is due after `page.until_ns`; whoever takes it
        clears the page, and may change what is wanted and until when.
        """
        ...
