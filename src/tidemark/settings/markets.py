"""Which markets are watched, and what is built of them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from tidemark.errors import SettingsError
from tidemark.settings.base import Rows, Symbol, TimeframeName, refuse_repeated
from tidemark.sources import Seconds


class Venue(Struct, frozen=True, kw_only=True):
    """Which exchange, and what is subscribed there."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_]+$", description="The exchange")] = "bybit"
    rest_url: Annotated[
        Annotated[str, Meta(pattern="^https?://")] | None, Meta(description="Another REST address than its own")
    ] = None
    stream_url: Annotated[
        Annotated[str, Meta(pattern="^wss?://")] | None, Meta(description="Another stream address than its own")
    ] = None
    trade_stream: Annotated[
        Literal["aggTrade", "trade"], Meta(description="Binance only: trades merged by order, or each one")
    ] = "aggTrade"
    channels: Annotated[
        tuple[Literal["trades", "tickers", "klines", "books", "liquidations", "marks"], ...],
        Meta(min_length=1, description="What is subscribed"),
    ] = ("trades", "tickers", "books", "liquidations", "marks")

    def __post_init__(self) -> None:
        refuse_repeated("venue.channels", self.channels)


class Retention(Struct, frozen=True, kw_only=True):
    """Candles kept of each market, by timeframe."""

    s10: Annotated[Rows, Meta(description="10-second candles kept")] = field(default=360, name="10s")
    m1: Annotated[Rows, Meta(description="1-minute candles kept")] = field(default=1440, name="1m")
    m5: Annotated[Rows, Meta(description="5-minute candles kept")] = field(default=864, name="5m")
    m15: Annotated[Rows, Meta(description="15-minute candles kept")] = field(default=672, name="15m")
    m30: Annotated[Rows, Meta(description="30-minute candles kept")] = field(default=672, name="30m")
    h1: Annotated[Rows, Meta(description="1-hour candles kept")] = field(default=720, name="1h")
    h4: Annotated[Rows, Meta(description="4-hour candles kept")] = field(default=360, name="4h")
    d1: Annotated[Rows, Meta(description="1-day candles kept")] = field(default=365, name="1d")

    def rows(self, timeframe: str) -> int:
        """Candles kept of the timeframe of that name; KeyError when there is none."""
        names = {info.encode_name: info.name for info in msgspec.structs.fields(Retention)}
        return int(getattr(self, names[timeframe]))


class Candles(Struct, frozen=True, kw_only=True):
    """Which candles are built, and how many are kept."""

    timeframes: Annotated[tuple[TimeframeName, ...], Meta(min_length=1, description="Candles that are kept")] = (
        "10s",
        "1m",
        "5m",
        "15m",
        "30m",
        "1h",
        "4h",
        "1d",
    )
    retention: Retention = Retention()
    grace: Annotated[
        Seconds, Meta(ge=0.0, le=60.0, description="How long a candle waits for late trades before it closes")
    ] = 2.0

    def __post_init__(self) -> None:
        refuse_repeated("candles.timeframes", self.timeframes)


class Tape(Struct, frozen=True, kw_only=True):
    """The newest trades of each market."""

    trades_per_symbol: Annotated[Rows, Meta(description="Trades kept of each market")] = 1000


class Book(Struct, frozen=True, kw_only=True):
    """Order books, where `books` is among the channels."""

    depth: Annotated[
        int, Meta(ge=1, le=200, description="Levels of each side that stay known: 50, 200, or what you need")
    ] = 50


class Derivatives(Struct, frozen=True, kw_only=True):
    """What is kept and asked of open interest, funding, accounts and liquidations."""

    liquidations_per_symbol: Annotated[
        Annotated[int, Meta(ge=10, le=10_000)],
        Meta(description="Liquidations kept of each market; one that comes again is known among them"),
    ] = 100
    open_interest: Annotated[
        bool, Meta(description="Whether open interest is asked for: its last 24 hours, and what no stream tells")
    ] = True
    open_interest_every: Annotated[
        Seconds, Meta(ge=60.0, le=3600.0, description="Between two requests for a market's open interest")
    ] = 300.0
    funding: Annotated[bool, Meta(description="Whether the settled funding rates are asked for")] = True
    funding_every: Annotated[
        Seconds, Meta(ge=300.0, le=86400.0, description="Between two requests for a market's settled funding rates")
    ] = 3600.0
    ratio: Annotated[bool, Meta(description="Whether the share of accounts that are long is asked for")] = True
    ratio_every: Annotated[
        Seconds, Meta(ge=60.0, le=86400.0, description="Between two requests for a market's long/short ratio")
    ] = 300.0
    marks_every: Annotated[
        Seconds,
        Meta(ge=5.0, le=3600.0, description="Mark prices are asked for when no stream told any for so long"),
    ] = 60.0


class Universe(Struct, frozen=True, kw_only=True):
    """Which markets are watched."""

    include: Annotated[
        tuple[Symbol, ...], Meta(description="Only these markets; empty stands for what the venue lists")
    ] = ()
    exclude: Annotated[tuple[Symbol, ...], Meta(description="Never these markets")] = ()
    max_symbols: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)] | None,
        Meta(description="At most so many markets; none stands for as many as the venue lists at the start"),
    ] = None
    spare_slots: Annotated[
        int, Meta(ge=0, le=1000, description="Slots kept free for markets that are listed later")
    ] = 16
    always: Annotated[
        tuple[Symbol, ...], Meta(description="Always these markets, whatever the other filters say of them")
    ] = ()
    min_turnover_24h: Annotated[
        float, Meta(ge=0.0, le=1e15, description="Only markets that turn over so much in 24 hours, in USDT")
    ] = 0.0
    min_trades_1h: Annotated[
        int, Meta(ge=0, le=10_000_000, description="Only markets with so many trades in the last hour, where known")
    ] = 0
    min_age: Annotated[
        Seconds, Meta(ge=0.0, le=315_360_000.0, description="Only markets that were listed so long ago")
    ] = 0.0
    rank_margin: Annotated[
        float,
        Meta(ge=0.0, le=0.5, description="A market that is watched stays until its rank is this share past the last"),
    ] = 0.1
    filter_margin: Annotated[
        float, Meta(ge=0.0, le=0.9, description="A market that is watched stays until it is this share below a filter")
    ] = 0.2
    leave_after: Annotated[
        int, Meta(ge=1, le=100, description="Evaluations in a row that a market has to fail before it leaves")
    ] = 2
    evaluate_every: Annotated[
        Seconds, Meta(ge=10.0, le=86400.0, description="Between two evaluations of who is watched")
    ] = 300.0
    overview_every: Annotated[
        Seconds, Meta(ge=10.0, le=3600.0, description="Between two looks at the tickers of all markets")
    ] = 60.0

    def __post_init__(self) -> None:
        for one, other in (("include", "exclude"), ("always", "exclude")):
            both = sorted(set(getattr(self, one)) & set(getattr(self, other)))
            if both:
                raise SettingsError(f"universe.{one} and universe.{other} both name {', '.join(both)}; keep it in one")
        for name in ("include", "exclude", "always"):
            refuse_repeated(f"universe.{name}", getattr(self, name))
        if self.max_symbols is not None and len(self.always) > self.max_symbols:
            raise SettingsError(
                f"universe.always names {len(self.always)} markets and universe.max_symbols is {self.max_symbols}; name"
                " fewer, or allow more"
            )
