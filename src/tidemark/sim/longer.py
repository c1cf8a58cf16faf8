"""Longer candles of all markets, kept for when their minutes are forgotten.

Memory: 52 bytes a slot and candle, touched only as time passes.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from tidemark.sim.trades import Ints


class Candle(msgspec.Struct, frozen=True, gc=False):
    """A candle in ticks and lots; `value` and `buy_value` in ticks x lots; `first_id` of the trades inside."""

    minute: int
    open: int
    high: int
    low: int
    close: int
    lots: int
    value: int
    buy_lots: int
    buy_value: int
    trades: int
    first_id: int


class Rows(msgspec.Struct, frozen=True):
    """The minutes of one longer candle, one row a minute, one column a slot."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    lots: Ints
    value: Ints
    buy_lots: Ints
    buy_value: Ints
    count: Ints


class Longer:
    """The newest *kept* candles of *length* minutes of *slots* markets."""

    def __init__(self, slots: int, length: int, kept: int, *, opens_at_close: bool) -> None:
        self.length = length
        self._kept = kept
        self._opens_at_close = opens_at_close
        self._newest = -1
        shape = (kept, slots)
        self._open, self._high, self._low, self._close, self._count = (np.zeros(shape, np.int32) for _ in range(5))
        self._lots, self._value, self._buy_lots, self._buy_value = (np.zeros(shape, np.int64) for _ in range(4))

    def take(self, minute: int, rows: Rows) -> None:
        """Write down the candle that opens at *minute*; its first minutes may be missing."""
        self._newest = minute // self.length
        at = self._newest % self._kept
        traded = rows.count > 0
        some = traded.any(axis=0)
        if self._opens_at_close:
            first, counts = np.zeros(some.size, np.int64), np.ones_like(traded)
        else:
            # Where candles open at a trade, a minute without one counts only when there is no other.
            first, counts = traded.argmax(axis=0), traded | ~some
        self._open[at] = rows.open[first, np.arange(some.size)]
        self._high[at] = np.where(counts, rows.high, 0).max(axis=0)
        self._low[at] = np.where(counts, rows.low, np.iinfo(np.int32).max).min(axis=0)
        self._close[at] = rows.close[-1]
        for column, values in (
            (self._lots, rows.lots), (self._value, rows.value), (self._buy_lots, rows.buy_lots),
            (self._buy_value, rows.buy_value), (self._count, rows.count),
        ):  # fmt: skip
            column[at] = values.sum(axis=0)

    def earliest(self) -> int:
        """The minute at which the oldest candle opens that is kept."""
        return max(0, self._newest - self._kept + 1) * self.length

    def candles(self, slot: int, first: int, last: int) -> Iterator[Candle]:
        """The candles of *slot* that open within the minutes [first, last]; there are such."""
        windows = np.arange(-(-first // self.length), min(last // self.length, self._newest) + 1)
        at = windows % self._kept
        columns = (self._open, self._high, self._low, self._close, self._lots, self._value, self._buy_lots,
                   self._buy_value, self._count)  # fmt: skip
        zeros = [0] * windows.size
        return map(Candle, (windows * self.length).tolist(), *(column[at, slot].tolist() for column in columns), zeros)
