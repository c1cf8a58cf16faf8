"""What can go wrong on purpose, and the line that does it to one client's frames."""

import heapq
import random
from collections.abc import Iterator
from zlib import crc32

import msgspec

from tidemark.errors import SettingsError
from tidemark.sim.book_faults import crossed, is_delta, with_broken_ids

MALFORMED = ("truncated", "wrong_types", "not_a_number", "oversized", "deep", "binary", "unknown_topic")
CHANNELS = ("trade", "ticker", "kline", "book", "liquidation", "mark")
SHARES = (
    "duplicate", "reorder", "gap", "malformed", "too_many_requests", "server_error", "book_break", "book_cross",
    "book_restart", "kline_wrong", "trade_missing",
)  # fmt: skip
OVERSIZED = 1_100_000
DEPTH = 10_000
# Frames held back of one client; past it the oldest leave early, so that a fault cannot eat the memory.
MOST_HELD = 50_000
MILLISECOND = 1_000_000
# A day: no fault lasts, and no clock is off, for longer.
LONGEST_S = 86_400


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fault switches; all off by default. Shares are of frames or requests, in [0, 1].

    `channels` and `symbols` narrow the faults of frames down (silent, duplicate, reorder, delay_ms, gap, malformed), so
    that one channel dies on a living connection. A stream of all symbols is of none in `symbols`.

    channels           kinds of streams that are touched: trade, ticker, kline, book, liquidation, mark; none: all
    symbols            the symbols that faults of frames, books, trades and candles touch; none: all
    drop_every_s       each connection is cut that long after it was opened (wall seconds)
    drop_once          every open connection is cut once, now
    silent             connections stay open, no data comes; answer_pings says whether pings are answered meanwhile
    duplicate          share of frames sent twice
    reorder            share of frames held back by up to reorder_ms, so that later ones overtake them
    delay_ms           every frame comes that much later
    gap                share of frames never sent
    malformed          share of frames after which a broken one is sent, of the kinds in malformed_kinds
    burst_s            a hundred times the rate, for that many seconds of the exchange's time from now
    clock_skew_ms      server time and event times are shifted; candles keep their minutes
    too_many_requests  share of REST requests refused for their number, with Retry-After of retry_after_s
    banned             refuse as a ban does (Binance 418) instead of 429
    server_error       share of REST requests answered with 503
    rest_delay_s       every REST reply comes that much later
    book_break         share of book deltas whose ids do not join those before and after
    book_cross         share of book deltas with a bid far above the best ask
    book_restart       share of book deltas in whose place books start anew (Bybit: u is 1; Binance: the chain is cut)
    kline_wrong        share of REST candles with a wrong close and volume; the same ones at every asking
    trade_missing      share of trades that are never streamed; REST and the candles have them
    """

    channels: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()

    drop_every_s: float = 0.0
    drop_once: bool = False
    silent: bool = False
    answer_pings: bool = True
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_ms: int = 200
    delay_ms: int = 0
    gap: float = 0.0
    malformed: float = 0.0
    malformed_kinds: tuple[str, ...] = MALFORMED
    burst_s: float = 0.0
    clock_skew_ms: int = 0
    too_many_requests: float = 0.0
    retry_after_s: int = 1
    banned: bool = False
    server_error: float = 0.0
    rest_delay_s: float = 0.0
    book_break: float = 0.0
    book_cross: float = 0.0
    book_restart: float = 0.0
    kline_wrong: float = 0.0
    trade_missing: float = 0.0

    def __post_init__(self) -> None:
        for name in SHARES:
            share = getattr(self, name)
            if not 0.0 <= share <= 1.0:
                raise SettingsError(f"faults.{name} is {share}; a share from 0 to 1 is allowed")
        for name in ("drop_every_s", "reorder_ms", "delay_ms", "burst_s", "retry_after_s", "rest_delay_s"):
            longest = LONGEST_S * (1000 if name.endswith("_ms") else 1)
            if getattr(self, name) < 0:
                raise SettingsError(f"faults.{name} is {getattr(self, name)}; it cannot be negative")
            if not getattr(self, name) <= longest:
                raise SettingsError(f"faults.{name} is {getattr(self, name)}; at most {longest} is allowed")
        if abs(self.clock_skew_ms) > LONGEST_S * 1000:
            raise SettingsError(f"faults.clock_skew_ms is {self.clock_skew_ms}; at most a day is allowed, either way")
        for kind in self.malformed_kinds:
            if kind not in MALFORMED:
                raise SettingsError(f"faults.malformed_kinds names {kind!r}; allowed are {', '.join(MALFORMED)}")
        for channel in self.channels:
            if channel not in CHANNELS:
                raise SettingsError(f"faults.channels names {channel!r}; allowed are {', '.join(CHANNELS)}")
        if not self.malformed_kinds:
            raise SettingsError("faults.malformed_kinds is empty; name at least one kind")

    @property
    def touches_frames(self) -> bool:
        """Whether frames need more than to be sent as they are."""
        return bool(
            self.duplicate or self.reorder or self.delay_ms or self.gap or self.malformed or self.book_break
            or self.book_cross
        )  # fmt: skip

    def concern(self, symbol: str) -> bool:
        """Whether *symbol* is among those that faults touch."""
        return not self.symbols or symbol in self.symbols


def chosen(key: str, share: float) -> bool:
    """Whether the thing of that name is among a *share* of all: the same answer whenever it is asked."""
    return share > 0.0 and crc32(key.encode()) * 0x9E3779B97F4A7C15 >> 32 & 0xFFFFFFFF < share * 2**32


class Spoiled(msgspec.Struct, frozen=True, gc=False):
    """What leaves a fault line: a payload, and whether it is a binary message."""

    payload: bytes
    is_binary: bool = False


def broken(payload: bytes, kind: str, rng: random.Random) -> Spoiled:
    """A malformed frame made from a good one."""
    match kind:
        case "truncated":
            return Spoiled(payload[: rng.randrange(1, max(2, len(payload)))])
        case "wrong_types":
            return Spoiled(payload.replace(b'":"', b'":{"x":"', 1).replace(b'",', b'"},', 1).replace(b":1", b":[1]", 1))
        case "not_a_number":
            return Spoiled(_replace_number(payload))
        case "oversized":
            return Spoiled(payload[:-1] + b',"padding":"' + b"x" * OVERSIZED + b'"}')
        case "deep":
            return Spoiled(b'{"data":' + b"[" * DEPTH + b"]" * DEPTH + b"}")
        case "binary":
            return Spoiled(rng.randbytes(64), is_binary=True)
        case _:
            return Spoiled(
                b'{"topic":"nosuch.THING","stream":"nosuch@thing","type":"snapshot","ts":1,"data":{"e":"nosuch"}}'
            )


def _replace_number(payload: bytes) -> bytes:
    """The first price becomes "NaN"."""
    for name in (b'"p":"', b'"c":"', b'"b":"', b'"lastPrice":"', b'"bid1Price":"', b'"open":"'):
        at = payload.find(name)
        if at >= 0:
            begin = at + len(name)
            return payload[:begin] + b"NaN" + payload[payload.index(b'"', begin) :]
    return b'{"topic":NaN}'


class FaultLine:
    """The faults of one client's frames, from its own seed.

    Memory: at most 50,000 held frames.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._held: list[tuple[int, int, bytes]] = []  # bounded: `MOST_HELD`, then the earliest leaves
        self._count = 0
        self.dropped = 0
        self.duplicated = 0
        self.malformed = 0
        self.books_spoiled = 0
        self.held_back = 0

    @property
    def is_holding(self) -> bool:
        """Whether frames wait for their time."""
        return bool(self._held)

    def send(self, faults: Faults, now_ns: int, payload: bytes, *, is_book: bool = False) -> Iterator[Spoiled]:
        """What is sent at *now_ns*, in the exchange's time, when *payload* is due."""
        rng = self._rng
        if is_book and (faults.book_break or faults.book_cross):
            payload = self._spoil_book(faults, payload)
        if faults.gap and rng.random() < faults.gap:
            self.dropped += 1
        else:
            copies = 1
            if faults.duplicate and rng.random() < faults.duplicate:
                self.duplicated += 1
                copies = 2
            due = now_ns + faults.delay_ms * MILLISECOND
            if faults.reorder and rng.random() < faults.reorder:
                self.held_back += 1
                due += rng.randrange(1, max(2, faults.reorder_ms * MILLISECOND))
            for _ in range(copies):
                self._count += 1
                heapq.heappush(self._held, (due, self._count, payload))
        yield from self.release(now_ns)
        if faults.malformed and rng.random() < faults.malformed:
            self.malformed += 1
            yield broken(payload, rng.choice(faults.malformed_kinds), rng)

    def _spoil_book(self, faults: Faults, payload: bytes) -> bytes:
        if not is_delta(payload):
            return payload
        if faults.book_break and self._rng.random() < faults.book_break:
            self.books_spoiled += 1
            payload = with_broken_ids(payload)
        if faults.book_cross and self._rng.random() < faults.book_cross:
            self.books_spoiled += 1
            payload = crossed(payload)
        return payload

    def release(self, now_ns: int) -> Iterator[Spoiled]:
        """The held frames that are due."""
        held = self._held
        while held and (held[0][0] <= now_ns or len(held) > MOST_HELD):
            yield Spoiled(heapq.heappop(held)[2])
