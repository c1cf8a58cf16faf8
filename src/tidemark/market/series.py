"""The state of the candles of every series: their rings, their ticks, and whoever reads them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tidemark.market.closed import CandleCounters
from tidemark.market.confirm import Confirm
from tidemark.market.exchange_time import ExchangeTime
from tidemark.market.level import CLOSE, OPEN, Array, Level, as_candles, open_candle
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.candle import Candle, Origin
from tidemark.model.timeframe import Timeframe

_SERIES: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "active": (np.uint8, ()),
    "dead": (np.uint8, ()),
    "suspect": (np.uint8, ()),
    "dead_since": (np.int64, ()),
    "alive_since": (np.int64, ()),
    "last_close": (np.int64, ()),
    "unused": (np.int64, ()),
    "tick_size": (np.float64, ()),
    "ticks_per_unit": (np.float64, ()),
}
LATE: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "late": (np.int32, ()),
    "taken": (np.uint8, ()),
    "slots": (np.int32, ()),
    "buckets": (np.int64, ()),
}
_PRICES = frozenset({"open", "high", "low", "close"})


class Series:
    """The candles of *series* slots, as they are; `market.candles` is what moves them.

    retention: rows kept per timeframe, from short to long; each timeframe is a multiple of the one before it.
    grace_ns: how long after its end a candle waits for late prints.
    largest: how many trades one call of `apply` may bring.
    opens_at_close: the exchange's candles open at the close before them, not at their first trade.
    Memory: 32 bytes a row, 448 bytes a series and timeframe, 21 bytes a trade of `largest`, and what `Confirm` takes;
    all allocated here.
    """

    def __init__(
        self,
        *,
        series: int,
        retention: Mapping[Timeframe, int],
        grace_ns: int,
        largest: int,
        ledger: Ledger,
        opens_at_close: bool = False,
    ) -> None:
        self._levels = [Level(timeframe, series, rows, ledger) for timeframe, rows in retention.items()]
        self._base = self._levels[0]
        self._table = Table("candles/series", slots=series, columns=_SERIES)
        self._scratch = Table("candles/late", slots=largest, columns=LATE)
        ledger.open(self._table)
        ledger.open(self._scratch)
        columns = self._table.columns
        self._active: Array = columns["active"]
        self._dead: Array = columns["dead"]
        self._suspect: Array = columns["suspect"]
        self._dead_since: Array = columns["dead_since"]
        self._alive_since: Array = columns["alive_since"]
        self._last_close: Array = columns["last_close"]
        self._tick_size: Array = columns["tick_size"]
        self._ticks_per_unit: Array = columns["ticks_per_unit"]
        self._unused: Array = columns["unused"]
        self._grace_ns = grace_ns
        self.time = ExchangeTime(self._base.ns, grace_ns)
        self._counters: Array = np.zeros(5, np.int64)
        self.confirmed = Confirm(self._levels, series, opens_at_close=opens_at_close, ledger=ledger)
        self._too_late = 0
        self._settled = 0
        self._revised = 0

    @staticmethod
    def reserve(*, series: int, retention: Mapping[Timeframe, int], largest: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        reservations = [
            reservation
            for timeframe, rows in retention.items()
            for reservation in Level.reserve(timeframe, series, rows)
        ]
        reservations.append(Table.reserve("candles/series", slots=series, columns=_SERIES))
        reservations.append(Table.reserve("candles/late", slots=largest, columns=LATE))
        reservations += Confirm.reserve(series=series, retention=retention)
        return reservations

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """From short to long."""
        return tuple(level.timeframe for level in self._levels)

    @property
    def shed_timeframes(self) -> tuple[Timeframe, ...]:
        """Those whose closed candles are not kept at the moment, because of memory pressure."""
        return tuple(level.timeframe for level in self._levels if level.is_shed)

    def shed(self, timeframe: Timeframe, *, is_shed: bool) -> None:
        """Keep no closed candles of *timeframe* from now on, or keep them again; KeyError without it.

        They close and are given as before; `rows`, `closed` and `held` know of none meanwhile. What is kept again
        begins with the newest few, which could still change: the rest has to be fetched.
        """
        level = self._level(timeframe)
        if level.is_shed is not is_shed:
            level.shed(is_shed=is_shed)

    def capacity(self, timeframe: Timeframe) -> int:
        """Closed candles that are kept of each slot; 0 while they are given up."""
        level = self._level(timeframe)
        return 0 if level.is_shed else level.ring.rows

    def alive_since(self, slot: int) -> int | None:
        """Since when the feed of *slot* is whole, in the exchange's time (ns); None while it is not."""
        if self._dead[slot] or not self._active[slot]:
            return None
        return int(self._alive_since[slot])

    @property
    def counters(self) -> CandleCounters:
        """What happened so far."""
        applied, late, from_future, off_tick, too_large = self._counters.tolist()
        return CandleCounters(
            applied=applied,
            late=late,
            from_future=from_future,
            off_tick=off_tick,
            too_large=too_large,
            too_late=self._too_late,
            settled=self._settled,
            revised=self._revised,
        )

    def join(self, slot: int, tick_size: float) -> None:
        """Give *slot* to a new series, empty, in a gap until its feed is confirmed."""
        self.leave(slot)
        self._active[slot] = 1
        self._dead[slot] = 1
        self._tick_size[slot] = tick_size
        self._ticks_per_unit[slot] = _ticks_per_unit(tick_size)

    def leave(self, slot: int) -> None:
        """Empty *slot*."""
        for level in self._levels:
            level.clear(slot)
        self._table.clear(slot)
        self.confirmed.clear(slot)

    def tick_size(self, slot: int) -> float:
        """The price of one tick of *slot*, in quote currency."""
        return float(self._tick_size[slot])

    def retick(self, slot: int, tick_size: float) -> None:
        """Restate every price of *slot* in a changed tick; exact when the old tick is a multiple of the new one."""
        factor = float(self._tick_size[slot]) / tick_size
        for level in self._levels:
            for name in _PRICES:
                prices = level.ring.columns[name][slot]
                prices[:] = np.minimum(np.rint(prices * factor), np.iinfo(np.int32).max).astype(np.int32)
            prices = level.state[slot, :, OPEN : CLOSE + 1]
            prices[:] = np.rint(prices * factor).astype(np.int64)
        self._last_close[slot] = round(float(self._last_close[slot]) * factor)
        self._tick_size[slot] = tick_size
        self._ticks_per_unit[slot] = _ticks_per_unit(tick_size)

    def take_suspects(self) -> list[int]:
        """The slots whose prices did not fit their tick since the last call."""
        slots: list[int] = np.flatnonzero(self._suspect).tolist()
        self._suspect[:] = 0
        return slots

    def flawed(self, slot: int, timeframe: Timeframe, since: int, until: int) -> Array:
        """The open times (ns) of the closed candles that overlap [*since*, *until*) and are absent or partial.

        By the exchange's time; candles older than the ring are left out.
        """
        level = self._level(timeframe)
        first = max(since // level.ns, self.time.frontier_ns // level.ns - level.ring.rows)
        buckets = np.arange(first, min(-(-until // level.ns), self.time.frontier_ns // level.ns))
        origin = level.columns[-1][slot, buckets % level.ring.rows] & 7
        origin[(buckets > level.ring.head[slot]) | (buckets <= level.ring.head[slot] - level.ring.rows)] = 0
        opened: Array = buckets[(origin == Origin.ABSENT) | (origin == Origin.PARTIAL)] * level.ns
        return opened

    def restore(
        self, timeframe: Timeframe, slots: Array, open_times: Array, tick_sizes: Array, rows: Mapping[str, Array]
    ) -> None:
        """Write closed candles that were kept elsewhere, as in `Closed`, any number a slot; before the first trade."""
        level = self._level(timeframe)
        factor = tick_sizes / self._tick_size[slots]
        restated = {
            name: np.rint(column * factor).astype(np.int32) if name in _PRICES else column
            for name, column in rows.items()
        }
        level.put_series(slots, open_times // level.ns, restated)

    def resume(self) -> None:
        """Go on behind the restored candles: the open ones are put together from their closed parts."""
        newest = int(self._base.ring.head.max())
        if newest < 0:
            return
        self.time.frontier = newest + 1
        for child, level in pairwise(self._levels):
            level.resume(child, (newest + 1) * self._base.ns // child.ns)

    def rows(self, slot: int, timeframe: Timeframe, count: int) -> dict[str, Array]:
        """The newest *count* closed rows, oldest first, as copies: ROW's columns and `open_time` (ns).

        Absent rows are among them, with origin 0 in `marks`; their other columns mean nothing.
        """
        level = self._level(timeframe)
        rows = level.ring.last(slot, 0 if level.is_shed else count)
        held = len(rows["marks"])
        newest = int(level.ring.head[slot])
        rows["open_time"] = (np.arange(newest - held + 1, newest + 1, dtype=np.int64)) * level.ns
        return rows

    def closed(self, slot: int, timeframe: Timeframe, count: int) -> list[Candle]:
        """The newest closed candles, oldest first; absent ones are left out."""
        return as_candles(self.rows(slot, timeframe, count), float(self._ticks_per_unit[slot]))

    def provisional(self, slot: int, timeframe: Timeframe) -> Candle | None:
        """The candle that is open now, from the trades so far; None while it has none."""
        return open_candle(self._levels, slot, timeframe, self.time.frontier, float(self._ticks_per_unit[slot]))

    def newest(self, slot: int, timeframe: Timeframe) -> int | None:
        """The open time (ns) of the newest closed candle, present or absent; None before there is one."""
        level = self._level(timeframe)
        head = int(level.ring.head[slot])
        return None if head < 0 else head * level.ns

    def held(self, timeframe: Timeframe, slots: Sequence[int]) -> list[int]:
        """How many closed candles each of *slots* holds."""
        level = self._level(timeframe)
        if level.is_shed:
            return [0] * len(slots)
        marks = level.columns[-1]
        return [int(np.count_nonzero(marks[slot] & 7)) for slot in slots]

    def _level(self, timeframe: Timeframe) -> Level:
        for level in self._levels:
            if level.timeframe is timeframe:
                return level
        raise KeyError(timeframe.value)


def _ticks_per_unit(tick_size: float) -> float:
    """One over the tick, a whole number where it is meant to be one: 0.1 gives 10 exactly, so that prices come back."""
    inverse = 1.0 / tick_size
    return float(round(inverse)) if abs(inverse - round(inverse)) < 1e-6 * inverse else inverse
