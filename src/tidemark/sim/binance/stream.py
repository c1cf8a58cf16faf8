"""Market streams of Binance USD-M: aggTrade, trade, bookTicker, kline and ticker, after frames recorded in 2026."""

from collections.abc import Iterator

import numpy as np

from tidemark.kernels.frames_binance import BinanceFrames
from tidemark.kernels.page import Page
from tidemark.sim.binance.books import SPEEDS, BinanceBooks
from tidemark.sim.binance.derivatives import ALL_LIQUIDATIONS, ALL_MARKS, MARKS, force_orders
from tidemark.sim.book import Ladder
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import Block
from tidemark.sim.faults import chosen
from tidemark.sim.longer import Candle
from tidemark.sim.market import Contract, Frame, Print
from tidemark.sim.pages import paged
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import MINUTE_MS, WEEK_MINUTES
from tidemark.sim.wanted import Wanted
from tidemark.sim.wire import Made

MILLISECOND = 1_000_000
INTERVALS = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480, "12h": 720,
    "1d": 1440, "3d": 4320, "1w": WEEK_MINUTES,
}  # fmt: skip
TRADE_ID = 1_000_000_000
AGGREGATE_ID = 300_000_000
ALL_TICKERS = ("!ticker@arr", "!miniTicker@arr")
SINGLE = frozenset(("aggTrade", "trade", "bookTicker", "ticker", "miniTicker", "forceOrder"))
# What is told each second of one symbol, by the numbers that the kernel knows it by.
KLINE, SUMMARIES = 0, {"ticker": 1, "miniTicker": 2}


