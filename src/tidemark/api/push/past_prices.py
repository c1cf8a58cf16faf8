"""What every market cost an hour and a day ago, from the candles that are kept."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.api.push.reads import Columns, Reads
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR, MINUTE, SECOND

Array = npt.NDArray[Any]

DISTANCES = {"1h": HOUR, "24h": DAY}
# Candles of these say what was paid then, the finest that has one: at most a twelfth of the distance too early.
_SAY = {
    "1h": (Timeframe.M5, Timeframe.M1),
    "24h": (Timeframe.H1, Timeframe.M15, Timeframe.M5, Timeframe.M1),
}
# Candles that were fetched or repaired meanwhile are noticed this late.
_REFRESH_NS = 5 * SECOND
_OWNER = "push/past prices"
_LAYOUT: Layout = dict.fromkeys(DISTANCES, (np.float64, ()))


class PastPrices:
    """The price of each series as it was then, NaN where no candle says so. Memory: 16 bytes a series.

    It is the open of the candle that holds the minute before which the distance has passed, looked up when a minute
    closes, and every five seconds besides.
    """

    def __init__(self, reads: Reads, *, series: int, ledger: Ledger) -> None:
        table = Table(_OWNER, slots=series, columns=_LAYOUT)
        ledger.open(table)
        self._columns = table.columns
        self._time = reads.engine.candles.time
        self._series = np.arange(series)
        self._ticks = Columns(reads.ledger, "candles/series")
        self._rings = {
            timeframe: Columns(reads.ledger, f"candles/{timeframe.value}")
            for timeframe in reads.engine.candles.timeframes
        }
        self._looked_ns = 0
        self._minute = -1

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(_OWNER, slots=series, columns=_LAYOUT)]

    def of(self, name: str, now_ns: int) -> Array:
        """Those of one of DISTANCES as of *now_ns* of our clock: float64 (series,), a view."""
        minute = self._time.now_ns // MINUTE
        if minute != self._minute or not self._looked_ns <= now_ns < self._looked_ns + _REFRESH_NS:
            self._minute, self._looked_ns = minute, now_ns
            for one, distance in DISTANCES.items():
                self._columns[one][:] = self._opens(_SAY[one], minute * MINUTE - distance)
        return self._columns[name]

    def forget(self) -> None:
        """Another market has a slot: all is looked up anew."""
        self._minute = -1

    def _opens(self, timeframes: tuple[Timeframe, ...], then_ns: int) -> Array:
        found: Array = np.full(len(self._series), np.nan)
        for timeframe in timeframes:
            if timeframe in self._rings and then_ns > 0:
                opened = self._open_of(self._rings[timeframe], then_ns // timeframe.ns)
                found = np.where(np.isnan(opened), found, opened)
        return found

    def _open_of(self, ring: Columns, bucket: int) -> Array:
        columns, head = ring.now, ring.head
        rows = columns["marks"].shape[1]
        at = bucket % rows
        is_there = (head >= bucket) & (head - rows < bucket) & ((columns["marks"][:, at] & 7) > 0)
        per_unit = self._ticks.now["ticks_per_unit"]
        is_there &= (columns["open"][:, at] > 0) & (per_unit > 0)
        price: Array = np.divide(columns["open"][:, at], per_unit, out=np.full(len(head), np.nan), where=is_there)
        return price
