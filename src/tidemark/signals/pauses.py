"""The 10-second candles that quiet pauses are found in: each against those BEFORE it.

A candle is compared with the 20 volumes, 30 ranges and the close 50 candles before it, itself left out; the window has
no hole, else it begins again. The average true range is Wilder's of 20 candles as a share of the typical price, and
`pause_natr_rank` the share of a day's values, one in five minutes, that were below it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

Array = npt.NDArray[Any]

TIMEFRAME = Timeframe.S10
VOLUMES, RANGES, BACK, PERIOD = 20, 30, 50, 20
# Normalised true ranges of a day, one of each 30 candles, and from how many of them on a rank is known.
DAY_POINTS, EVERY, LEAST_POINTS = 288, 30, 12
PERCENTILE = 0.05
# A candle speaks until so long after its close.
LIFE_NS = 30 * SECOND
GIVES = (
    "pause_volume",
    "pause_volume_p5",
    "pause_range",
    "pause_range_p5",
    "pause_natr",
    "pause_natr_rank",
    "pause_growth",
    "pause_whole",
)
OWNER = "signals/pauses"
# By origin, of which there are at most eight: neither filled nor seen in part.
_IS_SOUND = np.isin(np.arange(8), (Origin.TRADES, Origin.EXCHANGE, Origin.REPAIRED))
_COLUMNS: Layout = {
    "bucket": (np.int64, ()),
    "run": (np.int32, ()),
    "whole": (np.int32, ()),
    "close": (np.float64, (BACK + 1,)),
    "volume": (np.float32, (VOLUMES,)),
    "range": (np.float64, (RANGES,)),
    "true_range": (np.float64, ()),
    "seen": (np.int32, ()),
    "day": (np.float32, (DAY_POINTS,)),
    "points": (np.int32, ()),
    "told": (np.float64, (len(GIVES),)),
    "is_told": (np.uint8, ()),
}


class Pauses:
    """The windows of *rows* series. Memory: 2.0 KB a row."""

    def __init__(self, *, rows: int, ledger: Ledger) -> None:
        self._table = Table(OWNER, slots=rows, columns=_COLUMNS)
        ledger.open(self._table)

    @staticmethod
    def reserve(*, rows: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(OWNER, slots=rows, columns=_COLUMNS)]

    def close(self, closed: Closed) -> None:
        """Take 10-second candles that closed together; what is changed later is not looked at again."""
        ticks = closed.tick_sizes
        high, low, close = (
            np.multiply(closed.rows[name], ticks, dtype=np.float64) for name in ("high", "low", "close")
        )
        origin = closed.rows["marks"] & 7
        there = (origin != Origin.ABSENT) & (close > 0.0)
        self._take(
            closed.slots[there], closed.open_times[there] // TIMEFRAME.ns, high[there], low[there], close[there],
            closed.rows["volume"][there], _IS_SOUND[origin[there]],
        )  # fmt: skip

    def read(self, now_ns: int) -> tuple[dict[str, Column], Array]:
        """The columns at *now_ns* of the exchange's clock, and how old the candle of each is (ns)."""
        kept = self._table.columns
        age = now_ns - (kept["bucket"] + 1) * TIMEFRAME.ns
        known = (kept["is_told"] > 0) & (age <= LIFE_NS)
        return {name: Column(kept["told"][:, at].copy(), known) for at, name in enumerate(GIVES)}, age

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return dict(self._table.columns)

    def _take(
        self, rows: Array, buckets: Array, high: Array, low: Array, close: Array, volume: Array, is_sound: Array
    ) -> None:
        kept = self._table.columns
        follows = kept["bucket"][rows] == buckets - 1
        is_later = buckets > kept["bucket"][rows]
        run = np.where(follows, kept["run"][rows], 0)
        whole = np.where(follows, kept["whole"][rows], 0)
        before = kept["close"][rows, (buckets - 1) % (BACK + 1)]
        back = kept["close"][rows, (buckets - BACK) % (BACK + 1)]
        average, seen = _wilder(kept["true_range"][rows], kept["seen"][rows], high, low, before, run > 0)
        natr = 100.0 * average * 3.0 / (high + low + close)
        points = kept["points"][rows]
        is_point = np.arange(DAY_POINTS) < points[:, None]
        below = ((kept["day"][rows] < natr.astype(np.float32)[:, None]) & is_point).sum(axis=1)
        figures = (
            volume.astype(np.float64),
            percentile(kept["volume"][rows]),
            high - low,
            percentile(kept["range"][rows]),
            natr,
            below / np.maximum(points, 1),
            np.where(back > 0.0, 100.0 * (close / np.where(back > 0.0, back, 1.0) - 1.0), 0.0),
            np.where(is_sound, whole + 1, 0),
        )
        told = (run >= BACK) & (seen >= PERIOD) & (points >= LEAST_POINTS)
        some = np.flatnonzero(is_later)
        at, bucket = rows[some], buckets[some]
        kept["told"][at], kept["is_told"][at] = np.stack(figures, axis=1)[some], told[some]
        kept["bucket"][at] = bucket
        kept["run"][at], kept["whole"][at] = run[some] + 1, np.where(is_sound, whole + 1, 0)[some]
        kept["true_range"][at], kept["seen"][at] = average[some], seen[some]
        kept["close"][at, bucket % (BACK + 1)] = close[some]
        kept["volume"][at, bucket % VOLUMES] = volume[some]
        kept["range"][at, bucket % RANGES] = (high - low)[some]
        due = some[(buckets[some] % EVERY == 0) & (seen[some] >= PERIOD)]
        kept["day"][rows[due], kept["points"][rows[due]] % DAY_POINTS] = natr[due]
        kept["points"][rows[due]] += 1
        # Twice a day's points stand for "full" and go on round, so that the count never overflows.
        full = rows[due][kept["points"][rows[due]] >= 2 * DAY_POINTS]
        kept["points"][full] -= DAY_POINTS


def percentile(window: Array) -> Array:
    """The 5th percentile of each row, linear between ranks, float64 (n,).

    >>> percentile(np.arange(20.0)[None, ::-1]).round(2)
    array([0.95])
    """
    rank = PERCENTILE * (window.shape[1] - 1)
    first = int(rank)
    part = np.partition(window, (first, first + 1), axis=1).astype(np.float64)
    low, high = part[:, first], part[:, first + 1]
    between: Array = low + (rank - first) * (high - low)
    return between


def _wilder(average: Array, seen: Array, high: Array, low: Array, before: Array, follows: Array) -> tuple[Array, Array]:
    """The average true range with one more candle, and how many it is of; the first after a hole has none."""
    top, bottom = np.maximum(high, before), np.minimum(low, before)
    count = np.minimum(seen + 1, PERIOD)
    moved = average + (top - bottom - average) / count
    return np.where(follows, moved, average), np.where(follows, count, seen)
