"""A recording as a source of frames: raw frames verbatim, in the order and at the pace they were received."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec
import numpy as np

from tidemark.errors import DECODE_ERRORS, CaptureError
from tidemark.kernels.page import Page
from tidemark.sim.book import Ladder
from tidemark.sim.derivatives import Derivatives
from tidemark.sim.faults import Faults
from tidemark.sim.longer import Candle
from tidemark.sim.market import Asked, Frame, Market, Print, Quote
from tidemark.sim.pages import paged
from tidemark.sim.survey import BinanceBook, BinanceTrade, BybitTicker, BybitTrade, Survey, Told, understand
from tidemark.sim.truth import MINUTE_MS, RECENT, Truth
from tidemark.sim.wanted import Wanted
from tidemark.units import DAY

MILLISECOND = 1_000_000
SLICE_NS = 250 * MILLISECOND
SLICE_FRAMES = 500
# Every minute of a hole has its candle, of every market; decades of them would never end.
MOST_HOLE_NS = DAY
MOST_TICKS, MOST_LOTS = 1 << 31, 1 << 53
FUNDING_MS = 8 * 3_600_000

Recorded = tuple[int, bytes]


class Recording:
    """Replays what *frames()* gives, (receive time in ns, payload) in order of time, each time from the beginning.

    It is read once before the start, to learn its symbols. `loop` begins anew at the end, time going on.
    Memory: that of `Truth` and 1,000 trades a symbol; frames are read as they are sent.
    """

    def __init__(self, venue: str, frames: Callable[[], Iterable[Recorded]], *, loop: bool = False) -> None:
        self.venue = venue
        self.faults = Faults()
        self._frames = frames
        self._loop = loop
        survey = Survey()
        last_ns = 0
        for ts_recv_ns, payload in frames():
            if last_ns and ts_recv_ns - last_ns > MOST_HOLE_NS:
                raise CaptureError(
                    f"the recording has a hole of {(ts_recv_ns - last_ns) / DAY:,.1f} days; one that is played has none"
                    " longer than a day: cut it there"
                )
            survey.see(ts_recv_ns, payload)
            last_ns = max(last_ns, ts_recv_ns)
        if survey.frames == 0:
            raise CaptureError(f"the recording holds no frame of a stream ({survey.skipped} others); is it of {venue}?")
        self.survey = survey
        self._length_ns = last_ns - survey.first_ns + SLICE_NS
        self._shift_ns = 0
        self._now_ns = survey.first_ns
        self._has_begun = False
        self._has_ended = False
        markets = list(survey.markets())
        self._symbols = frozenset(market.symbol for market in markets)
        self.truth = Truth(
            max(1, len(markets)), survey.first_ns // MILLISECOND // MINUTE_MS, opens_at_close=venue == "bybit"
        )
        for slot, market in enumerate(markets):
            self.truth.enter(slot, market, max(1, round(market.start_price / market.tick_size)))
        self._prints = [deque[Print](maxlen=RECENT) for _ in range(self.truth.slots)]
        self._touch = [(0, 0, 1, 1)] * self.truth.slots
        self._pending: list[tuple[int, int, int, int, bool]] = []  # bounded: the trades of one slice
        self._iterator = iter(self._frames())
        self._held: Recorded | None = None

    @property
    def derivatives(self) -> Derivatives | None:
        """None: a recording does not have them."""
        return None

    @property
    def has_ended(self) -> bool:
        """Whether the last frame was sent."""
        return self._has_ended

    @property
    def waits_for_subscriber(self) -> bool:
        """Until the first frame: so that nothing is lost."""
        return not self._has_begun

    def now_ns(self) -> int:
        """The receive time of the newest frame."""
        return self._now_ns

    def knows(self, topic: str) -> bool:
        """Whether the recording has frames of *topic*, or is of its market: a quiet stream can be subscribed too."""
        return topic in self.survey.streams or topic.rpartition(".")[2] in self._symbols

    def snapshot(self, topic: str) -> bytes | None:  # noqa: ARG002 - a recording is sent as it is
        """None: only what was recorded is sent."""
        return None

    def prints(self, slot: int, limit: int) -> list[Print]:
        """The newest trades, at most *limit*, oldest first."""
        return list(self._prints[slot])[-limit:]

    def prints_of(self, slot: int, asked: Asked) -> list[Print]:
        """The trades of the aggregate trades that are *asked* for."""
        found: dict[int, list[Print]] = {}
        for told in self._prints[slot]:
            if asked.from_id is not None:
                is_asked = told.aggregate_id >= asked.from_id
            else:
                is_asked = (
                    (asked.start_ms or 0) <= told.time_ms <= (told.time_ms if asked.end_ms is None else asked.end_ms)
                )
            if is_asked:
                found.setdefault(told.aggregate_id, []).append(told)
        groups = list(found.values())
        has_begin = asked.from_id is not None or asked.start_ms is not None
        return [told for group in (groups[: asked.limit] if has_begin else groups[-asked.limit :]) for told in group]

    def quote(self, slot: int) -> Quote:
        """Best bid and ask as far as the recording has them; the derivatives' figures are not in it."""
        last = self.truth.day(slot).last
        bid, ask, bid_lots, ask_lots = self._touch[slot]
        now_ms = self._now_ns // MILLISECOND
        return Quote(
            bid or max(1, last - 1), ask or last + 1, bid_lots, ask_lots, last, last, 0, 0.0,
            (now_ms // FUNDING_MS + 1) * FUNDING_MS,
        )  # fmt: skip

    def candles(self, slot: int, length: int, first: int, last: int) -> list[Candle]:
        """The candles since the recording began."""
        return self.truth.candles(slot, length, first, last)

    def begins(self, slot: int) -> int:
        """The minute in which the recording began, or the first that is remembered."""
        return self.truth.earliest(slot)

    def closes(self, slot: int, minutes: Sequence[int]) -> list[int]:
        """The closes of *minutes*; of the nearest that is known."""
        return [self.truth.price_at(slot, minute) for minute in minutes]

    def ladder(self, slot: int, depth: int) -> Ladder:  # noqa: ARG002 - one level is known
        """The best level of both sides, as far as the recording has them."""
        quote = self.quote(slot)
        bids, asks = [(quote.bid, quote.bid_lots)], [(quote.ask, quote.ask_lots)]
        return Ladder(bids, asks, 1, 1, self._now_ns // MILLISECOND)

    def pages(self, page: Page, wanted: Wanted, rate_factor: float, skew_ms: int) -> Iterator[None]:
        """The next frames onto *page*."""
        return paged(self.advance(wanted, rate_factor, skew_ms), page, wanted)

    def advance(self, wanted: Collection[str], rate_factor: float, skew_ms: int) -> Iterator[Frame]:  # noqa: ARG002 - verbatim
        """The next frames, at most 500 or a quarter second of them."""
        self._has_begun = True
        frames: list[Frame] = []
        begin_ns: int | None = None
        while len(frames) < SLICE_FRAMES:
            recorded = self._next()
            if recorded is None:
                break
            at_ns = recorded[0] + self._shift_ns
            if begin_ns is not None and at_ns >= begin_ns + SLICE_NS:
                self._held = recorded
                break
            begin_ns = at_ns if begin_ns is None else begin_ns
            frame = self._frame(at_ns, recorded[1])
            if frame is not None:
                frames.append(frame)
        self._apply()
        for frame in frames:
            # Packets can be written down a little out of order; time never goes back.
            self._now_ns = max(self._now_ns, frame[0])
            yield frame

    def _next(self) -> Recorded | None:
        if self._held is not None:
            held, self._held = self._held, None
            return held
        recorded = next(self._iterator, None)
        if recorded is not None:
            return recorded
        if self._loop:
            self._shift_ns += self._length_ns
            self._iterator = iter(self._frames())
            return next(self._iterator, None)
        self._has_ended = True
        return None

    def _frame(self, at_ns: int, payload: bytes) -> Frame | None:
        try:
            told = understand(payload)
            if not told.kind:
                return None
            self._learn(told, at_ns // MILLISECOND)
        except (*DECODE_ERRORS, ValueError, OverflowError):
            # Counted by the survey.
            return None
        return (at_ns, told.stream, told.inside, payload) if told.is_enveloped else (at_ns, told.stream, payload, None)

    def _learn(self, told: Told, at_ms: int) -> None:
        """Take the trades and quotes of a frame that came at *at_ms* into the truth."""
        slot = self.truth.slot_of.get(told.symbol)
        market = None if slot is None else self.truth.markets[slot]
        if slot is None or market is None:
            return
        match told.kind:
            case "trade" | "aggTrade":
                if told.kind == "trade" or told.symbol not in self.survey.has_single_trades:
                    row = msgspec.json.decode(told.inside, type=BinanceTrade)
                    number = row.t or row.last_id
                    self._trade(
                        at_ms, slot, market, row.T, row.p, row.q, not row.m, str(number), row.a or number, number
                    )
            case "publicTrade":
                for print_ in msgspec.json.decode(told.inside, type=list[BybitTrade]):
                    is_buy = print_.S == "Buy"
                    self._trade(
                        at_ms, slot, market, print_.T, print_.p, print_.v, is_buy, print_.i, print_.seq, print_.seq
                    )
            case "bookTicker":
                book = msgspec.json.decode(told.inside, type=BinanceBook)
                self._quote(slot, market, (book.b, book.a, book.B, book.A))
            case "tickers":
                ticker = msgspec.json.decode(told.inside, type=BybitTicker)
                self._quote(slot, market, (ticker.bid1_price, ticker.ask1_price, ticker.bid1_size, ticker.ask1_size))

    def _quote(self, slot: int, market: Market, texts: tuple[str, str, str, str]) -> None:
        steps = (market.tick_size, market.tick_size, market.lot_size, market.lot_size)
        before = self._touch[slot]
        bid, ask, bid_lots, ask_lots = (
            round(float(text) / step) if text else old for text, step, old in zip(texts, steps, before, strict=True)
        )
        self._touch[slot] = (bid, ask, bid_lots, ask_lots)

    def _trade(
        self, at_ms: int, slot: int, market: Market, time_ms: int, price: str, size: str, is_buy: bool, trade_id: str,
        aggregate_id: int, sequence: int,
    ) -> None:  # fmt: skip
        ticks, lots = round(float(price) / market.tick_size), round(float(size) / market.lot_size)
        time_ms += self._shift_ns // MILLISECOND
        # Damage: what no grid holds, and a time that would have every minute up to it closed.
        if not 0 < ticks < MOST_TICKS or not 0 < lots < MOST_LOTS or time_ms - at_ms > MOST_HOLE_NS // MILLISECOND:
            return
        self._prints[slot].append(Print(trade_id, aggregate_id, sequence, time_ms, ticks, lots, is_buy))
        self._pending.append((time_ms, slot, ticks, lots, is_buy))

    def _apply(self) -> None:
        """Take the pending trades into the candles, minute by minute; a late one counts in the minute that is open."""
        pending = sorted(self._pending, key=lambda row: max(row[0] // MINUTE_MS, self.truth.minute))
        self._pending.clear()
        begin = 0
        while begin < len(pending):
            minute = max(pending[begin][0] // MINUTE_MS, self.truth.minute)
            end = begin
            while end < len(pending) and max(pending[end][0] // MINUTE_MS, self.truth.minute) == minute:
                end += 1
            self.truth.roll(minute)
            rows = sorted(pending[begin:end], key=lambda row: row[1])
            time_ms, slot, ticks, lots, is_buy = (np.array(column) for column in zip(*rows, strict=True))
            starts = np.flatnonzero(np.concatenate(([True], slot[1:] != slot[:-1])))
            order = np.arange(slot.size) - np.repeat(starts, np.diff(np.append(starts, slot.size)))
            self.truth.apply(slot, ticks, lots, is_buy.astype(np.bool_), time_ms, order)
            begin = end
