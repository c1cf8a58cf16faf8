"""Every setting of Tidemark: frozen structs, their defaults and what they mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from tidemark.errors import SettingsError
from tidemark.sources import ByteCount, Loaded, Seconds, Secret, SettingRow, load_as, schema_of
from tidemark.units import MIB, format_bytes

Rows = Annotated[int, Meta(ge=1, le=100_000)]
Symbol = Annotated[str, Meta(min_length=1, max_length=40)]
TimeframeName = Literal["10s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"]


def _refuse_repeated(key: str, entries: tuple[str, ...]) -> None:
    repeated = sorted({entry for entry in entries if entries.count(entry) > 1})
    if repeated:
        raise SettingsError(f"{key} names {', '.join(repeated)} more than once")


class Memory(Struct, frozen=True, kw_only=True):
    """What the process may take."""

    budget: Annotated[ByteCount, Meta(ge=32 * MIB, description="Memory of the whole process")] = 384 * MIB
    transient: Annotated[
        ByteCount, Meta(ge=MIB, description="Share of it for work that comes and goes; more is refused, retryably")
    ] = 32 * MIB
    reserve_share: Annotated[float, Meta(ge=0.0, le=0.5, description="Fraction of the budget that the plan leaves")] = (
        0.05
    )
    maintenance_every: Annotated[Seconds, Meta(ge=1.0, le=86400.0, description="Between two checks of every limit")] = (
        600.0
    )
    sacrifice: Annotated[
        tuple[TimeframeName, ...], Meta(description="Timeframes given up, in this order, when the plan does not fit")
    ] = ("30m", "15m", "4h", "1d", "5m", "1h")

    def __post_init__(self) -> None:
        if self.transient >= self.budget:
            raise SettingsError(
                f"memory.transient is {format_bytes(self.transient)} and memory.budget {format_bytes(self.budget)}:"
                " the share has to be smaller than the whole"
            )
        _refuse_repeated("memory.sacrifice", self.sacrifice)


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
        _refuse_repeated("venue.channels", self.channels)


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
        _refuse_repeated("candles.timeframes", self.timeframes)


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
            _refuse_repeated(f"universe.{name}", getattr(self, name))
        if self.max_symbols is not None and len(self.always) > self.max_symbols:
            raise SettingsError(
                f"universe.always names {len(self.always)} markets and universe.max_symbols is {self.max_symbols}; name"
                " fewer, or allow more"
            )


class Connection(Struct, frozen=True, kw_only=True):
    """How patient we are with a connection."""

    silence_timeout: Annotated[
        Seconds, Meta(ge=1.0, le=600.0, description="A connection that says nothing for so long is opened again")
    ] = 30.0
    reconnect_ceiling: Annotated[
        Seconds, Meta(ge=1.0, le=600.0, description="Longest pause between two attempts to connect")
    ] = 30.0
    alarm_after: Annotated[int, Meta(ge=1, le=1000, description="Failed attempts in a row that raise an alarm")] = 5


class Freshness(Struct, frozen=True, kw_only=True):
    """When a feed that says nothing is taken for dead, and what stands in for it."""

    floor: Annotated[Seconds, Meta(ge=1.0, le=600.0, description="A channel is stale after this at the soonest")] = 10.0
    factor: Annotated[
        float, Meta(ge=2.0, le=100.0, description="Or after so many of its own mean gaps, where that is longer")
    ] = 5.0
    startup: Annotated[
        Seconds, Meta(ge=1.0, le=3600.0, description="For this long a channel that has just begun is not judged")
    ] = 60.0
    poll_after: Annotated[
        Seconds, Meta(ge=1.0, le=3600.0, description="A stream that is down for so long is replaced by REST polling")
    ] = 5.0


class Store(Struct, frozen=True, kw_only=True):
    """What is kept on disk."""

    folder: Annotated[str, Meta(min_length=1, description="Where it is kept")] = "~/.local/share/tidemark"
    journal: Annotated[bool, Meta(description="Whether closed candles are written, so that a restart goes on")] = True
    max_size: Annotated[ByteCount, Meta(ge=MIB, description="At most so much disk; the oldest goes first")] = 512 * MIB
    database: Annotated[
        Secret | None,
        Meta(description="URL of a PostgreSQL database, as SQLAlchemy writes it; none stands for a file of SQLite"),
    ] = None
    gaps_max_age: Annotated[
        Seconds, Meta(ge=3600.0, le=10 * 366 * 86400.0, description="Gaps that ended longer ago are forgotten")
    ] = 90 * 86400.0

    @property
    def path(self) -> Path:
        """`folder`, as a path."""
        return Path(self.folder)


class Archive(Struct, frozen=True, kw_only=True):
    """Parquet files of what the journal and the rings let go of."""

    enabled: Annotated[bool, Meta(description="Whether closed candles are archived")] = True
    trades: Annotated[bool, Meta(description="Whether trades are archived as well")] = False
    max_age: Annotated[
        Seconds, Meta(ge=86400.0, le=50 * 366 * 86400.0, description="Days that ended longer ago are removed")
    ] = 366 * 86400.0
    max_size: Annotated[
        ByteCount, Meta(ge=MIB, description="At most so much disk for one venue; the oldest days go first")
    ] = 8192 * MIB
    every: Annotated[Seconds, Meta(ge=1.0, le=3600.0, description="Between two runs of the process that writes it")] = (
        600.0
    )
    trade_log_size: Annotated[
        ByteCount, Meta(ge=MIB, description="At most so much disk for trades that are not archived yet")
    ] = 512 * MIB


class Backfill(Struct, frozen=True, kw_only=True):
    """Candles that were missed, fetched from the exchange."""

    enabled: Annotated[
        bool, Meta(description="Whether missing candles are fetched at the start and for new markets")
    ] = True
    concurrency: Annotated[int, Meta(ge=1, le=8, description="Requests at a time")] = 4


class Reconcile(Struct, frozen=True, kw_only=True):
    """How our candles are held against the exchange's own."""

    every: Annotated[
        Seconds,
        Meta(
            ge=0.0,
            le=86400.0,
            description="Each market's closed candles are compared with the exchange's this often; 0: never",
        ),
    ] = 300.0


