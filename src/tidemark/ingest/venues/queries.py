"""What can be asked of a venue over REST: requests as data, and parsers of their replies. No I/O.

A venue's `rest.py` fulfils this as a module: its functions are the methods.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from tidemark.model.events import BookSnapshot, Funding, Kline, LongShortRatio, OpenInterest, TickerUpdate, Trade
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe


class Request(msgspec.Struct, frozen=True):
    """One REST call, and what it costs against the venue's budget.

    pool: the name of a limit of its own that the call counts against as well, once a call; empty: there is none.
    """

    path: str
    query: tuple[tuple[str, str], ...]
    weight: int
    pool: str = ""


class Budget(msgspec.Struct, frozen=True):
    """What a venue allows: `weight` per `window_s`, per IP address. `ban_s` is the pause after a ban without a term."""

    weight: int
    window_s: float
    ban_s: float


class Spent(msgspec.Struct, frozen=True):
    """What response headers say of the budget; None where they say nothing."""

    used: int | None = None
    left: int | None = None
    resets_at_ms: int | None = None


class Queries(Protocol):
    """The REST side of a venue. Parsers raise FrameError and VenueError, and nothing else."""

    @property
    def BUDGET(self) -> Budget:  # noqa: N802 - a constant of the module
        """What the venue allows."""
        ...

    @property
    def KLINES_PAGE(self) -> int:  # noqa: N802 - a constant of the module
        """Candles in one reply at most."""
        ...

    @property
    def TRADES_PAGE(self) -> int:  # noqa: N802 - a constant of the module
        """Trades in one reply at most."""
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
        """The tickers of all linear perpetuals in a reply. Raises FrameError, VenueError."""
        ...

    def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> Request:
        """The candles that open in [*start_ms*, *start_ms* + *limit* timeframes), at most a page of them.

        Raises SettingsError for a timeframe that the exchange does not have.
        """
        ...

    def parse_klines(self, body: bytes, symbol: str, timeframe: Timeframe, ts_recv: int) -> list[Kline]:
        """Candles, oldest first; the last is open when its end is after *ts_recv*. Raises FrameError, VenueError."""
        ...

    def recent_trades(self, symbol: str, limit: int, stream: str = "") -> Request:
        """The newest trades of a symbol, at most 1,000, with the ids that *stream* gives them."""
        ...

    def trade_range(
        self, symbol: str, start_ms: int, end_ms: int, from_id: int | None = None, stream: str = ""
    ) -> Request | None:
        """A page of the trades in [*start_ms*, *end_ms*), at most an hour, oldest first, with the ids of *stream*.

        from_id: the page goes on from that id instead, past *end_ms*. None: the venue has no such query for *stream*.
        """
        ...

    def parse_recent_trades(self, body: bytes, symbol: str, ts_recv: int) -> list[Trade]:
        """Trades, oldest first. Raises FrameError, VenueError."""
        ...

    def book_snapshot(self, symbol: str, levels: int) -> Request:
        """The book of a symbol, at least *levels* of each side where there are so many, at most 1,000."""
        ...

    def parse_book_snapshot(self, body: bytes, symbol: str, ts_recv: int) -> BookSnapshot:
        """Both sides, best first. Raises FrameError, VenueError."""
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


class DerivativeQueries(Protocol):
    """What a venue tells of open interest, funding, mark prices and the accounts behind them.

    A venue's `derivatives.py` fulfils this as a module. Parsers raise FrameError and VenueError, and nothing else; a
    reply that speaks of another symbol than the one that was asked for is refused.
    """

    @property
    def POOLS(self) -> Mapping[str, Budget]:  # noqa: N802 - a constant of the module
        """The limits beside the venue's own budget, by the name that `Request.pool` gives; weight 1 a call."""
        ...

    @property
    def STREAMS_OPEN_INTEREST(self) -> bool:  # noqa: N802 - a constant of the module
        """Whether the tickers of the stream carry open interest; where not, it has to be asked for."""
        ...

    @property
    def OPEN_INTEREST_PAGE(self) -> int:  # noqa: N802 - a constant of the module
        """Five-minute points in one reply at most."""
        ...

    def open_interest_history(self, symbol: str, start_ms: int, limit: int) -> Request:
        """The five-minute points stamped in [*start_ms*, *start_ms* + *limit* x 5 min), at most a page of them."""
        ...

    def parse_open_interest_history(self, body: bytes, symbol: str, ts_recv: int) -> list[OpenInterest]:
        """Points, oldest first; `ts_event` is the exchange's stamp. Raises FrameError, VenueError."""
        ...

    def open_interest(self, symbol: str) -> Request:
        """Open interest as it is now."""
        ...

    def parse_open_interest(self, body: bytes, symbol: str, ts_recv: int) -> OpenInterest | None:
        """The latest figure, None where the exchange has none. Raises FrameError, VenueError."""
        ...

    def funding_history(self, symbol: str, limit: int) -> Request:
        """The newest settlements of a symbol, at most a page of them."""
        ...

    def parse_funding_history(self, body: bytes, symbol: str, ts_recv: int) -> list[Funding]:
        """Settlements, oldest first; `ts_event` is `due_at`: they are over. Raises FrameError, VenueError."""
        ...

    def long_short_ratio(self, symbol: str, limit: int) -> Request:
        """The newest five-minute points of the share of accounts that are long, at most a page of them."""
        ...

    def parse_long_short_ratio(self, body: bytes, symbol: str, ts_recv: int) -> list[LongShortRatio]:
        """Points, oldest first; `ts_event` is the exchange's stamp. Raises FrameError, VenueError."""
        ...

    def marks(self) -> Request:
        """Mark price, index price and funding of all symbols."""
        ...

    def parse_marks(self, body: bytes, ts_recv: int) -> list[TickerUpdate]:
        """One update for each linear perpetual. Raises FrameError, VenueError."""
        ...
