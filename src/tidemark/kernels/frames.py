# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What the frames of both venues are written from: the truth of the made-up markets, their books, and one slice.

What is between two pages is kept here, so that the market stands still while a page is handed over.

Memory: 150 bytes a slot; nothing grows with what was written.
"""

import math
from collections.abc import Callable
from typing import Any

import cython
import numpy as np

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.libc.math import rint, sin
    from cython.cimports.tidemark.kernels.ladder import Books, BookTopics, Told
    from cython.cimports.tidemark.kernels.page import Grids, Page
else:
    from tidemark.kernels.ladder import Books, BookTopics, Told
    from tidemark.kernels.page import Grids, Page

    sin, rint = math.sin, round

MILLISECOND = cython.declare(cython.longlong, 1_000_000)
DAY_MINUTES = cython.declare(cython.longlong, 1440)
WEEK_MINUTES = cython.declare(cython.longlong, 10080)
# Weeks open on Monday, and the epoch was a Thursday.
MONDAY = cython.declare(cython.longlong, 5760)


@cython.cclass
class Frames:
    """Reads the columns of *truth* (sim.truth.Truth) and *books*.

    `interests` is the mean open interest of each slot in lots. `chosen(key, share)` says what a fault at the exchange
    hits.
    """

    def __init__(
        self, truth: Any, books: Books, topics: BookTopics, interests: Any, chosen: Callable[[str, float], bool]
    ) -> None:
        slots: int = truth.slots
        self.books = books
        self.topics = topics
        self.grids = Grids(slots)
        self.chosen = chosen
        self.minutes = truth.open.shape[0]
        self.opens, self.highs = view(truth.open), view(truth.high)
        self.lows, self.closes = view(truth.low), view(truth.close)
        self.lots, self.values = view(truth.lots), view(truth.value)
        self.since, self.numbers = view(truth.since), view(truth.numbers)
        self.day_high, self.day_low = view(truth.day_high), view(truth.day_low)
        self.day_lots, self.day_value = view(truth.day_lots), view(truth.day_value)
        self.interests = interests
        self.names = [""] * slots
        self.symbols = [b""] * slots
        self.funding_hours = view(np.full(slots, 8, np.int64))
        self.listed = view(np.zeros(slots, np.uint8))
        self.is_order_wanted = view(np.zeros(slots, np.uint8))
        self.is_quote_wanted = view(np.zeros(slots, np.uint8))
        self.pushed = view(np.full(slots, -1, np.int64))
        self.at = self.events = self.summary_at = 0
        self.listen_to((), {}, {})

    def place(self, slot: int, market: Any) -> None:
        """Give *slot* to *market* (sim.market.Market)."""
        self.grids.place(slot, market.tick_size, market.price_decimals, market.lot_size, market.lot_decimals)
        self.names[slot] = market.symbol
        self.symbols[slot] = market.symbol.encode()
        self.funding_hours[slot] = market.funding_interval_h
        self.pushed[slot] = self.numbers[slot]
        self.topics.leave(slot)

    def list_slots(self, listed: Any) -> None:
        """Which slots hold a market (uint8)."""
        self.listed = view(listed)

    def listen_to(self, summaries: tuple, orders: Any, quotes: Any) -> None:
        """From now on *summaries* are told each second, in this order, and the *orders* and *quotes* of these slots.

        A summary as (slot, minutes, number, kind), minutes of a candle.
        """
        for slot in range(len(self.listed)):
            self.is_order_wanted[slot], self.is_quote_wanted[slot] = slot in orders, slot in quotes
        columns = [view(np.array([one[k] for one in summaries] or [0], np.int64)) for k in range(4)]
        self.summary_slot, self.summary_length, self.summary_number, self.summary_kind = columns
        self.summaries = len(summaries)

    def begin(self, block: Any, numbers: Any, fair: Any, end_ms: int, skew_ms: int, faults: Any, minute: int) -> None:
        """Take in a slice: its columns (sim.dynamics.Block), the numbers of its fills, and the faults in force."""
        self.order = view(block.in_time())
        self.orders = block.slot.size
        self.events = self.orders + block.quote_slot.size
        self.at = 0
        self.end_ms, self.skew_ms, self.minute = end_ms, skew_ms, minute
        self.missing, self.restarts, self.concerns = faults.trade_missing, faults.book_restart, faults.concern
        self.slot, self.time_ms = view(block.slot), view(block.time_ms)
        self.is_buy = view(block.is_buy.view(np.uint8))
        self.first, self.fills = view(block.first), view(block.fills)
        self.ticks, self.fill_lots = view(block.fill_ticks), view(block.fill_lots)
        self.fill_number, self.fill_order = view(numbers), view(block.fill_order)
        self.quote_slot, self.quote_time_ms = view(block.quote_slot), view(block.quote_time_ms)
        self.quote_bid, self.quote_ask = view(block.quote_bid), view(block.quote_ask)
        self.quote_sizes = view(block.quote_sizes)
        self.fair = view(fair)

    def write(self, page: Page) -> bool:
        """Write what comes next of the slice, and the books that are due; false while the page is to be handed over."""
        event: cython.longlong = 0
        at_ms: cython.longlong
        slot: cython.Py_ssize_t
        i: cython.Py_ssize_t
        while True:
            if self.at < self.events:
                event = self.order[self.at]
                at_ms = self.time_ms[event] if event < self.orders else self.quote_time_ms[event - self.orders]
            else:
                at_ms = self.end_ms
            while self.topics.next_ms <= at_ms:
                if self.topics.next_ms * MILLISECOND > page.until_ns:
                    page.next_ns = self.topics.next_ms * MILLISECOND
                    return False
                self.write_book(page)
                if page.payload > page.limit:
                    return False
            if self.at >= self.events:
                return True
            slot = self.slot[event] if event < self.orders else self.quote_slot[event - self.orders]
            # Nobody waits for what nobody wants.
            if at_ms * MILLISECOND > page.until_ns and (
                self.is_order_wanted[slot] if event < self.orders else self.is_quote_wanted[slot]
            ):
                page.next_ns = at_ms * MILLISECOND
                return False
            self.at += 1
            if event < self.orders:
                self.books.turn(slot, at_ms)
                self.topics.moved(slot, at_ms)
                self.write_trades(page, slot, event, at_ms)
            else:
                i = event - self.orders
                self.books.quote(
                    slot, at_ms, self.quote_bid[i], self.quote_ask[i], self.quote_sizes[i, 0], self.quote_sizes[i, 1]
                )
                self.topics.moved(slot, at_ms)
                self.write_quote(page, slot, at_ms)
            if page.payload > page.limit:
                return False

    def begin_second(self, candle: Callable[[int, int], Any]) -> None:
        """What is told each second comes next; *candle* gives those longer than a minute, by slot and length."""
        self.summary_at = 0
        self.candle = candle

    def write_second(
        self, page: Page, minute: cython.longlong, known: cython.longlong, now_ms: cython.longlong,
        skew_ms: cython.longlong, is_closed: cython.bint,
    ) -> bool:  # fmt: skip
        """Write the candles that end with *minute*, or whatever changed since `pushed`, *minute* being open.

        *known* is the newest minute of the truth. False while the page is to be handed over.
        """
        length: cython.longlong
        slot: cython.Py_ssize_t
        while self.summary_at < self.summaries:
            slot = self.summary_slot[self.summary_at]
            length = self.summary_length[self.summary_at]
            if is_closed:
                if length == 0 or (minute + 1 - (MONDAY if length == WEEK_MINUTES else 0)) % length:
                    self.summary_at += 1
                    continue
            elif self.numbers[slot] == self.pushed[slot]:
                self.summary_at += 1
                continue
            if now_ms * MILLISECOND > page.until_ns:
                page.next_ns = now_ms * MILLISECOND
                return False
            self.write_summary(page, self.summary_at, minute, known, now_ms, skew_ms, is_closed)
            self.summary_at += 1
            if page.payload > page.limit:
                return False
        return True

    def push(self) -> None:
        """What is told each second was told as it is now."""
        self.pushed[:] = self.numbers

    @cython.cfunc
    @cython.exceptval(check=False)
    def is_known(self, slot: cython.Py_ssize_t, minute: cython.longlong, known: cython.longlong) -> cython.bint:
        """Whether there is a candle of *minute*, *known* being the newest minute."""
        return minute <= known and minute > known - self.minutes and minute >= self.since[slot]

    @cython.cfunc
    @cython.exceptval(check=False)
    def row_of(self, slot: cython.Py_ssize_t, minute: cython.longlong, ago: cython.longlong) -> cython.longlong:
        """The row of what was so many minutes *ago*, or of the first minute that is known."""
        earliest: cython.longlong = minute - self.minutes + 1
        if minute - ago > earliest:
            earliest = minute - ago
        if self.since[slot] > earliest:
            earliest = self.since[slot]
        return earliest % self.minutes

    @cython.cfunc
    @cython.exceptval(check=False)
    def measure(self, slot: cython.Py_ssize_t, fair: cython.double, at_ms: cython.longlong) -> cython.int:
        """Mark and index price, open interest, funding and its time of one market (sim.generator, sim.derivatives)."""
        hours: cython.double = at_ms / 3_600_000.0
        interval_ms: cython.longlong = self.funding_hours[slot] * 3_600_000
        minutes: cython.double = at_ms // 60_000
        self.mark = cython.cast(cython.longlong, rint(fair))
        self.index = cython.cast(cython.longlong, rint(fair * (1.0 + 0.0002 * sin(hours + slot))))
        hours = (at_ms // 1000) / 3600.0
        waves: cython.double = 0.2 * sin(hours / 3.0 + 2.0 * slot) + 0.01 * sin(hours * 9.0 + slot)
        self.interest = cython.cast(cython.longlong, rint(self.interests[slot] * (1.0 + waves)))
        if self.mark < 1:
            self.mark = 1
        if self.index < 1:
            self.index = 1
        if self.interest < 1:
            self.interest = 1
        self.funding_ms = (at_ms // interval_ms + 1) * interval_ms
        self.rate = 0.0001 + 0.0002 * sin(minutes / 300.0 + slot)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_trades(
        self, page: Page, slot: cython.Py_ssize_t, event: cython.Py_ssize_t, at_ms: cython.longlong
    ) -> cython.int:
        """Write the fills of one order."""
        raise NotImplementedError

    @cython.cfunc
    @cython.exceptval(-1)
    def write_quote(self, page: Page, slot: cython.Py_ssize_t, at_ms: cython.longlong) -> cython.int:
        """Write a change of the best levels."""
        raise NotImplementedError

    @cython.cfunc
    @cython.exceptval(-1)
    def write_book(self, page: Page) -> cython.int:
        """Write the book message that is due next, if there is anything to tell."""
        raise NotImplementedError

    @cython.cfunc
    @cython.exceptval(-1)
    def write_summary(
        self, page: Page, entry: cython.Py_ssize_t, minute: cython.longlong, known: cython.longlong,
        now_ms: cython.longlong, skew_ms: cython.longlong, is_closed: cython.bint,
    ) -> cython.int:  # fmt: skip
        """Write one of what is told each second."""
        raise NotImplementedError

    @cython.cfunc
    @cython.exceptval(-1)
    def is_restart(self, told: Told) -> cython.bint:
        """Whether the service restarts in place of the next message of *told*."""
        if not self.restarts > 0.0:
            return False
        return self.concerns(self.names[told.slot]) and self.chosen(f"{told.topic}{told.touch.turn}", self.restarts)

    @cython.cfunc
    @cython.exceptval(-1.0)
    def missing_of(self, slot: cython.Py_ssize_t) -> cython.double:
        """The share of the trades of a market that are never told."""
        return self.missing if self.missing > 0.0 and self.concerns(self.names[slot]) else 0.0