class BinanceStream:
    """Makes the frames of a generated market, only those that somebody wants."""

    first_aggregate = AGGREGATE_ID

    def __init__(self, source: Made) -> None:
        self._source = source
        self._truth = source.truth
        self._names = [""] * self._truth.slots
        self._slot_of: dict[str, int] = {}  # bounded: one entry a slot
        self._depths = BinanceBooks(self._truth, source.books)
        self._frames = BinanceFrames(
            self._truth, source.books, self._depths.topics, source.derivatives.interests, chosen
        )
        # What is made aside, to be put onto a page as a whole.
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
        lower = market.symbol.lower()
        self._slot_of.pop(self._names[slot].lower(), None)
        self._slot_of[lower] = slot
        self._names[slot] = market.symbol
        is_ending, is_inverse = market.contract is Contract.QUARTERLY, market.contract is Contract.INVERSE
        self._frames.entered(slot, market, is_ending=is_ending, is_inverse=is_inverse)

    def knows(self, topic: str) -> bool:
        """Whether *topic* is a stream of a listed market; the venue acknowledges any other just the same."""
        if topic in ALL_TICKERS or topic in ALL_MARKS or topic == ALL_LIQUIDATIONS:
            return True
        symbol, _, kind = topic.partition("@")
        if self._find(symbol) is None:
            return False
        return kind in SINGLE or kind in SPEEDS or kind in MARKS or kind.removeprefix("kline_") in INTERVALS

    def _find(self, lower: str) -> int | None:
        slot = self._slot_of.get(lower)
        return slot if slot is not None and self._truth.markets[slot] is not None else None

    def snapshot(self, topic: str, now_ms: int) -> bytes | None:  # noqa: ARG002 - nothing follows a subscription here
        """None: no stream here begins with a snapshot."""
        return None

    def _listen(self, wanted: Wanted) -> None:
        """Look again for whom the frames are made, if that changed."""
        if self._heard is not None and self._heard[0] is wanted and self._heard[1] == wanted.version:
            return
        self._heard = (wanted, wanted.version)
        self._frames.list_slots(np.array([market is not None for market in self._truth.markets], np.uint8))
        self._depths.keep(wanted)
        # Before anything else happens: a snapshot of REST may have been taken already.
        self._depths.begin(wanted, self._slot_of, self._source.end_ms())
        topics: dict[str, dict[int, int]] = {"aggTrade": {}, "trade": {}, "bookTicker": {}}
        summaries = []
        for topic, number in wanted.numbers.items():
            symbol, _, kind = topic.partition("@")
            slot = self._find(symbol)
            if slot is None:
                continue
            interval = kind.removeprefix("kline_")
            if kind in topics:
                topics[kind][slot] = number
            elif kind in SUMMARIES:
                summaries.append((slot, 0, number, SUMMARIES[kind], ""))
            elif interval != kind and interval in INTERVALS:
                summaries.append((slot, INTERVALS[interval], number, KLINE, interval))
        self._frames.listen(topics["aggTrade"], topics["trade"], topics["bookTicker"], tuple(summaries))

    def frames(self, page: Page, block: Block, numbers: Ints, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write aggTrade, trade, bookTicker and depth of one slice, in order of time."""
        source, frames = self._source, self._frames
        frames.begin(block, numbers, source.fair(), source.end_ms(), skew_ms, source.faults, self._truth.minute)
        self._listen(wanted)
        while not frames.write(page):
            yield
            self._listen(wanted)
        frames.finish()

    def ended(
        self, page: Page, liquidations: list[Liquidation], wanted: Wanted, now_ms: int, skew_ms: int
    ) -> Iterator[None]:
        """Write liquidations."""
        return paged(force_orders(self._source, liquidations, wanted, now_ms, skew_ms), page, wanted)

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it."""
        return self._depths.ladder(slot, depth)

    def print(self, slot: int, fill: Fill) -> Print:  # noqa: ARG002 - ids are numbers within a market
        """A remembered trade under the ids it was sent with."""
        number = TRADE_ID + fill.number
        return Print(str(number), AGGREGATE_ID + fill.order, number, fill.time_ms, fill.ticks, fill.lots, fill.is_buy)

    def second(self, page: Page, now_ms: int, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write mark prices, and tickers and open candles of the markets that traded within the second."""
        self._listen(wanted)
        yield from paged(self._marks(wanted, now_ms, skew_ms), page, wanted)
        yield from paged(self._tickers(wanted, now_ms, skew_ms), page, wanted)
        yield from self._summaries(page, wanted, now_ms, skew_ms, is_closed=False)
        self._frames.push()

    def closed(self, page: Page, now_ms: int, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write candles that end now, with `x` true."""
        return self._summaries(page, wanted, now_ms, skew_ms, is_closed=True)

    def _marks(self, wanted: Wanted, now_ms: int, skew_ms: int) -> Iterator[Frame]:
        due, frames, aside = now_ms * MILLISECOND, self._frames, self._aside
        alone = any("@markPrice" in topic and not topic.startswith("!") for topic in wanted)
        if not alone and not any(topic in wanted for topic in ALL_MARKS):
            return
        fair = self._source.fair()
        linear = [(s, m) for s, m in self._truth.listed() if m.contract is not Contract.INVERSE]
        for topic, every_ms in ALL_MARKS.items():
            if topic in wanted and now_ms % every_ms == 0:
                rows = [slot for slot, _ in linear]
                yield due, topic, frames.marks(aside, rows, fair, now_ms, now_ms + skew_ms), None
        if not alone:
            return
        for slot, market in linear:
            for kind, every_ms in MARKS.items():
                topic = f"{market.symbol.lower()}@{kind}"
                if topic in wanted and now_ms % every_ms == 0:
                    yield due, topic, frames.mark_of(aside, slot, fair[slot], now_ms, now_ms + skew_ms), None

    def _tickers(self, wanted: Wanted, now_ms: int, skew_ms: int) -> Iterator[Frame]:
        asked = [topic for topic in ALL_TICKERS if topic in wanted]
        moved = self._frames.moved() if asked else []
        if not moved:
            return
        # Rows of COIN-M markets have come mixed in since 2026, marked by st 2.
        coin = [slot for slot, market in self._truth.listed() if market.contract is Contract.INVERSE]
        rows = list(dict.fromkeys(moved + coin))
        for topic in asked:
            is_mini = topic != "!ticker@arr"
            told = self._frames.tickers(self._aside, rows, self._truth.minute, now_ms + skew_ms, is_mini=is_mini)
            yield now_ms * MILLISECOND, topic, told, None

    def _summaries(self, page: Page, wanted: Wanted, now_ms: int, skew_ms: int, *, is_closed: bool) -> Iterator[None]:
        self._listen(wanted)
        minute = now_ms // MINUTE_MS - is_closed
        frames, known = self._frames, self._truth.minute
        frames.begin_second(lambda slot, length: self._candle(slot, length, minute))
        while not frames.write_second(page, minute, known, now_ms, skew_ms, is_closed):
            yield

    def _candle(self, slot: int, length: int, minute: int) -> Candle | None:
        found = self._truth.candles(slot, length, minute - length + 1, minute)
        return found[-1] if found else None
