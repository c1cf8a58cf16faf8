"""What a recording says about its markets: symbols, grids of price and size, streams, found by reading it once."""

import math
from collections.abc import Iterator

import msgspec

from tidemark.errors import DECODE_ERRORS
from tidemark.sim.market import Market

# Decimal text is read as a whole number of these, so that a greatest common divisor is exact.
DIGITS = 10
# So many levels of a side tell the grid.
LEVELS = 10
QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD")


class Envelope(msgspec.Struct):
    """The outside of a frame: a combined stream, a topic, or an event by itself."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    topic: str = ""
    e: str = ""
    s: str = ""


class BinanceTrade(msgspec.Struct, rename={"last_id": "l"}):
    """`trade` and `aggTrade`."""

    s: str
    p: str
    q: str
    T: int
    m: bool
    t: int = 0
    a: int = 0
    last_id: int = 0


class BinanceBook(msgspec.Struct):
    """`bookTicker`."""

    s: str
    b: str
    B: str
    a: str
    A: str


class Bar(msgspec.Struct, rename={"low": "l"}):
    """The inside of Binance's `kline`."""

    o: str
    c: str
    h: str
    low: str
    v: str
    i: str = "1m"


class BinanceKline(msgspec.Struct):
    """`kline`."""

    s: str
    k: Bar


class BybitTrade(msgspec.Struct):
    """One row of publicTrade."""

    T: int
    s: str
    S: str
    v: str
    p: str
    i: str
    seq: int = 0
    RPI: bool = False


class BybitTicker(msgspec.Struct, rename="camel"):
    """tickers: only what changed."""

    symbol: str
    last_price: str = ""
    bid1_price: str = ""
    bid1_size: str = ""
    ask1_price: str = ""
    ask1_size: str = ""


class BybitBook(msgspec.Struct):
    """orderbook: levels as (price, size)."""

    s: str
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class Told(msgspec.Struct, frozen=True):
    """What a frame says: which stream it belongs to, and its inside; `kind` "" when it is of none."""

    stream: str
    kind: str
    symbol: str
    inside: bytes
    is_enveloped: bool


_ENVELOPE = msgspec.json.Decoder(Envelope)
# The names of the single streams by the events they carry; a recording of a raw connection has nothing else to go by.
_STREAMS = {"trade": "trade", "aggTrade": "aggTrade", "bookTicker": "bookTicker", "24hrTicker": "ticker"}


def understand(payload: bytes) -> Told:
    """The stream and the kind of a raw frame. Raises msgspec.DecodeError when it is no JSON object."""
    outside = _ENVELOPE.decode(payload)
    if outside.topic:
        kind, _, rest = outside.topic.partition(".")
        return Told(outside.topic, kind, rest.rpartition(".")[2], bytes(outside.data), is_enveloped=False)
    if outside.stream:
        symbol, _, kind = outside.stream.partition("@")
        return Told(outside.stream, kind.partition("_")[0], symbol.upper(), bytes(outside.data), is_enveloped=True)
    if outside.e in _STREAMS and outside.s:
        stream = f"{outside.s.lower()}@{_STREAMS[outside.e]}"
        return Told(stream, _STREAMS[outside.e], outside.s, payload, is_enveloped=False)
    if outside.e == "kline" and outside.s:
        interval = msgspec.json.decode(payload, type=BinanceKline).k.i
        return Told(f"{outside.s.lower()}@kline_{interval}", "kline", outside.s, payload, is_enveloped=False)
    return Told("", "", "", b"", is_enveloped=False)


