"""Candles from before the exact ones: every minute since a market was listed, as a function of its seed and the time.

A day begins and ends at prices that several waves of noise give, the last one where the exact minutes begin. In
between, minutes wander from one to the other. Longer candles are merged from the minutes, so that they agree with them.

Memory: that of one request, 32 days of minutes at a time; nothing is kept.
"""

import math
from collections.abc import Sequence
from itertools import groupby
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.sim.longer import Candle
from tidemark.sim.trades import Bools, Ints
from tidemark.sim.truth import DAY_MINUTES, MINUTE_MS, WEEK_MINUTES, Truth

CHUNK_MINUTES = 32 * DAY_MINUTES
# The waves of a day's price: periods in days; a wave swings by the root of its period.
PERIODS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
DAY_SWING = 0.02
TOO_HIGH = np.int64(1 << 40)

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]


class Minutes(msgspec.Struct, frozen=True):
    """Columns of successive minutes, prices in ticks and sizes in lots."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    lots: Ints
    value: Ints
    buy_lots: Ints
    buy_value: Ints
    count: Ints


class History:
    """The past of the markets that *truth* holds now, before the first minute that it knows.

    `sigma` is the volatility of a minute, `trades` their mean number and `lots` their mean size, each by slot.
    """

    def __init__(self, truth: Truth, seed: int, sigma: Floats, trades: Floats, lots: Floats) -> None:
        self._truth = truth
        self._origin = truth.earliest(0)
        self._symbols = ["" if market is None else market.symbol for market in truth.markets]
        self._keys = [crc32(f"{seed} {symbol}".encode()) for symbol in self._symbols]
        self._sigma, self._trades, self._lots = sigma, trades, lots
        self._ends = [int(truth.candles(slot, 1, self._origin, self._origin)[0].close) for slot in range(truth.slots)]

    def begins(self, slot: int) -> int:
        """The first minute of which there is a candle: that of the listing."""
        market = self._truth.markets[slot]
        if market is None or market.symbol != self._symbols[slot]:
            return self._truth.earliest(slot)
        return min(market.launched_ms // MINUTE_MS, self._origin)

    def candles(self, slot: int, length: int, first: int, last: int) -> list[Candle]:
        """Candles of *length* minutes that open within [first, last], oldest first.

        The one of the listing may be shorter. Minutes are exact for 1,500 minutes, then their longer candles are: what
        is forgotten even of those is left out.
        """
        truth, origin = self._truth, self._origin
        phase = 4 * DAY_MINUTES if length == WEEK_MINUTES else 0
        begins = self.begins(slot)
        start = max(first + (phase - first) % length, begins - (begins - phase) % length)
        if start > min(last, truth.minute):
            return []
        if begins >= origin:
            return self._since(slot, length, phase, start, last, None)
        stop = last - (last - phase) % length + length - 1
        found: list[Candle] = []
        for begin in range(start, min(stop, origin - 1) + 1, self._chunk(length)):
            end = min(begin + self._chunk(length), stop + 1, origin) - 1
            begin_known = max(begin, begins)
            found += self._merged(begin_known, self._minutes(slot, begin_known, end), length, phase)
        rest = max(start, origin - (origin - phase) % length)
        begun = found.pop() if found and found[-1].minute == rest else None
        return found + self._since(slot, length, phase, rest, last, begun)

    def _since(self, slot: int, length: int, phase: int, start: int, last: int, begun: Candle | None) -> list[Candle]:
        """Candles since the exact minutes began; `begun` is what came before of the one that opens at *start*."""
        truth = self._truth
        stop = min(last - (last - phase) % length + length - 1, truth.minute)
        longer = next((one for one in reversed(truth.longer) if length % one.length == 0), None)
        known = truth.earliest(slot)
        floor = max(start, truth.begun)
        pieces: list[Candle] = [] if begun is None else [begun]
        if known > floor:
            # The minutes are forgotten: longer candles tell what there was, until the minutes take over.
            if longer is None:
                return truth.candles(slot, length, known, last)
            known += -known % longer.length
            first = floor - floor % longer.length
            if first < longer.earliest():
                return self._since(
                    slot, length, phase, longer.earliest() + (phase - longer.earliest()) % length, last, None
                )
            pieces += longer.candles(slot, first, min(known, stop + 1) - 1)
        else:
            known = floor
        exact = known + (phase - known) % length
        if pieces and known < exact:
            pieces += truth.candles(slot, 1, known, min(exact - 1, stop))
        found = []
        for minute, group in groupby(pieces, lambda one: one.minute - (one.minute - phase) % length):
            found.append(truth.merge(list(group), minute))
        return found + (truth.candles(slot, length, exact, last) if exact <= last else [])

    def closes(self, slot: int, minutes: Sequence[int]) -> list[int]:
        """The closes of *minutes*, which ascend; of the nearest that is known."""
        begins = self.begins(slot)
        early = [max(minute, begins) for minute in minutes if max(minute, begins) < self._origin]
        told: list[int] = []
        if early:
            close = self._minutes(slot, early[0], early[-1]).close
            told = [int(close[minute - early[0]]) for minute in early]
        return told + [self._truth.price_at(slot, minute) for minute in minutes[len(early) :]]

    @staticmethod
    def _chunk(length: int) -> int:
        """Minutes that are made at once: whole candles."""
        return max(1, CHUNK_MINUTES // length) * length

    def _wave(self, slot: int, days: Ints) -> Floats:
        """The logarithm of the price at the beginning of *days*, but for a constant."""
        total = np.zeros(days.shape)
        for period in PERIODS:
            knot, part = days // period, (days % period) / period
            low, high = (_unit(_mixed(knot + step, self._keys[slot] + period)) for step in (0, 1))
            total += DAY_SWING * math.sqrt(period) * (low + (high - low) * (part * part * (3.0 - 2.0 * part)))
        return total

    def _edges(self, slot: int, first_day: int, last_day: int) -> Ints:
        """The price at the beginning of each day, and at the end of the last, in ticks."""
        newest, left = divmod(self._origin, DAY_MINUTES)
        if self._trades[slot] == 0.0:
            return np.full(last_day - first_day + 2, self._ends[slot], np.int64)
        days = np.arange(first_day, last_day + 2)
        waves = self._wave(slot, np.concatenate((days, (newest, newest + 1))))
        # The day in which the exact minutes begin moves as much as its part is long.
        back = (waves[-2] - waves[-1]) * (left / DAY_MINUTES)
        prices = np.rint(self._ends[slot] * np.exp(waves[:-2] - waves[-2] + back))
        edges: Ints = np.maximum(1, np.where(days > newest, self._ends[slot], prices)).astype(np.int64)
        return edges

    def _minutes(self, slot: int, first: int, last: int) -> Minutes:
        """The minutes from *first* to *last*, all of them before the exact ones."""
        first_day, last_day = first // DAY_MINUTES, last // DAY_MINUTES
        edges = self._edges(slot, first_day, last_day)
        shape = (last_day - first_day + 1, DAY_MINUTES)
        noise = _mixed(np.arange(first_day * DAY_MINUTES, (last_day + 1) * DAY_MINUTES), self._keys[slot]).reshape(
            shape
        )
        ends = np.full((shape[0], 1), DAY_MINUTES)
        if last_day == self._origin // DAY_MINUTES:
            ends[-1] = self._origin % DAY_MINUTES
        begin, end = edges[:-1, None], edges[1:, None]
        middle = (begin + end) * (0.5 * self._sigma[slot] * math.sqrt(3.0) / 32768.0)
        walk = np.cumsum((noise & np.uint64(0xFFFF)).astype(np.float64) - 32767.5, axis=1)
        gone = np.minimum(np.arange(1, DAY_MINUTES + 1) / ends, 1.0)
        walk -= gone * np.take_along_axis(walk, ends - 1, axis=1)
        close = np.maximum(1, np.rint(begin + (end - begin) * gone + middle * walk)).astype(np.int64)
        count = self._counts(slot, noise)
        # A day ends at its edge, so its last minute trades wherever anything does.
        np.put_along_axis(count, ends - 1, np.maximum(np.take_along_axis(count, ends - 1, axis=1), 1), axis=1)
        if self._trades[slot] == 0.0:
            count[:] = 0
            close[:] = self._ends[slot]
        close = np.concatenate((begin, close), axis=1)
        if self._trades[slot] < 20.0:
            traded = np.concatenate((np.ones((shape[0], 1), np.bool_), count > 0), axis=1)
            newest = np.maximum.accumulate(np.where(traded, np.arange(DAY_MINUTES + 1), 0), axis=1)
            close = np.take_along_axis(close, newest, axis=1)
        part = slice(first - first_day * DAY_MINUTES, last - first_day * DAY_MINUTES + 1)
        before, after = close[:, :-1].reshape(-1)[part], close[:, 1:].reshape(-1)[part]
        return self._columns(slot, before, after, count.reshape(-1)[part], noise.reshape(-1)[part])

    def _counts(self, slot: int, noise: Words) -> Ints:
        draw = (noise >> np.uint64(42) & np.uint64(1023)).astype(np.float64)
        again = (noise >> np.uint64(52) & np.uint64(255)).astype(np.float64)
        counts: Ints = (self._trades[slot] * (0.4 + draw * (1.2 / 1023.0)) + again / 256.0).astype(np.int64)
        return counts

    def _columns(self, slot: int, before: Ints, close: Ints, count: Ints, noise: Words) -> Minutes:
        traded = count > 0
        opened = before
        if not self._truth.opens_at_close:
            step = ((noise >> np.uint64(24) & np.uint64(255)) % np.uint64(3)).astype(np.int64) - 1
            opened = np.where(traded, np.maximum(1, before + step), before)
        swing = (noise >> np.uint64(16) & np.uint64(255)).astype(np.float64) * (self._sigma[slot] / 255.0)
        wiggle = np.where(traded, (close * swing).astype(np.int64), 0)
        high, low = np.maximum(opened, close) + wiggle, np.maximum(1, np.minimum(opened, close) - wiggle)
        factor = (noise >> np.uint64(32) & np.uint64(1023)).astype(np.float64) / 1023.0 + 0.5
        lots = np.maximum(count, np.rint(count * factor * self._lots[slot]).astype(np.int64))
        bought = lots * ((noise >> np.uint64(8) & np.uint64(63)).astype(np.int64) + 32) // 127
        price = (high + low) // 2
        return Minutes(opened, high, low, close, lots, lots * price, bought, bought * price, count)

    def _merged(self, first: int, minutes: Minutes, length: int, phase: int) -> list[Candle]:
        """Candles of minutes from *first* on; the first and the last may be shorter."""
        total = minutes.close.size
        starts = np.arange(-((first - phase) % length), total, length)
        opens = (first + starts).tolist()
        starts[0] = 0
        columns = (
            *self._prices(minutes, minutes.count > 0, starts),
            minutes.close[np.append(starts[1:], total) - 1],
            *(np.add.reduceat(column, starts) for column in (
                minutes.lots, minutes.value, minutes.buy_lots, minutes.buy_value, minutes.count,
            )),
        )  # fmt: skip
        zeros = [0] * len(opens)
        return list(map(Candle, opens, *(column.tolist() for column in columns), zeros))

    def _prices(self, minutes: Minutes, traded: Bools, starts: Ints) -> tuple[Ints, Ints, Ints]:
        """Open, high and low of each candle."""
        if self._truth.opens_at_close or bool(traded.all()):
            high, low = np.maximum.reduceat(minutes.high, starts), np.minimum.reduceat(minutes.low, starts)
            return minutes.open[starts], high, low
        # Where candles open at a trade, a minute without one belongs to no longer candle that has one.
        size = traded.size
        first = np.minimum.reduceat(np.where(traded, np.arange(size), size), starts)
        has = first < size
        at = np.where(has, np.minimum(first, size - 1), starts)
        high = np.maximum.reduceat(np.where(traded, minutes.high, 0), starts)
        low = np.minimum.reduceat(np.where(traded, minutes.low, TOO_HIGH), starts)
        return minutes.open[at], np.where(has, high, minutes.high[starts]), np.where(has, low, minutes.low[starts])


def _mixed(numbers: Ints, key: int) -> Words:
    """A hash of each number."""
    words = (numbers.astype(np.uint64) + np.uint64(key << 20)) * np.uint64(0x9E3779B97F4A7C15)
    words ^= words >> np.uint64(29)
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= words >> np.uint64(32)
    return words


def _unit(words: Words) -> Floats:
    """From -1 to 1."""
    return (words >> np.uint64(11)).astype(np.float64) * (2.0 / (1 << 53)) - 1.0