class ComponentWeights(Struct, frozen=True, kw_only=True):
    """How much each component of a score counts against the others."""

    order_flow: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of who is the aggressor")] = 0.30
    order_book: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of what waits beside the price")] = 0.20
    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of the side that volume speaks for")] = 0.18
    structure: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of what the price has drawn")] = 0.15
    technical: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of oscillators and trend")] = 0.10
    sentiment: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of positions and their cost")] = 0.07


class TimeframeWeights(Struct, frozen=True, kw_only=True):
    """How much the candles of each timeframe count against the others'; those of 0 are read and shown all the same."""

    s10: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 10-second candles")] = field(
        default=0.0, name="10s"
    )
    m1: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 1-minute candles")] = field(
        default=0.4, name="1m"
    )
    m5: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 5-minute candles")] = field(
        default=0.3, name="5m"
    )
    m15: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 15-minute candles")] = field(
        default=0.0, name="15m"
    )
    m30: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 30-minute candles")] = field(
        default=0.2, name="30m"
    )
    h1: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 1-hour candles")] = field(default=0.0, name="1h")
    h4: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 4-hour candles")] = field(default=0.1, name="4h")
    d1: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 1-day candles")] = field(default=0.0, name="1d")

    def named(self) -> dict[str, float]:
        """The weights by the names of their timeframes."""
        return {info.encode_name: getattr(self, info.name) for info in msgspec.structs.fields(TimeframeWeights)}


class ComponentScales(Struct, frozen=True, kw_only=True):
    """What the weight of each component is multiplied by; 1 leaves it as it is."""

    order_flow: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of order flow")] = 1.0
    order_book: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of the order book")] = 1.0
    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of volume")] = 1.0
    structure: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of structure")] = 1.0
    technical: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of technical factors")] = 1.0
    sentiment: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of sentiment")] = 1.0


class RegimeScales(Struct, frozen=True, kw_only=True):
    """The state of a market, from price and volume alone, and how much more or less components count in it."""

    timeframe: Annotated[TimeframeName, Meta(description="The candles that it is read from")] = "5m"
    trend: ComponentScales = ComponentScales()
    range: ComponentScales = ComponentScales()
    volatile: ComponentScales = ComponentScales()
    illiquid: ComponentScales = ComponentScales()


