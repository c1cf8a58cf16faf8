"""What really happened: exact 1m candles, the rolling day and the newest trades of every market.

Prices are ticks and sizes are lots, so every sum is exact. One column a slot, one slot a market.

Memory: 60 bytes a slot and minute (1,500 minutes: 90 KB), 52 bytes a slot and longer candle (146 KB) and 29 bytes a
remembered trade, touched only as time passes; nothing else grows.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from tidemark.kernels.fills import Ledger
from tidemark.sim.longer import Candle, Longer, Rows
from tidemark.sim.market import Market
from tidemark.sim.trades import Bools, Fill, Ints, Trades

MINUTES = 1500
DAY_MINUTES = 1440
RECENT = 1000
WEEK_MINUTES = 10080
MINUTE_MS = 60_000
# Length in minutes and number of the longer candles that outlive their minutes: 5m for a week, 1h for a month.
LONGER = ((5, 2016), (60, 800))


class Day(msgspec.Struct, frozen=True, gc=False):
    """The last 24 hours."""

    first: int
    high: int
    low: int
    last: int
    lots: int
    value: int
    trades: int
    last_lots: int
    next_id: int


class Truth:
    """The state of *slots* markets from *minute* (minutes since the epoch) on.

    `kept` is how many of the newest trades each slot remembers, 1,000 unless told. `opens_at_close`: a candle opens at
    the close before it, as Bybit's do; else at its first trade, as Binance's do.
    """

    def __init__(self, slots: int, minute: int, *, opens_at_close: bool, kept: Ints | None = None) -> None:
        self.slots = slots
        self.minute = self.begun = minute
        self.longer = tuple(Longer(slots, length, kept, opens_at_close=opens_at_close) for length, kept in LONGER)
        self.opens_at_close = opens_at_close
        self.markets: list[Market | None] = [None] * slots  # bounded: one entry a slot
        self.slot_of: dict[str, int] = {}  # bounded: one entry a slot
        self.since = np.full(slots, minute, np.int64)
        shape = (MINUTES, slots)
        self.open, self.high, self.low, self.close = (np.zeros(shape, np.int32) for _ in range(4))
        self.lots, self.value, self.buy_lots, self.buy_value, self.first_id = (
            np.zeros(shape, np.int64) for _ in range(5)
        )
        self.count = np.zeros(shape, np.int32)
        self.day_lots, self.day_value, self.day_count = (np.zeros(slots, np.int64) for _ in range(3))
        self.day_high, self.day_low = (np.zeros(slots, np.int64) for _ in range(2))
        self.numbers, self.remembered_from = np.zeros(slots, np.int64), np.zeros(slots, np.int64)
        self.orders = np.zeros(slots, np.int64)
        self.last_lots = np.zeros(slots, np.int64)
        kept = np.full(slots, RECENT, np.int64) if kept is None else kept
        self.trades = Trades(kept, self.numbers, self.remembered_from)
        self._ledger = Ledger(self, self.trades.rings())

    def enter(self, slot: int, market: Market, ticks: int) -> None:
        """Give *slot* to *market*, flat at *ticks* and without a past."""
        self.markets[slot] = market
        self.slot_of[market.symbol] = slot
        self.since[slot] = self.minute
        for price in (self.open, self.high, self.low, self.close):
            price[:, slot] = ticks
        for column in (self.lots, self.value, self.buy_lots, self.buy_value, self.first_id, self.count):
            column[:, slot] = 0
        for total in (self.day_lots, self.day_value, self.day_count, self.numbers, self.orders, self.last_lots,
                      self.remembered_from):  # fmt: skip
            total[slot] = 0
        self.day_high[slot] = self.day_low[slot] = ticks

    def leave(self, slot: int) -> None:
        """Take *slot* from its market."""
        market = self.markets[slot]
        if market is not None:
            del self.slot_of[market.symbol]
        self.markets[slot] = None

    def change(self, slot: int, market: Market) -> None:
        """Show other figures (a state) for the market in *slot*."""
        self.markets[slot] = market

    def listed(self) -> Iterator[tuple[int, Market]]:
        """Slots in use and their markets."""
        return ((slot, market) for slot, market in enumerate(self.markets) if market is not None)

    def lengthen(self, longer: Longer, minute: int) -> None:
        """Write down the longer candle that opens at *minute*, as far as its minutes are known."""
        at = np.arange(max(minute, self.begun), minute + longer.length) % MINUTES
        columns = (self.open, self.high, self.low, self.close, self.lots, self.value, self.buy_lots, self.buy_value,
                   self.count)  # fmt: skip
        longer.take(minute, Rows(*(column[at].astype(np.int64) for column in columns)))

    def lived(self, first: int) -> None:
        """The minutes from *first* on are known now, though they were before the start."""
        self.begun = first
        for longer in self.longer:
            begin = first // longer.length * longer.length
            for minute in range(begin, self.minute - longer.length + 1, longer.length):
                self.lengthen(longer, minute)

    def roll(self, minute: int) -> None:
        """Begin every minute up to *minute*: flat at the last close, without volume."""
        if minute <= self.minute:
            return
        while self.minute < minute:
            before = self.close[self.minute % MINUTES]
            self.minute += 1
            row = self.minute % MINUTES
            for price in (self.open, self.high, self.low, self.close):
                price[row] = before
            for total in (self.lots, self.value, self.buy_lots, self.buy_value, self.count):
                total[row] = 0
            self.first_id[row] = self.numbers
            for longer in self.longer:
                if self.minute % longer.length == 0:
                    self.lengthen(longer, self.minute - longer.length)
            gone = (self.minute - DAY_MINUTES) % MINUTES
            self.day_lots -= self.lots[gone]
            self.day_value -= self.value[gone]
            self.day_count -= self.count[gone]
        self.measure_day()

    def measure_day(self) -> None:
        """Highs and lows of the last 24 hours anew."""
        rows = np.arange(self.minute - DAY_MINUTES + 1, self.minute + 1) % MINUTES
        self.day_high[:] = self.high[rows].max(axis=0)
        self.day_low[:] = self.low[rows].min(axis=0)

    def apply(self, slot: Ints, ticks: Ints, lots: Ints, is_buy: Bools, time_ms: Ints, order: Ints) -> Ints:
        """Take in fills of the current minute, sorted by slot, then time; gives each fill's number in its market.

        `order` counts the aggregate trades within the call, from 0 in each slot.
        """
        number = np.empty(slot.size, np.int64)
        buys = is_buy.view(np.uint8)
        self._ledger.take(self.minute % MINUTES, slot, ticks, lots, buys, time_ms, order, number)
        return number

    def earliest(self, slot: int) -> int:
        """The first minute that is known of *slot*."""
        return max(int(self.since[slot]), self.minute - MINUTES + 1)

    def candle(self, slot: int, minute: int) -> Candle | None:
        """The 1m candle of *minute*; None when it is not known."""
        if not self.earliest(slot) <= minute <= self.minute:
            return None
        return next(self._minutes(slot, minute, minute))

    def candles(self, slot: int, length: int, first: int, last: int) -> list[Candle]:
        """Candles of *length* minutes that open within [first, last], oldest first, merged exactly from 1m.

        One of which the beginning is not known any more is left out.
        """
        known = self.earliest(slot)
        phase = 4 * DAY_MINUTES if length == WEEK_MINUTES else 0  # weeks open on Monday, the epoch was a Thursday
        floor = known if int(self.since[slot]) == known else known + (phase - known) % length
        start = max(first + (phase - first) % length, floor - (floor - phase) % length)
        if start > min(last, self.minute):
            return []
        stop = min(last - (last - phase) % length + length - 1, self.minute)
        if length == 1:
            return list(self._minutes(slot, start, stop))
        merged: list[Candle] = []
        group: list[Candle] = []
        for candle in self._minutes(slot, max(start, known), stop):
            group.append(candle)
            if (candle.minute + 1 - phase) % length == 0 or candle.minute == stop:
                merged.append(self.merge(group, candle.minute - (candle.minute - phase) % length))
                group.clear()
        return merged

    def merge(self, group: list[Candle], minute: int) -> Candle:
        """One candle that opens at *minute*, of the successive candles in *group*."""
        # A minute without trades carries the old close: it opens no longer candle where candles open at a trade.
        told = group if self.opens_at_close else [c for c in group if c.trades] or group
        return Candle(
            minute,
            told[0].open,
            max(c.high for c in told),
            min(c.low for c in told),
            group[-1].close,
            sum(c.lots for c in group),
            sum(c.value for c in group),
            sum(c.buy_lots for c in group),
            sum(c.buy_value for c in group),
            sum(c.trades for c in group),
            group[0].first_id,
        )

    def _minutes(self, slot: int, first: int, last: int) -> Iterator[Candle]:
        minutes = np.arange(first, last + 1)
        rows = minutes % MINUTES
        columns = (self.open, self.high, self.low, self.close, self.lots, self.value, self.buy_lots, self.buy_value,
                   self.count, self.first_id)  # fmt: skip
        return map(Candle, minutes.tolist(), *(column[rows, slot].tolist() for column in columns))

    def fills(self, slot: int) -> list[Fill]:
        """The remembered trades of *slot*, oldest first."""
        return self.trades.fills(slot, self.trades.remembered(slot))

    def price_at(self, slot: int, minute: int) -> int:
        """The close of *minute*, in ticks; that of the nearest minute that is known."""
        known = min(max(minute, self.earliest(slot)), self.minute)
        return int(self.close[known % MINUTES, slot])

    def hour_ago(self, slot: int) -> int:
        """The close of an hour ago, or the first that is known."""
        return int(self.close[max(self.earliest(slot), self.minute - 60) % MINUTES, slot])

    def day(self, slot: int) -> Day:
        """The last 24 hours of *slot*."""
        oldest = max(int(self.since[slot]), self.minute - DAY_MINUTES + 1)
        return Day(
            int(self.open[oldest % MINUTES, slot]),
            int(self.day_high[slot]),
            int(self.day_low[slot]),
            int(self.close[self.minute % MINUTES, slot]),
            int(self.day_lots[slot]),
            int(self.day_value[slot]),
            int(self.day_count[slot]),
            int(self.last_lots[slot]),
            int(self.numbers[slot]),
        )
