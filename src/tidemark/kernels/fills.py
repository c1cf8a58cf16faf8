# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The trades of the made-up markets: what is drawn becomes orders and their fills, and fills become exact candles.

Whoever draws does it before, in one order; here nothing is random. All sums are of whole numbers.

Memory: the columns of one slice, which their caller owns.
"""

from typing import Any

import cython
import numpy as np

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.libc.math import rint
else:
    rint = round


def orders(
    counts: cython.longlong[::1], offset: cython.double[::1], follows: cython.double[::1], after: cython.double[::1],
    buys: cython.double[::1], begin: cython.double[::1], end: cython.double[::1], half_spread: cython.longlong[::1],
    clustered: cython.double, slice_ms: cython.double, start_ms: cython.longlong, slot: cython.longlong[::1],
    time_ms: cython.longlong[::1], is_buy: cython.uchar[::1], touch: cython.longlong[::1],
) -> None:  # fmt: skip
    """Write the last four columns: *counts* market orders of each slot, in order of time within a slot.

    offset: milliseconds into the slice; an order follows the one before it in its slot closely, by *after*, where its
    draw in *follows* says so. begin, end: fair prices in ticks. touch: the best price that the order meets.
    """
    s: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    one: cython.double
    before: cython.double
    move: cython.double
    chance: cython.double
    for s in range(counts.shape[0]):
        if counts[s] == 0:
            continue
        move = end[s] - begin[s]
        chance = 0.5 + 0.2 * (1.0 if move > 0.0 else -1.0 if move < 0.0 else 0.0)
        # Each follows the drawn time of the one before it, not where that was moved to.
        before = 0.0
        for i in range(n, n + counts[s]):
            slot[i] = s
            one = offset[i]
            if i > n and follows[i - 1] < clustered:
                before = before + after[i - 1]
                offset[i] = before if before < slice_ms - 0.01 else slice_ms - 0.01
            before = one
        for i in range(n + 1, n + counts[s]):
            one = offset[i]
            j = i
            while j > n and offset[j - 1] > one:
                offset[j] = offset[j - 1]
                j -= 1
            offset[j] = one
        for i in range(n, n + counts[s]):
            time_ms[i] = start_ms + cython.cast(cython.longlong, offset[i])
            is_buy[i] = buys[i] < chance
            touch[i] = cython.cast(cython.longlong, rint(begin[s] + move * (offset[i] / slice_ms)))
            touch[i] += half_spread[s] if is_buy[i] else -half_spread[s]
        n += counts[s]


def fills(
    order_slot: cython.longlong[::1], order_time_ms: cython.longlong[::1], order_is_buy: cython.uchar[::1],
    touch: cython.longlong[::1], count: cython.longlong[::1], steps: cython.double[::1], worth: cython.double[::1],
    splits: cython.double[::1], lot_value: cython.double[::1], level_step: cython.double, split_fill: cython.double,
    most_lots: cython.double, first: cython.longlong[::1], slot: cython.longlong[::1], ticks: cython.longlong[::1],
    lots: cython.longlong[::1], is_buy: cython.uchar[::1], time_ms: cython.longlong[::1], order: cython.longlong[::1],
) -> None:  # fmt: skip
    """Write the last seven columns: *count* fills of each order, of *worth* in quote currency each.

    A fill steps to the next price where its draw in *steps* says so, and else may be as large as the one before it, by
    *splits*. order: counts the fills that begin with an order or at another price, from 0 in each slot.
    """
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t = 0
    j: cython.longlong
    level: cython.longlong
    begun: cython.longlong = 0
    size: cython.double
    for i in range(order_slot.shape[0]):
        first[i] = k
        level = 0
        begun = begun + 1 if i > 0 and order_slot[i] == order_slot[i - 1] else 0
        for j in range(count[i]):
            slot[k] = order_slot[i]
            is_buy[k] = order_is_buy[i]
            time_ms[k] = order_time_ms[i]
            if j > 0 and steps[k] < level_step:
                level += 1
                begun += 1
            if j > 0 and not steps[k] < level_step and splits[k] < split_fill:
                lots[k] = lots[k - 1]
            else:
                size = rint(worth[k] / lot_value[slot[k]])
                if size < 1.0:
                    size = 1.0
                if size > most_lots:
                    size = most_lots
                lots[k] = cython.cast(cython.longlong, size)
            ticks[k] = touch[i] + (level if is_buy[k] else -level)
            if ticks[k] < 1:
                ticks[k] = 1
            order[k] = begun
            k += 1


@cython.cclass
class Ledger:
    """The columns of *truth* (sim.truth.Truth) and of its remembered trades that a fill changes."""

    opens_at_close: cython.bint
    opens: cython.int[:, ::1]
    highs: cython.int[:, ::1]
    lows: cython.int[:, ::1]
    closes: cython.int[:, ::1]
    lots: cython.longlong[:, ::1]
    values: cython.longlong[:, ::1]
    buy_lots: cython.longlong[:, ::1]
    buy_values: cython.longlong[:, ::1]
    counts: cython.int[:, ::1]
    day_lots: cython.longlong[::1]
    day_value: cython.longlong[::1]
    day_count: cython.longlong[::1]
    day_high: cython.longlong[::1]
    day_low: cython.longlong[::1]
    numbers: cython.longlong[::1]
    orders: cython.longlong[::1]
    last_lots: cython.longlong[::1]
    begins: cython.longlong[::1]
    kept: cython.longlong[::1]
    ring_time: cython.longlong[::1]
    ring_ticks: cython.int[::1]
    ring_lots: cython.longlong[::1]
    ring_buy: cython.uchar[::1]
    ring_order: cython.longlong[::1]

    def __init__(self, truth: Any, rings: tuple) -> None:
        """*rings*: where a slot begins, how many it keeps, and the columns of time, ticks, lots, side and order."""
        self.opens_at_close = truth.opens_at_close
        self.opens, self.highs = view(truth.open), view(truth.high)
        self.lows, self.closes = view(truth.low), view(truth.close)
        self.lots, self.values = view(truth.lots), view(truth.value)
        self.buy_lots, self.buy_values = view(truth.buy_lots), view(truth.buy_value)
        self.counts = view(truth.count)
        self.day_lots, self.day_value = view(truth.day_lots), view(truth.day_value)
        self.day_count, self.day_high, self.day_low = view(truth.day_count), view(truth.day_high), view(truth.day_low)
        self.numbers, self.orders, self.last_lots = view(truth.numbers), view(truth.orders), view(truth.last_lots)
        self.begins, self.kept, self.ring_time = view(rings[0]), view(rings[1]), view(rings[2])
        self.ring_ticks, self.ring_lots = view(rings[3]), view(rings[4])
        self.ring_buy, self.ring_order = view(rings[5].view(np.uint8)), view(rings[6])

    def take(
        self, row: cython.longlong, slot: cython.longlong[::1], ticks: cython.longlong[::1], lots: cython.longlong[::1],
        is_buy: cython.uchar[::1], time_ms: cython.longlong[::1], order: cython.longlong[::1],
        number: cython.longlong[::1],
    ) -> None:  # fmt: skip
        """Take fills into the minute of *row*, sorted by slot, then time; write each fill's *number* in its market."""
        k: cython.Py_ssize_t
        s: cython.Py_ssize_t
        place: cython.Py_ssize_t
        price: cython.longlong
        value: cython.longlong
        n: cython.Py_ssize_t = slot.shape[0]
        for k in range(n):
            s = slot[k]
            price = ticks[k]
            value = price * lots[k]
            if self.counts[row, s] == 0 and not self.opens_at_close:
                self.opens[row, s] = price
                self.highs[row, s] = price
                self.lows[row, s] = price
            if price > self.highs[row, s]:
                self.highs[row, s] = price
            if price < self.lows[row, s]:
                self.lows[row, s] = price
            self.closes[row, s] = price
            self.lots[row, s] += lots[k]
            self.values[row, s] += value
            self.counts[row, s] += 1
            if is_buy[k]:
                self.buy_lots[row, s] += lots[k]
                self.buy_values[row, s] += value
            self.day_lots[s] += lots[k]
            self.day_value[s] += value
            self.day_count[s] += 1
            if price > self.day_high[s]:
                self.day_high[s] = price
            if price < self.day_low[s]:
                self.day_low[s] = price
            number[k] = self.numbers[s]
            place = self.begins[s] + number[k] % self.kept[s]
            self.ring_time[place] = time_ms[k]
            self.ring_ticks[place] = price
            self.ring_lots[place] = lots[k]
            self.ring_buy[place] = is_buy[k]
            self.ring_order[place] = self.orders[s] + order[k]
            self.numbers[s] += 1
            self.last_lots[s] = lots[k]
            # Orders are counted from 0 within a call.
            if k == n - 1 or slot[k + 1] != s:
                self.orders[s] += order[k] + 1
