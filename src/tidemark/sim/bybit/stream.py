"""Public streams of Bybit v5: publicTrade, tickers and kline, after the v5 pages and frames recorded in 2026."""

import hashlib
from collections.abc import Iterator

import numpy as np

from tidemark.kernels.frames_bybit import BybitFrames
from tidemark.kernels.page import Page
from tidemark.sim.book import Ladder, Told
from tidemark.sim.bybit.books import SEQUENCE, BybitBooks
from tidemark.sim.bybit.liquidations import BybitLiquidations
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import Block
from tidemark.sim.faults import chosen
from tidemark.sim.longer import Candle
from tidemark.sim.market import Frame, Print
from tidemark.sim.pages import paged
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import MINUTE_MS, WEEK_MINUTES
from tidemark.sim.wanted import Wanted
from tidemark.sim.wire import Made

MILLISECOND = 1_000_000
# Interval on the wire to minutes.
INTERVALS = {
    "1": 1, "3": 3, "5": 5, "15": 15, "30": 30, "60": 60, "120": 120, "240": 240, "360": 360, "720": 720, "D": 1440,
    "W": WEEK_MINUTES,
}  # fmt: skip
ODD = 0x5DEECE66D
# One trade in so many met an order of the retail programme.
RPI_EVERY = 37


def id_middle(symbol: str) -> str:
    """The part of a trade id that is a symbol's own."""
    digest = hashlib.blake2s(symbol.encode(), digest_size=5).hexdigest()
    return f"{digest[:4]}-5{digest[4:7]}-8{digest[7:10]}"


def trade_id(middle: str, number: int) -> str:
    """A trade id in the form of a UUID; every number of a symbol gives another."""
    return f"{(number * 2654435761) & 0xFFFFFFFF:08x}-{middle}-{(number * ODD) & 0xFFFFFFFFFFFF:012x}"


class BybitStream:
    """Makes the frames of a generated market, only those that somebody wants."""

    first_aggregate = 0

    def __init__(self, source: Made) -> None:
        self._source = source
        self._truth = source.truth
        self._ids = [""] * self._truth.slots
        self._books = BybitBooks(self._truth, source.books)
        self._liquidations = BybitLiquidations(self._truth)
        self._frames = BybitFrames(self._truth, source.books, self._books.topics, source.derivatives.interests, chosen)
        # What is made aside, to be told at once.
        self._aside = Page(0)
        # For whom the frames are made: the topics, and their version when they were looked at.
        self._heard: tuple[Wanted, int] | None = None
        for slot, _ in self._truth.listed():
            self.entered(slot)

    def entered(self, slot: int) -> None:
        """Prepare the texts of the market in *slot*."""
        self._heard = None
        market = self._truth.markets[slot]
        if market is None:
            return
        self._ids[slot] = id_middle(market.symbol)
        self._frames.entered(slot, market, self._ids[slot], self._truth.day(slot).last)

    def knows(self, topic: str) -> bool:
        """Whether *topic* is a public topic of a listed market."""
        kind, _, rest = topic.partition(".")
        if kind == "kline":
            interval, _, rest = rest.partition(".")
            return interval in INTERVALS and rest in self._truth.slot_of
        if kind == "orderbook":
            return self._books.find(topic) is not None
        return kind in {"publicTrade", "tickers", "allLiquidation"} and rest in self._truth.slot_of

    def snapshot(self, topic: str, now_ms: int) -> bytes | None:
        """A ticker begins with all of its fields, a book with all of its levels."""
        kind, _, symbol = topic.partition(".")
        if kind == "orderbook":
            told = self._books.told(topic, now_ms)
            self._heard = None
            self._list()
            return None if told is None else self._levels(told, now_ms)
        slot = self._truth.slot_of.get(symbol)
        if kind != "tickers" or slot is None:
            return None
        found: bytes = self._frames.snapshot(self._aside, slot, self._source.quote(slot), self._truth.minute, now_ms)
        return found

    def _levels(self, told: Told, now_ms: int) -> bytes:
        found: bytes = self._frames.levels(self._aside, told, now_ms)
        return found

    def _list(self) -> None:
        self._frames.list_slots(np.array([market is not None for market in self._truth.markets], np.uint8))

    def _listen(self, wanted: Wanted) -> None:
        """Look again for whom the frames are made, if that changed."""
        if self._heard is not None and self._heard[0] is wanted and self._heard[1] == wanted.version:
            return
        self._heard = (wanted, wanted.version)
        self._list()
        self._books.keep(wanted)
        topics: dict[str, dict[int, int]] = {"publicTrade": {}, "tickers": {}}
        klines = []
        slot_of = self._truth.slot_of
        for topic, number in wanted.numbers.items():
            kind, _, rest = topic.partition(".")
            if kind == "kline":
                interval, _, rest = rest.partition(".")
                slot = slot_of.get(rest)
                if slot is not None:
                    klines.append((slot, INTERVALS[interval], number, interval, topic))
            elif kind in topics and rest in slot_of:
                topics[kind][slot_of[rest]] = number
        self._frames.listen(topics["publicTrade"], topics["tickers"], tuple(klines))

    def frames(self, page: Page, block: Block, numbers: Ints, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write publicTrade, ticker deltas and books of one slice, in order of time."""
        source, frames = self._source, self._frames
        frames.begin(block, numbers, source.fair(), source.end_ms(), skew_ms, source.faults, self._truth.minute)
        self._listen(wanted)
        while not frames.write(page):
            yield
            self._listen(wanted)

    def ended(
        self, page: Page, liquidations: list[Liquidation], wanted: Wanted, now_ms: int, skew_ms: int
    ) -> Iterator[None]:
        """Write liquidations."""
        return paged(self._liquidations.frames(liquidations, wanted, now_ms, skew_ms), page, wanted)

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it."""
        return self._books.ladder(slot, depth)

    def print(self, slot: int, fill: Fill) -> Print:
        """A remembered trade under the ids it was sent with."""
        number = fill.number
        return Print(trade_id(self._ids[slot], number), number, SEQUENCE + number, fill.time_ms, fill.ticks, fill.lots,
                     fill.is_buy, number % RPI_EVERY == 0)  # fmt: skip

    def second(self, page: Page, now_ms: int, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write open candles that changed within the second, and books of one level that did not change."""
        self._listen(wanted)
        yield from paged(self._repeated(now_ms, skew_ms), page, wanted)
        yield from self._candles(page, wanted, now_ms, skew_ms, is_closed=False)
        self._frames.push()

    def closed(self, page: Page, now_ms: int, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write candles that end now, with `confirm` true."""
        return self._candles(page, wanted, now_ms, skew_ms, is_closed=True)

    def _repeated(self, now_ms: int, skew_ms: int) -> Iterator[Frame]:
        for told in self._books.repeated(now_ms):
            yield now_ms * MILLISECOND, told.topic, self._levels(told, now_ms + skew_ms), None

    def _candles(self, page: Page, wanted: Wanted, now_ms: int, skew_ms: int, *, is_closed: bool) -> Iterator[None]:
        self._listen(wanted)
        minute = now_ms // MINUTE_MS - is_closed
        frames, known = self._frames, self._truth.minute
        frames.begin_second(lambda slot, length: self._candle(slot, length, minute))
        while not frames.write_second(page, minute, known, now_ms, skew_ms, is_closed):
            yield

    def _candle(self, slot: int, length: int, minute: int) -> Candle | None:
        found = self._truth.candles(slot, length, minute - length + 1, minute)
        return found[-1] if found else None
