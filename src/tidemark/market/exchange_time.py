"""The exchange's time, as far as trades, ticks and its own word tell it, and which candle is the oldest open one."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Columns of the clock, as in kernels.candles.
_WATERMARK, _TOLD, _SAMPLES, _FRONTIER = 0, 1, 3, 4
_MEASUREMENTS = 64
# The exchange's own words that the skew is taken from: the one that travelled fastest counts.
_WORDS = 8
# So much two clocks may drift apart while eight words are told.
_DRIFT_NS = 20_000_000
# The round trip of a word that does not say how long it took.
_UNSTATED_NS = 1_000_000_000


class ExchangeTime:
    """Moved by the candle kernel with every trade, and by ticks when nobody trades.

    A bucket is a time divided by *step_ns*, the shortest timeframe. `clock` and `offsets` are handed to the kernel:
    int64 of shape (5,), columns above, and the latest 64 differences of exchange time and ours.
    """

    def __init__(self, step_ns: int, grace_ns: int) -> None:
        self.clock: Array = np.zeros(5, np.int64)
        self.clock[_FRONTIER] = -1
        self.offsets: Array = np.zeros(_MEASUREMENTS, np.int64)
        self._step_ns = step_ns
        self._words: Array = np.zeros((_WORDS, 2), np.int64)
        self._told = 0
        # What is taken for the distance until it is measured again, after our clock was set.
        self._assumed_ns = 0
        self._grace_ns = grace_ns

    @property
    def offset_ns(self) -> int:
        """The exchange's time minus ours: the median of the latest 64 measurements, 0 before the first."""
        samples = min(int(self.clock[_SAMPLES]), _MEASUREMENTS)
        return int(np.median(self.offsets[:samples])) if samples else self._assumed_ns

    @property
    def skew_ns(self) -> int | None:
        """The exchange's clock minus ours by its own word, else by its trades; None before either.

        Trades come late by the way that they travel; its word does not: that of the latest eight counts whose round
        trip was the shortest, of those that the newest does not belie.
        """
        if self._told:
            return int(self._words[self._fastest(), 0])
        return self.offset_ns if self.measurements else None

    @property
    def skew_error_ns(self) -> int | None:
        """How far the skew may be off to either side, half a round trip; None without a word of the exchange."""
        return int(self._words[self._fastest(), 1]) // 2 if self._told else None

    @property
    def measurements(self) -> int:
        """How often the distance was measured."""
        return int(self.clock[_SAMPLES])

    @property
    def now_ns(self) -> int:
        """The exchange's time as far as it is known, 0 before anything is."""
        return int(max(self.clock[_WATERMARK], self.clock[_TOLD]))

    @property
    def frontier(self) -> int:
        """The oldest open bucket, -1 before there is one."""
        return int(self.clock[_FRONTIER])

    @frontier.setter
    def frontier(self, bucket: int) -> None:
        self.clock[_FRONTIER] = bucket

    @property
    def frontier_ns(self) -> int:
        """Where the oldest open bucket begins."""
        return self.frontier * self._step_ns

    def observe(self, difference_ns: int, round_trip_ns: int | None = None) -> None:
        """Take the exchange's own word for its time minus ours, and how long it took to get it."""
        self.offsets[self.measurements % _MEASUREMENTS] = difference_ns
        self.clock[_SAMPLES] += 1
        self._words[self._told % _WORDS] = difference_ns, _UNSTATED_NS if round_trip_ns is None else round_trip_ns
        self._told += 1

    def shift(self, step_ns: int) -> None:
        """Our clock was set, and reads *step_ns* more: the distance is less by that, until it is measured again.

        The exchange's time itself stands: no candle closes sooner or later for it.
        """
        self._assumed_ns = self.offset_ns - step_ns
        self.clock[_SAMPLES] = 0
        self._told = 0

    def _fastest(self) -> int:
        """The word that was on its way for the shortest time and holds together with the newest one.

        The distance lies within half a round trip of each word. Where two do not overlap, a clock was set between them.
        """
        words = self._words[: min(self._told, _WORDS)]
        newest = self._words[(self._told - 1) % _WORDS]
        belied = np.abs(words[:, 0] - newest[0]) > (words[:, 1] + newest[1]) // 2 + _DRIFT_NS
        return int(np.argmin(np.where(belied, np.iinfo(np.int64).max, words[:, 1])))

    def tell(self, ts_recv: int) -> bool:
        """Let time pass to *ts_recv* of our clock; False when that is no news."""
        told = ts_recv + self.offset_ns
        if told <= self.clock[_TOLD]:
            return False
        self.clock[_TOLD] = told
        return True

    def reached(self, ns: int) -> int:
        """The bucket that is the oldest open one at *ns* of the exchange's time: the grace of all before has passed."""
        return (ns - self._grace_ns) // self._step_ns
