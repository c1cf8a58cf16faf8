# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The frames of Binance's market streams that come often: trades, best levels, books, candles, summaries and marks.

A slice of the made-up market in columns goes in, finished JSON goes onto a page, in order of time.

Memory: 60 bytes a slot and the texts of its frames; nothing grows with what was written.
"""

from typing import Any

import cython
import numpy as np

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.tidemark.kernels.frames import Frames
    from cython.cimports.tidemark.kernels.ladder import Told, Touch
    from cython.cimports.tidemark.kernels.page import Grids, Page
else:
    from tidemark.kernels.frames import Frames
    from tidemark.kernels.ladder import Told, Touch
    from tidemark.kernels.page import Grids, Page

MILLISECOND = cython.declare(cython.longlong, 1_000_000)
LATENCY_MS = cython.declare(cython.longlong, 3)
MINUTE_MS = cython.declare(cython.longlong, 60_000)
DAY_MS = cython.declare(cython.longlong, 86_400_000)
TRADE_ID = cython.declare(cython.longlong, 1_000_000_000)
AGGREGATE_ID = cython.declare(cython.longlong, 300_000_000)
UPDATE_ID = cython.declare(cython.longlong, 11_730_000_000_000)
ID_STEP = cython.declare(cython.longlong, 4)
# What is told each second, beside candles.
KLINE = cython.declare(cython.longlong, 0)
TICKER = cython.declare(cython.longlong, 1)
MINI_TICKER = cython.declare(cython.longlong, 2)


@cython.cclass
class BinanceFrames(Frames):
    """Writes what Binance tells of the markets."""

    counts: cython.int[:, ::1]
    buy_lots: cython.longlong[:, ::1]
    buy_values: cython.longlong[:, ::1]
    first_ids: cython.longlong[:, ::1]
    day_count: cython.longlong[::1]
    last_lots: cython.longlong[::1]
    truth_orders: cython.longlong[::1]
    # Aggregate trades before this slice.
    aggregates: cython.longlong[::1]
    is_ending: cython.uchar[::1]
    is_inverse: cython.uchar[::1]
    aggregate_number: cython.int[::1]
    trade_number: cython.int[::1]
    book_number: cython.int[::1]
    intervals: list

    def __init__(self, truth: Any, books: Any, topics: Any, interests: Any, chosen: Any) -> None:
        super().__init__(truth, books, topics, interests, chosen)
        slots: int = truth.slots
        self.counts, self.first_ids = view(truth.count), view(truth.first_id)
        self.buy_lots, self.buy_values = view(truth.buy_lots), view(truth.buy_value)
        self.day_count, self.last_lots = view(truth.day_count), view(truth.last_lots)
        self.truth_orders = view(truth.orders)
        self.aggregates = view(np.zeros(slots, np.int64))
        self.is_ending = view(np.zeros(slots, np.uint8))
        self.is_inverse = view(np.zeros(slots, np.uint8))
        self.aggregate_number = view(np.full(slots, -1, np.int32))
        self.trade_number = view(np.full(slots, -1, np.int32))
        self.book_number = view(np.full(slots, -1, np.int32))
        self.listen({}, {}, {}, ())

    def entered(self, slot: int, market: Any, *, is_ending: bool, is_inverse: bool) -> None:
        """Prepare the texts of *market* (sim.market.Market) in *slot*."""
        self.place(slot, market)
        self.is_ending[slot], self.is_inverse[slot] = is_ending, is_inverse
        self.aggregates[slot] = self.truth_orders[slot]

    def listen(self, aggregates: dict, trades: dict, books: dict, summaries: tuple) -> None:
        """From now on these are wanted: aggTrade, trade and bookTicker, from slot to number, and summaries.

        These as (slot, minutes, number, kind, interval).
        """
        for table, numbers in (
            (self.aggregate_number, aggregates), (self.trade_number, trades), (self.book_number, books),
        ):  # fmt: skip
            for slot in range(len(table)):
                table[slot] = numbers.get(slot, -1)
        self.listen_to(tuple(one[:4] for one in summaries), {**aggregates, **trades}, books)
        self.intervals = [b'","i":"%b","f":' % one[4].encode() for one in summaries]

    def finish(self) -> None:
        """The slice is over: aggregate trades are counted within a slice, and the next one goes on from here."""
        self.aggregates[:] = self.truth_orders

    def moved(self) -> list:
        """The slots that traded since `push`."""
        told = zip(self.listed, self.numbers, self.pushed, strict=True)
        return [slot for slot, (is_listed, number, before) in enumerate(told) if is_listed and number != before]

    @cython.cfunc
    @cython.exceptval(-1)
    def write_trades(
        self, page: Page, slot: cython.Py_ssize_t, event: cython.Py_ssize_t, at_ms: cython.longlong
    ) -> cython.int:
        """Write the fills of one order: each by itself, then those of one price together."""
        start: cython.Py_ssize_t = self.first[event]
        stop: cython.Py_ssize_t = start + self.fills[event]
        end: cython.Py_ssize_t
        k: cython.Py_ssize_t
        time_ms: cython.longlong = at_ms + self.skew_ms
        total: cython.longlong
        aggregate: cython.longlong
        missing: cython.double = 0.0
        if self.trade_number[slot] < 0 and self.aggregate_number[slot] < 0:
            return 0
        missing = self.missing_of(slot)
        symbol: bytes = self.symbols[slot]
        maker: bytes = b',"m":false,"st":1}' if self.is_buy[event] else b',"m":true,"st":1}'
        if self.trade_number[slot] >= 0:
            for k in range(start, stop):
                if missing > 0.0 and self.is_missing(slot, self.fill_order[k], missing):
                    continue
                page.begin()
                page.text(b'{"e":"trade","E":')
                page.whole(time_ms + LATENCY_MS)
                page.text(b',"T":')
                page.whole(time_ms)
                page.text(b',"s":"')
                page.text(symbol)
                page.text(b'","t":')
                page.whole(TRADE_ID + self.fill_number[k])
                page.text(b',"p":"')
                page.price(self.grids, slot, self.ticks[k])
                page.text(b'","q":"')
                page.size(self.grids, slot, self.fill_lots[k])
                page.text(b'","X":"MARKET"')
                page.text(maker)
                page.end(at_ms * MILLISECOND, self.trade_number[slot])
        if self.aggregate_number[slot] < 0:
            return 0
        while start < stop:
            end = start
            total = 0
            aggregate = self.fill_order[start]
            while end < stop and self.fill_order[end] == aggregate:
                total += self.fill_lots[end]
                end += 1
            if not (missing > 0.0 and self.is_missing(slot, aggregate, missing)):
                page.begin()
                page.text(b'{"e":"aggTrade","E":')
                page.whole(time_ms + LATENCY_MS)
                page.text(b',"a":')
                page.whole(AGGREGATE_ID + self.aggregates[slot] + aggregate)
                page.text(b',"s":"')
                page.text(symbol)
                page.text(b'","p":"')
                page.price(self.grids, slot, self.ticks[start])
                page.text(b'","q":"')
                page.size(self.grids, slot, total)
                page.text(b'","nq":"')
                page.size(self.grids, slot, total)
                page.text(b'","f":')
                page.whole(TRADE_ID + self.fill_number[start])
                page.text(b',"l":')
                page.whole(TRADE_ID + self.fill_number[end - 1])
                page.text(b',"T":')
                page.whole(time_ms)
                page.text(maker)
                page.end(at_ms * MILLISECOND, self.aggregate_number[slot])
            start = end
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def is_missing(self, slot: cython.Py_ssize_t, aggregate: cython.longlong, share: cython.double) -> cython.bint:
        """Whether an aggregate trade is never told."""
        return self.chosen(f"{self.names[slot]}{AGGREGATE_ID + self.aggregates[slot] + aggregate}", share)

    @cython.cfunc
    @cython.exceptval(-1)
    def write_quote(self, page: Page, slot: cython.Py_ssize_t, at_ms: cython.longlong) -> cython.int:
        """Write a bookTicker."""
        if self.book_number[slot] < 0:
            return 0
        symbol: bytes = self.symbols[slot]
        page.begin()
        page.text(b'{"e":"bookTicker","u":')
        page.whole(UPDATE_ID + ID_STEP * self.books.turns[slot])
        page.text(b',"s":"')
        page.text(symbol)
        page.text(b'","ps":"')
        page.text(symbol)
        page.text(b'","b":"')
        page.price(self.grids, slot, self.books.bids[slot])
        page.text(b'","B":"')
        page.size(self.grids, slot, self.books.bid_lots[slot])
        page.text(b'","a":"')
        page.price(self.grids, slot, self.books.asks[slot])
        page.text(b'","A":"')
        page.size(self.grids, slot, self.books.ask_lots[slot])
        page.text(b'","T":')
        page.whole(at_ms + self.skew_ms)
        page.text(b',"E":')
        page.whole(at_ms + self.skew_ms + LATENCY_MS)
        page.text(b',"st":1}')
        page.end(at_ms * MILLISECOND, self.book_number[slot])
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_book(self, page: Page) -> cython.int:
        """Write the depthUpdate that is due next; a restart loses one message, and with it the chain."""
        told: Told = self.topics.pop()
        slot: cython.Py_ssize_t = told.slot
        touch: Touch = self.books.touch(slot)
        update_id: cython.longlong = UPDATE_ID + ID_STEP * touch.turn
        if not self.is_restart(told):
            symbol: bytes = self.symbols[slot]
            page.begin()
            page.text(b'{"e":"depthUpdate","E":')
            page.whole(told.due_ms + LATENCY_MS + self.skew_ms)
            page.text(b',"T":')
            page.whole(self.books.times_ms[slot] + self.skew_ms)
            page.text(b',"s":"')
            page.text(symbol)
            page.text(b'","ps":"')
            page.text(symbol)
            page.text(b'","U":')
            page.whole(UPDATE_ID + ID_STEP * (told.touch.turn + 1))
            page.text(b',"u":')
            page.whole(update_id)
            page.text(b',"pu":')
            page.whole(told.update_id)
            page.text(b',"b":')
            self.topics.write_changes(page, self.grids, told, True, True)
            page.text(b',"a":')
            self.topics.write_changes(page, self.grids, told, False, True)
            page.text(b',"st":1}')
            page.end(told.due_ms * MILLISECOND, told.number)
        told.commit(touch, update_id, told.due_ms)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_summary(
        self, page: Page, entry: cython.Py_ssize_t, minute: cython.longlong, known: cython.longlong,
        now_ms: cython.longlong, skew_ms: cython.longlong, is_closed: cython.bint,
    ) -> cython.int:  # fmt: skip
        """Write a candle, or the summary of a day."""
        slot: cython.Py_ssize_t = self.summary_slot[entry]
        row: cython.longlong = minute % self.minutes
        kind: cython.longlong = self.summary_kind[entry]
        if kind == TICKER:
            # The summary of one symbol is told every other second.
            if now_ms % 2000:
                return 0
            page.begin()
            self.write_ticker(page, slot, known, now_ms + skew_ms)
        elif kind == MINI_TICKER:
            page.begin()
            self.write_mini_ticker(page, slot, known, now_ms + skew_ms)
        elif self.summary_length[entry] == 1:
            if not self.is_known(slot, minute, known):
                return 0
            page.begin()
            self.write_kline(
                page, entry, minute, self.opens[row, slot], self.closes[row, slot], self.highs[row, slot],
                self.lows[row, slot], self.lots[row, slot], self.values[row, slot], self.buy_lots[row, slot],
                self.buy_values[row, slot], self.counts[row, slot], self.first_ids[row, slot], now_ms + skew_ms,
                is_closed,
            )  # fmt: skip
        else:
            candle = self.candle(slot, self.summary_length[entry])
            if candle is None:
                return 0
            page.begin()
            self.write_kline(
                page, entry, candle.minute, candle.open, candle.close, candle.high, candle.low, candle.lots,
                candle.value, candle.buy_lots, candle.buy_value, candle.trades, candle.first_id, now_ms + skew_ms,
                is_closed,
            )  # fmt: skip
        page.end(now_ms * MILLISECOND, self.summary_number[entry])
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_kline(
        self, page: Page, entry: cython.Py_ssize_t, minute: cython.longlong, opened: cython.longlong,
        close: cython.longlong, high: cython.longlong, low: cython.longlong, lots: cython.longlong,
        value: cython.longlong, buy_lots: cython.longlong, buy_value: cython.longlong, trades: cython.longlong,
        first_id: cython.longlong, now_ms: cython.longlong, is_closed: cython.bint,
    ) -> cython.int:  # fmt: skip
        """Write a candle."""
        slot: cython.Py_ssize_t = self.summary_slot[entry]
        grids: Grids = self.grids
        symbol: bytes = self.symbols[slot]
        words: bytes = self.intervals[entry]
        page.text(b'{"e":"kline","E":')
        page.whole(now_ms + LATENCY_MS)
        page.text(b',"s":"')
        page.text(symbol)
        page.text(b'","k":{"t":')
        page.whole(minute * MINUTE_MS)
        page.text(b',"T":')
        page.whole((minute + self.summary_length[entry]) * MINUTE_MS - 1)
        page.text(b',"s":"')
        page.text(symbol)
        page.text(words)
        page.whole(TRADE_ID + first_id if trades else -1)
        page.text(b',"L":')
        page.whole(TRADE_ID + first_id + trades - 1 if trades else -1)
        page.text(b',"o":"')
        page.price(grids, slot, opened)
        page.text(b'","c":"')
        page.price(grids, slot, close)
        page.text(b'","h":"')
        page.price(grids, slot, high)
        page.text(b'","l":"')
        page.price(grids, slot, low)
        page.text(b'","v":"')
        page.size(grids, slot, lots)
        page.text(b'","n":')
        page.whole(trades)
        page.text(b',"x":true,"q":"' if is_closed else b',"x":false,"q":"')
        page.value(grids, slot, value)
        page.text(b'","V":"')
        page.size(grids, slot, buy_lots)
        page.text(b'","Q":"')
        page.value(grids, slot, buy_value)
        page.text(b'","B":"0"}}')
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_ticker(
        self, page: Page, slot: cython.Py_ssize_t, minute: cython.longlong, now_ms: cython.longlong
    ) -> cython.int:
        """Write the last 24 hours of a market."""
        grids: Grids = self.grids
        symbol: bytes = self.symbols[slot]
        first: cython.longlong = self.opens[self.row_of(slot, minute, 1439), slot]
        last: cython.longlong = self.closes[minute % self.minutes, slot]
        lots: cython.longlong = self.day_lots[slot]
        page.text(b'{"e":"24hrTicker","E":')
        page.whole(now_ms + LATENCY_MS)
        page.text(b',"s":"')
        page.text(symbol)
        page.text(b'","p":"')
        page.price(grids, slot, last - first)
        page.text(b'","P":"')
        page.fixed(100.0 * (last - first) / first, 3)
        page.text(b'","w":"')
        page.price(grids, slot, self.day_value[slot] // lots if lots else last)
        page.text(b'","c":"')
        page.price(grids, slot, last)
        page.text(b'","Q":"')
        page.size(grids, slot, self.last_lots[slot])
        self.write_day(page, slot, first)
        page.text(b',"O":')
        page.whole(now_ms - DAY_MS)
        page.text(b',"C":')
        page.whole(now_ms)
        page.text(b',"F":')
        page.whole(TRADE_ID + self.numbers[slot] - self.day_count[slot])
        page.text(b',"L":')
        page.whole(TRADE_ID + self.numbers[slot] - 1)
        page.text(b',"n":')
        page.whole(self.day_count[slot])
        page.text(b',"st":2}' if self.is_inverse[slot] else b',"st":1}')
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_day(self, page: Page, slot: cython.Py_ssize_t, first: cython.longlong) -> cython.int:
        """Write where 24 hours opened, what they reached, and what was traded in them."""
        page.text(b'","o":"')
        page.price(self.grids, slot, first)
        page.text(b'","h":"')
        page.price(self.grids, slot, self.day_high[slot])
        page.text(b'","l":"')
        page.price(self.grids, slot, self.day_low[slot])
        page.text(b'","v":"')
        page.size(self.grids, slot, self.day_lots[slot])
        page.text(b'","q":"')
        page.value(self.grids, slot, self.day_value[slot])
        page.text(b'"')
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_mini_ticker(
        self, page: Page, slot: cython.Py_ssize_t, minute: cython.longlong, now_ms: cython.longlong
    ) -> cython.int:
        """Write the last 24 hours of a market in short."""
        symbol: bytes = self.symbols[slot]
        page.text(b'{"e":"24hrMiniTicker","E":')
        page.whole(now_ms + LATENCY_MS)
        page.text(b',"s":"')
        page.text(symbol)
        page.text(b'","c":"')
        page.price(self.grids, slot, self.closes[minute % self.minutes, slot])
        self.write_day(page, slot, self.opens[self.row_of(slot, minute, 1439), slot])
        page.text(b',"st":2}' if self.is_inverse[slot] else b',"st":1}')
        return 0

    def tickers(self, page: Page, slots: list, minute: int, now_ms: int, *, is_mini: bool) -> bytes:
        """The summaries of many markets as one list."""
        slot: cython.Py_ssize_t
        page.text(b"[")
        for slot in slots:
            if is_mini:
                self.write_mini_ticker(page, slot, minute, now_ms)
            else:
                self.write_ticker(page, slot, minute, now_ms)
            page.text(b",")
        page.shorten(1)
        page.text(b"]")
        return page.take()

    def marks(self, page: Page, slots: list, fair: cython.double[::1], at_ms: int, now_ms: int) -> bytes:
        """The mark prices at *at_ms* of many markets as one list, told at *now_ms*; there is at least one."""
        slot: cython.Py_ssize_t
        page.text(b"[")
        for slot in slots:
            self.write_mark(page, slot, fair[slot], at_ms, now_ms)
            page.text(b",")
        page.shorten(1)
        page.text(b"]")
        return page.take()

    def mark_of(self, page: Page, slot: int, fair: float, at_ms: int, now_ms: int) -> bytes:
        """The mark price of one market."""
        self.write_mark(page, slot, fair, at_ms, now_ms)
        return page.take()

    @cython.cfunc
    @cython.exceptval(-1)
    def write_mark(
        self, page: Page, slot: cython.Py_ssize_t, fair: cython.double, at_ms: cython.longlong, now_ms: cython.longlong
    ) -> cython.int:
        """Write mark and index price and the funding to come."""
        symbol: bytes = self.symbols[slot]
        grids: Grids = self.grids
        self.measure(slot, fair, at_ms)
        page.text(b'{"e":"markPriceUpdate","E":')
        page.whole(now_ms)
        page.text(b',"s":"')
        page.text(symbol)
        page.text(b'","p":"')
        page.price(grids, slot, self.mark)
        page.text(b'","ap":"')
        page.price(grids, slot, self.mark)
        page.text(b'","P":"')
        page.price(grids, slot, self.index)
        page.text(b'","i":"')
        page.price(grids, slot, self.index)
        page.text(b'","r":"')
        # Contracts that end have no funding: an empty rate and no time.
        if not self.is_ending[slot]:
            page.fixed(self.rate, 8)
        page.text(b'","T":')
        page.whole(0 if self.is_ending[slot] else self.funding_ms)
        page.text(b',"st":1}')
        return 0
