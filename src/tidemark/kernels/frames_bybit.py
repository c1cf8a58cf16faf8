# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The frames of Bybit's public streams that come often: trades, ticker deltas, books and candles.

A slice of the made-up market in columns goes in, finished JSON goes onto a page, in order of time.

Memory: 200 bytes a slot and the texts that begin its frames; nothing grows with what was written.
"""

import math
from typing import Any

import cython
import numpy as np

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.libc.math import copysign
    from cython.cimports.tidemark.kernels.frames import Frames
    from cython.cimports.tidemark.kernels.ladder import Told, Touch
    from cython.cimports.tidemark.kernels.page import Grids, Page, scaled
else:
    from tidemark.kernels.frames import Frames
    from tidemark.kernels.ladder import Told, Touch
    from tidemark.kernels.page import Grids, Page, scaled

    copysign = math.copysign

MILLISECOND = cython.declare(cython.longlong, 1_000_000)
LATENCY_MS = cython.declare(cython.longlong, 3)
MINUTE_MS = cython.declare(cython.longlong, 60_000)
SEQUENCE = cython.declare(cython.longlong, 9_685_000_000)
CROSS_SEQUENCE = cython.declare(cython.longlong, 820_000_000_000)
RPI_EVERY = cython.declare(cython.longlong, 37)
HEAD_FACTOR = cython.declare(cython.ulonglong, 2654435761)
TAIL_FACTOR = cython.declare(cython.ulonglong, 0x5DEECE66D)
HEAD_MASK = cython.declare(cython.ulonglong, 0xFFFFFFFF)
TAIL_MASK = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFF)
# The figures of a ticker in the order in which they are told, behind the direction of the tick, which never changes.
CHANGE = cython.declare(cython.Py_ssize_t, 0)
LAST = cython.declare(cython.Py_ssize_t, 1)
FIRST = cython.declare(cython.Py_ssize_t, 2)
HIGH = cython.declare(cython.Py_ssize_t, 3)
LOW = cython.declare(cython.Py_ssize_t, 4)
HOUR = cython.declare(cython.Py_ssize_t, 5)
MARK = cython.declare(cython.Py_ssize_t, 6)
INDEX = cython.declare(cython.Py_ssize_t, 7)
INTEREST = cython.declare(cython.Py_ssize_t, 8)
INTEREST_VALUE = cython.declare(cython.Py_ssize_t, 9)
TURNOVER = cython.declare(cython.Py_ssize_t, 10)
VOLUME = cython.declare(cython.Py_ssize_t, 11)
FUNDING_AT = cython.declare(cython.Py_ssize_t, 12)
FUNDING = cython.declare(cython.Py_ssize_t, 13)
BID = cython.declare(cython.Py_ssize_t, 14)
BID_SIZE = cython.declare(cython.Py_ssize_t, 15)
ASK = cython.declare(cython.Py_ssize_t, 16)
ASK_SIZE = cython.declare(cython.Py_ssize_t, 17)
FIGURES = cython.declare(cython.Py_ssize_t, 18)
FIELDS = tuple(
    f',"{name}":"'.encode()
    for name in (
        "price24hPcnt", "lastPrice", "prevPrice24h", "highPrice24h", "lowPrice24h", "prevPrice1h", "markPrice",
        "indexPrice", "openInterest", "openInterestValue", "turnover24h", "volume24h", "nextFundingTime", "fundingRate",
        "bid1Price", "bid1Size", "ask1Price", "ask1Size",
    )
)  # fmt: skip
# How each is written: a price, a size, a turnover, or as itself.
AS_PRICE = cython.declare(cython.longlong, 0)
AS_SIZE = cython.declare(cython.longlong, 1)
AS_VALUE = cython.declare(cython.longlong, 2)
AS_CHANGE = cython.declare(cython.longlong, 3)
AS_TIME = cython.declare(cython.longlong, 4)
AS_RATE = cython.declare(cython.longlong, 5)
FORMS = (
    AS_CHANGE, AS_PRICE, AS_PRICE, AS_PRICE, AS_PRICE, AS_PRICE, AS_PRICE, AS_PRICE, AS_SIZE, AS_VALUE, AS_VALUE,
    AS_SIZE, AS_TIME, AS_RATE, AS_PRICE, AS_SIZE, AS_PRICE, AS_SIZE,
)  # fmt: skip


@cython.cclass
class BybitFrames(Frames):
    """Writes what Bybit tells of the markets."""

    # What is known of the market in each slot.
    rows_buy: list
    rows_sell: list
    ids: list
    trade_heads: list
    ticker_heads: list
    last_fields: list
    trade_number: cython.int[::1]
    ticker_number: cython.int[::1]
    # What was told of it.
    last: cython.longlong[::1]
    direction: cython.longlong[::1]
    shown: cython.longlong[:, ::1]
    is_shown: cython.uchar[::1]
    sequence: cython.longlong
    keys: cython.longlong[::1]
    figures: cython.longlong[::1]
    change: cython.double
    directions: tuple
    fields: tuple
    forms: cython.longlong[::1]
    # The candles that are wanted.
    kline_heads: list
    kline_intervals: list

    def __init__(self, truth: Any, books: Any, topics: Any, interests: Any, chosen: Any) -> None:
        super().__init__(truth, books, topics, interests, chosen)
        slots: int = truth.slots
        self.rows_buy, self.rows_sell, self.ids = ([b""] * slots for _ in range(3))
        self.trade_heads, self.ticker_heads, self.last_fields = ([b""] * slots for _ in range(3))
        self.trade_number = view(np.full(slots, -1, np.int32))
        self.ticker_number = view(np.full(slots, -1, np.int32))
        self.last = view(np.zeros(slots, np.int64))
        self.direction = view(np.ones(slots, np.int64))
        self.shown = view(np.zeros((slots, FIGURES), np.int64))
        self.is_shown = view(np.zeros(slots, np.uint8))
        self.keys = view(np.zeros(FIGURES, np.int64))
        self.figures = view(np.zeros(FIGURES, np.int64))
        self.forms = view(np.array(FORMS, np.int64))
        self.directions = (b'"L":"MinusTick","i":"', b'"L":"ZeroMinusTick","i":"', b'"L":"ZeroPlusTick","i":"',
                           b'"L":"PlusTick","i":"')  # fmt: skip
        self.fields = FIELDS
        self.sequence = 0
        self.listen({}, {}, ())

    def entered(self, slot: int, market: Any, middle: str, last: int) -> None:
        """Prepare the texts of *market* (sim.market.Market) in *slot*; *middle* is its own part of a trade's id."""
        self.place(slot, market)
        symbol = market.symbol.encode()
        self.rows_buy[slot] = b',"s":"%b","S":"Buy","v":"' % symbol
        self.rows_sell[slot] = b',"s":"%b","S":"Sell","v":"' % symbol
        self.ids[slot] = b"-%b-" % middle.encode()
        self.trade_heads[slot] = b'{"topic":"publicTrade.%b","type":"snapshot","ts":' % symbol
        self.ticker_heads[slot] = b'{"topic":"tickers.%b","type":"' % symbol
        self.last_fields[slot] = b',"fundingIntervalHour":"%d"' % market.funding_interval_h
        self.last[slot] = last
        self.is_shown[slot] = 0

    def listen(self, trades: dict, tickers: dict, klines: tuple) -> None:
        """From now on these are wanted: trades and tickers, from slot to number, and candles.

        These as (slot, minutes, number, interval, topic).
        """
        for table, numbers in ((self.trade_number, trades), (self.ticker_number, tickers)):
            for slot in range(len(table)):
                table[slot] = numbers.get(slot, -1)
        summaries = tuple((slot, minutes, number, 0) for slot, minutes, number, _, _ in klines)
        self.listen_to(summaries, trades, tickers)
        self.kline_intervals = [b',"interval":"%b","open":"' % one[3].encode() for one in klines]
        self.kline_heads = [b'{"topic":"%b","data":[{"start":' % one[4].encode() for one in klines]

    @cython.cfunc
    @cython.exceptval(-1)
    def write_quote(self, page: Page, slot: cython.Py_ssize_t, at_ms: cython.longlong) -> cython.int:
        """Write a ticker: what differs from that shown last."""
        if self.ticker_number[slot] < 0:
            return 0
        page.begin()
        self.measure(slot, self.fair[slot], self.end_ms)
        self.write_ticker(page, slot, True, at_ms + self.skew_ms)
        page.end(at_ms * MILLISECOND, self.ticker_number[slot])
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_trades(
        self, page: Page, slot: cython.Py_ssize_t, event: cython.Py_ssize_t, at_ms: cython.longlong
    ) -> cython.int:
        """Write the fills of one order."""
        start: cython.Py_ssize_t = self.first[event]
        stop: cython.Py_ssize_t = start + self.fills[event]
        k: cython.Py_ssize_t
        if self.trade_number[slot] < 0:
            self.last[slot] = self.ticks[stop - 1]
            return 0
        time_ms: cython.longlong = at_ms + self.skew_ms
        last: cython.longlong = self.last[slot]
        direction: cython.longlong = self.direction[slot]
        number: cython.longlong
        price: cython.longlong
        rows: cython.int = 0
        row: bytes = self.rows_buy[slot] if self.is_buy[event] else self.rows_sell[slot]
        middle: bytes = self.ids[slot]
        words: bytes = self.trade_heads[slot]
        missing: cython.double = self.missing_of(slot)
        page.begin()
        page.text(words)
        page.whole(time_ms + LATENCY_MS)
        page.text(b',"data":[{"T":')
        for k in range(start, stop):
            price = self.ticks[k]
            number = self.fill_number[k]
            if price != last:
                direction = 3 if price > last else 0
            else:
                direction = 2 if direction > 1 else 1
            last = price
            if missing > 0.0 and self.chosen(f"{self.names[slot]}{number}", missing):
                continue
            if rows:
                page.text(b',{"T":')
            rows += 1
            page.whole(time_ms)
            page.text(row)
            page.size(self.grids, slot, self.fill_lots[k])
            page.text(b'","p":"')
            page.price(self.grids, slot, price)
            page.text(b'",')
            words = self.directions[direction]
            page.text(words)
            page.hexadecimal((cython.cast(cython.ulonglong, number) * HEAD_FACTOR) & HEAD_MASK, 8)
            page.text(middle)
            page.hexadecimal((cython.cast(cython.ulonglong, number) * TAIL_FACTOR) & TAIL_MASK, 12)
            page.text(
                b'","BT":false,"RPI":true,"seq":' if number % RPI_EVERY == 0 else b'","BT":false,"RPI":false,"seq":'
            )
            page.whole(SEQUENCE + number)
            page.text(b"}")
        self.last[slot] = last
        self.direction[slot] = direction
        if rows:
            page.text(b"]}")
            page.end(at_ms * MILLISECOND, self.trade_number[slot])
        else:
            page.drop()
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_ticker(
        self, page: Page, slot: cython.Py_ssize_t, is_delta: cython.bint, now_ms: cython.longlong
    ) -> cython.int:
        """Write a ticker of the figures that `measure` gave: with what differs from that shown last, or with all."""
        i: cython.Py_ssize_t
        form: cython.longlong
        key: cython.longlong
        tick: cython.double = self.grids.ticks[slot]
        lot: cython.double = self.grids.lots[slot]
        is_known: cython.bint = self.is_shown[slot]
        figures: cython.longlong[::1] = self.figures
        last: cython.longlong = self.last[slot]
        first: cython.longlong = self.opens[self.row_of(slot, self.minute, 1439), slot]
        figures[MARK] = self.mark
        figures[INDEX] = self.index
        figures[INTEREST] = self.interest
        figures[FUNDING_AT] = self.funding_ms
        figures[LAST] = last
        figures[FIRST] = first
        figures[HIGH] = last if last > self.day_high[slot] else self.day_high[slot]
        figures[LOW] = last if last < self.day_low[slot] else self.day_low[slot]
        figures[HOUR] = self.closes[self.row_of(slot, self.minute, 60), slot]
        figures[INTEREST_VALUE] = figures[INTEREST] * figures[MARK]
        figures[TURNOVER] = self.day_value[slot]
        figures[VOLUME] = self.day_lots[slot]
        figures[BID] = self.books.bids[slot]
        figures[BID_SIZE] = self.books.bid_lots[slot]
        figures[ASK] = self.books.asks[slot]
        figures[ASK_SIZE] = self.books.ask_lots[slot]
        self.change = (last + 0.0) / first - 1.0
        self.sequence += 1
        words: bytes = self.ticker_heads[slot]
        page.text(words)
        page.text(b'delta","data":{"symbol":"' if is_delta else b'snapshot","data":{"symbol":"')
        words = self.symbols[slot]
        page.text(words)
        page.text(b'"' if is_delta and is_known else b'","tickDirection":"ZeroPlusTick"')
        for i in range(FIGURES):
            form = self.forms[i]
            key = figures[i]
            # Two figures are the same where their texts are.
            if form == AS_VALUE:
                key = scaled(figures[i] * tick * lot, 4)
            elif form == AS_CHANGE:
                key = 2 * scaled(abs(self.change), 6) + (1 if copysign(1.0, self.change) < 0.0 else 0)
            elif form == AS_RATE:
                key = 2 * scaled(abs(self.rate), 8) + (1 if copysign(1.0, self.rate) < 0.0 else 0)
            self.keys[i] = key
            if is_delta and is_known and self.shown[slot, i] == key:
                continue
            words = self.fields[i]
            page.text(words)
            if form == AS_PRICE:
                page.price(self.grids, slot, figures[i])
            elif form == AS_SIZE:
                page.size(self.grids, slot, figures[i])
            elif form == AS_VALUE:
                page.value(self.grids, slot, figures[i])
            elif form == AS_TIME:
                page.whole(figures[i])
            elif form == AS_CHANGE:
                page.fixed(self.change, 6)
            else:
                page.fixed(self.rate, 8)
                page.shorten(zeros_of(key // 2))
            page.text(b'"')
        if is_delta or not is_known:
            self.is_shown[slot] = 1
            for i in range(FIGURES):
                self.shown[slot, i] = self.keys[i]
        if not (is_delta and is_known):
            words = self.last_fields[slot]
            page.text(words)
        page.text(b'},"cs":')
        page.whole(CROSS_SEQUENCE + self.sequence)
        page.text(b',"ts":')
        page.whole(now_ms + LATENCY_MS)
        page.text(b"}")
        return 0

    def snapshot(self, page: Page, slot: int, quote: Any, minute: int, now_ms: int) -> bytes:
        """The ticker of *slot* with all of its fields; *quote* (sim.market.Quote) is what it shows now."""
        self.minute = minute
        self.mark, self.index, self.interest = quote.mark, quote.index, quote.open_interest
        self.rate, self.funding_ms = quote.funding_rate, quote.next_funding_ms
        self.write_ticker(page, slot, False, now_ms)
        return page.take()

    @cython.cfunc
    @cython.exceptval(-1)
    def write_book(self, page: Page) -> cython.int:
        """Write the book message that is due next, if there is anything to tell."""
        told: Told = self.topics.pop()
        slot: cython.Py_ssize_t = told.slot
        before: Touch = told.touch
        touch: Touch = self.books.touch(slot)
        update_id: cython.longlong = told.update_id + 1
        restarts: cython.bint = self.is_restart(told)
        is_told: cython.bint = True
        page.begin()
        if told.depth == 1 or restarts:
            if told.depth > 1:
                update_id = 1
            else:
                is_told = (
                    touch.bid != before.bid or touch.ask != before.ask or touch.bid_lots != before.bid_lots
                    or touch.ask_lots != before.ask_lots
                )  # fmt: skip
            if is_told:
                self.write_levels(page, told, touch, update_id, told.due_ms + self.skew_ms)
        else:
            is_told = self.write_delta(page, told, touch.turn, update_id, told.due_ms + self.skew_ms)
        if is_told:
            page.end(told.due_ms * MILLISECOND, told.number)
            told.commit(touch, update_id, told.due_ms)
        else:
            page.drop()
            told.commit(touch, told.update_id, told.told_ms)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_delta(
        self, page: Page, told: Told, turn: cython.longlong, update_id: cython.longlong, now_ms: cython.longlong
    ) -> cython.int:
        """Write what changed; false when nothing did."""
        slot: cython.Py_ssize_t = told.slot
        page.text(told.head)
        page.text(b'delta","ts":')
        page.whole(now_ms + LATENCY_MS)
        page.text(b',"data":{"s":"')
        words: bytes = self.symbols[slot]
        page.text(words)
        page.text(b'","b":')
        changed: cython.int = self.topics.write_changes(page, self.grids, told, True, False)
        page.text(b',"a":')
        changed += self.topics.write_changes(page, self.grids, told, False, False)
        self.write_ids(page, turn, update_id, now_ms)
        return changed > 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_ids(
        self, page: Page, turn: cython.longlong, update_id: cython.longlong, now_ms: cython.longlong
    ) -> cython.int:
        """Write the end of a book message."""
        page.text(b',"u":')
        page.whole(update_id)
        page.text(b',"seq":')
        page.whole(SEQUENCE + turn)
        page.text(b'},"cts":')
        page.whole(now_ms)
        page.text(b"}")
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_levels(
        self, page: Page, told: Told, touch: Touch, update_id: cython.longlong, now_ms: cython.longlong
    ) -> cython.int:
        """Write a snapshot."""
        slot: cython.Py_ssize_t = told.slot
        if not self.listed[slot]:
            page.text(b"{}")
            return 0
        page.text(told.head)
        page.text(b'snapshot","ts":')
        page.whole(now_ms + LATENCY_MS)
        page.text(b',"data":{"s":"')
        words: bytes = self.symbols[slot]
        page.text(words)
        page.text(b'","b":')
        self.books.write_side(page, self.grids, slot, touch, told.depth, True)
        page.text(b',"a":')
        self.books.write_side(page, self.grids, slot, touch, told.depth, False)
        self.write_ids(page, touch.turn, update_id, now_ms)
        return 0

    def levels(self, page: Page, told: Told, now_ms: int) -> bytes:
        """The snapshot of what was told last."""
        self.write_levels(page, told, told.touch, told.update_id, now_ms)
        return page.take()

    @cython.cfunc
    @cython.exceptval(-1)
    def write_summary(
        self, page: Page, entry: cython.Py_ssize_t, minute: cython.longlong, known: cython.longlong,
        now_ms: cython.longlong, skew_ms: cython.longlong, is_closed: cython.bint,
    ) -> cython.int:  # fmt: skip
        """Write a candle."""
        slot: cython.Py_ssize_t = self.summary_slot[entry]
        row: cython.longlong = minute % self.minutes
        if self.summary_length[entry] == 1:
            if not self.is_known(slot, minute, known):
                return 0
            page.begin()
            self.write_kline(
                page, entry, minute, self.opens[row, slot], self.closes[row, slot], self.highs[row, slot],
                self.lows[row, slot], self.lots[row, slot], self.values[row, slot], now_ms + skew_ms, is_closed,
            )  # fmt: skip
        else:
            candle = self.candle(slot, self.summary_length[entry])
            if candle is None:
                return 0
            page.begin()
            self.write_kline(
                page, entry, candle.minute, candle.open, candle.close, candle.high, candle.low, candle.lots,
                candle.value, now_ms + skew_ms, is_closed,
            )  # fmt: skip
        page.end(now_ms * MILLISECOND, self.summary_number[entry])
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_kline(
        self, page: Page, entry: cython.Py_ssize_t, minute: cython.longlong, opened: cython.longlong,
        close: cython.longlong, high: cython.longlong, low: cython.longlong, lots: cython.longlong,
        value: cython.longlong, now_ms: cython.longlong, is_closed: cython.bint,
    ) -> cython.int:  # fmt: skip
        """Write a candle."""
        slot: cython.Py_ssize_t = self.summary_slot[entry]
        grids: Grids = self.grids
        words: bytes = self.kline_heads[entry]
        page.text(words)
        page.whole(minute * MINUTE_MS)
        page.text(b',"end":')
        page.whole((minute + self.summary_length[entry]) * MINUTE_MS - 1)
        words = self.kline_intervals[entry]
        page.text(words)
        page.price(grids, slot, opened)
        page.text(b'","close":"')
        page.price(grids, slot, close)
        page.text(b'","high":"')
        page.price(grids, slot, high)
        page.text(b'","low":"')
        page.price(grids, slot, low)
        page.text(b'","volume":"')
        page.size(grids, slot, lots)
        page.text(b'","turnover":"')
        page.value(grids, slot, value)
        page.text(b'","confirm":true,"timestamp":' if is_closed else b'","confirm":false,"timestamp":')
        page.whole(now_ms)
        page.text(b'}],"ts":')
        page.whole(now_ms)
        page.text(b',"type":"snapshot"}')
        return 0


@cython.cfunc
@cython.exceptval(check=False)
def zeros_of(value: cython.longlong) -> cython.int:
    """How many characters a number of eight decimals loses when its last zeros go, and then its point."""
    zeros: cython.int = 0
    while zeros < 8 and value % 10 == 0:
        value //= 10
        zeros += 1
    return 9 if zeros == 8 else zeros