class Grid:
    """The greatest common divisor of decimal texts, and how many digits they had."""

    def __init__(self) -> None:
        self._divisor = 0
        self._first = 0
        self._varies = False
        self.decimals = 0
        self.last = 0.0

    def see(self, text: str) -> None:
        """Take in one figure; zero says nothing."""
        whole, _, rest = text.partition(".")
        value = int(whole + rest.ljust(DIGITS, "0")[:DIGITS])
        if value == 0:
            return
        self.decimals = max(self.decimals, len(rest.rstrip("0")))
        self.last = value / 10**DIGITS
        self._divisor = math.gcd(self._divisor, value)
        if self._first and value != self._first:
            self._varies = True
        self._first = self._first or value

    @property
    def step(self) -> float:
        """The step of the grid; of a figure that never changed only its last digit is known."""
        return self._divisor / 10**DIGITS if self._varies else 10.0**-self.decimals


class Survey:
    """Markets and streams of a recording. Memory: a few numbers a symbol and a name a stream."""

    def __init__(self) -> None:
        self.streams: set[str] = set()  # bounded: the streams of the recording
        self.symbols: dict[str, tuple[Grid, Grid]] = {}  # bounded: the symbols of the recording
        # Where a symbol has both, its trades count once.
        self.has_single_trades: set[str] = set()  # bounded: the symbols of the recording
        self.frames = 0
        self.skipped = 0
        self.first_ns = 0

    def see(self, ts_recv_ns: int, payload: bytes) -> None:
        """Take in one frame."""
        try:
            told = understand(payload)
            if not told.kind:
                self.skipped += 1
                return
            for symbol, prices, sizes in figures(told):
                price_grid, size_grid = self.symbols.setdefault(symbol, (Grid(), Grid()))
                for text in prices:
                    price_grid.see(text)
                for text in sizes:
                    size_grid.see(text)
        except (*DECODE_ERRORS, ValueError):
            # Not of a known form: it is neither counted as a market nor sent.
            self.skipped += 1
            return
        if self.frames == 0:
            self.first_ns = ts_recv_ns
        self.frames += 1
        self.streams.add(told.stream)
        if told.kind == "trade":
            self.has_single_trades.add(told.symbol)

    def markets(self) -> Iterator[Market]:
        """Every symbol with a price."""
        for symbol, (prices, sizes) in sorted(self.symbols.items()):
            if prices.last <= 0.0:
                continue
            quote = next((quote for quote in QUOTES if symbol.endswith(quote) and symbol != quote), "USDT")
            yield Market(
                symbol=symbol,
                base=symbol.removesuffix(quote),
                quote=quote,
                settle=quote,
                tick_size=prices.step,
                price_decimals=prices.decimals,
                lot_size=sizes.step,
                lot_decimals=sizes.decimals,
                start_price=prices.last,
                launched_ms=self.first_ns // 1_000_000 - 86_400_000,
            )


def figures(told: Told) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Symbol, prices and sizes of a frame; nothing for kinds that do not matter here."""
    match told.kind:
        case "trade" | "aggTrade":
            trade = msgspec.json.decode(told.inside, type=BinanceTrade)
            yield trade.s, (trade.p,), (trade.q,)
        case "bookTicker":
            book = msgspec.json.decode(told.inside, type=BinanceBook)
            yield book.s, (book.b, book.a), (book.B, book.A)
        case "kline" if told.stream.find("@") > 0:
            bar = msgspec.json.decode(told.inside, type=BinanceKline)
            yield bar.s, (bar.k.o, bar.k.h, bar.k.low, bar.k.c), (bar.k.v,)
        case "publicTrade":
            for row in msgspec.json.decode(told.inside, type=list[BybitTrade]):
                yield row.s, (row.p,), (row.v,)
        case "tickers":
            ticker = msgspec.json.decode(told.inside, type=BybitTicker)
            prices = tuple(text for text in (ticker.last_price, ticker.bid1_price, ticker.ask1_price) if text)
            yield ticker.symbol, prices, tuple(text for text in (ticker.bid1_size, ticker.ask1_size) if text)
        case "orderbook":
            book_ = msgspec.json.decode(told.inside, type=BybitBook)
            levels = [level for level in book_.b[:LEVELS] + book_.a[:LEVELS] if level[1] != "0"]
            yield book_.s, tuple(price for price, _ in levels), tuple(size for _, size in levels)
        case _:
            return