class Analysis(Struct, frozen=True, kw_only=True):
    """The score of each market, and how it is weighed."""

    enabled: Annotated[bool, Meta(description="Whether markets are scored")] = True
    weights: ComponentWeights = ComponentWeights()
    timeframes: TimeframeWeights = TimeframeWeights()
    regime: RegimeScales = RegimeScales()


class Api(Struct, frozen=True, kw_only=True):
    """What the process serves: REST, push, metrics and the dashboard."""

    enabled: Annotated[bool, Meta(description="Whether anything is served")] = True
    host: Annotated[
        str,
        Meta(min_length=1, max_length=253, description="The address it listens at; any but loopback asks for a token"),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port it listens at; 0: one that is free")] = 8420
    clients: Annotated[int, Meta(ge=1, le=10_000, description="Push clients at a time; one more is refused")] = 20
    rate: Annotated[
        float, Meta(ge=1.0, le=100_000.0, description="Requests a second of one client, in bursts of ten times that")
    ] = 50.0
    origins: Annotated[
        tuple[Annotated[str, Meta(pattern="^https?://[^/]+$")], ...],
        Meta(description="Pages of other origins that may open a push connection; its own always may"),
    ] = ()


class Serve(Struct, frozen=True, kw_only=True):
    """A process of its own that serves further clients of a monitor: `tidemark serve`."""

    monitor: Annotated[
        str, Meta(pattern="^https?://[^/@?#]+$", max_length=300, description="Where the monitor serves")
    ] = "http://127.0.0.1:8420"
    token: Annotated[Secret | None, Meta(description="The token that the monitor asks for, where it asks for one")] = (
        None
    )
    host: Annotated[
        str,
        Meta(min_length=1, max_length=253, description="The address it listens at; any but loopback asks for a token"),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port it listens at; 0: one that is free")] = 8421
    clients: Annotated[int, Meta(ge=1, le=10_000, description="Push clients at a time; one more is refused")] = 100
    redis_url: Annotated[
        Secret | None,
        Meta(description="URL of a Redis or Valkey that several such processes share; none stands for one alone"),
    ] = None


class Log(Struct, frozen=True, kw_only=True):
    """What is logged, and how."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged")] = (
        "info"
    )
    format: Annotated[
        Literal["auto", "console", "json"], Meta(description="auto: for people on a terminal, JSON lines elsewhere")
    ] = "auto"


class Settings(Struct, frozen=True, kw_only=True):
    """All of them."""

    memory: Memory = Memory()
    venue: Venue = Venue()
    candles: Candles = Candles()
    tape: Tape = Tape()
    book: Book = Book()
    derivatives: Derivatives = Derivatives()
    universe: Universe = Universe()
    connection: Connection = Connection()
    freshness: Freshness = Freshness()
    store: Store = Store()
    archive: Archive = Archive()
    backfill: Backfill = Backfill()
    reconcile: Reconcile = Reconcile()
    analysis: Analysis = Analysis()
    api: Api = Api()
    serve: Serve = Serve()
    log: Log = Log()


def schema() -> list[SettingRow]:
    """Every setting there is: the table of the documentation."""
    return schema_of(Settings)


def load(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, str]) -> Loaded[Settings]:
    """The settings that hold, from *file*, *environment* and *flags* ("memory.budget" to "256MB").

    Without *file*, `tidemark/tidemark.toml` in the user's configuration folder is read where it exists. SettingsError
    names the key, the value, what is allowed and where it was written.
    """
    home = environment.get("HOME", "")
    if file is None:
        folder = environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
        usual = Path(folder, "tidemark", "tidemark.toml")
        file = usual if folder and usual.is_file() else None
    loaded = load_as(Settings, file, environment, flags)
    store = loaded.settings.store
    data_home = environment.get("XDG_DATA_HOME")
    where = store.folder
    if data_home and loaded.source_of("store.folder") == "default":
        where = f"{data_home}/tidemark"
    if where.startswith("~/") and home:
        where = home + where[1:]
    settings = msgspec.structs.replace(loaded.settings, store=msgspec.structs.replace(store, folder=where))
    return Loaded(settings=settings, sources=loaded.sources)
