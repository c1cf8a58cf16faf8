"""Candles of every series, in every timeframe, built from trades in event time.

The finest timeframe is built from trades; each longer one from the candles of the one before it, when they close. All
series close a candle at the same moment: when the exchange's time has passed its end and the grace for late prints. A
print that comes later still revises the closed candle. A feed that was dead is a hole, never a filled candle.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tidemark.kernels import candles as kernel
from tidemark.kernels import close as closing
from tidemark.kernels import taint as tainting
from tidemark.kernels.columns import TradeColumns
from tidemark.market.closed import CandleCounters, Closed, Mismatched, Revised
from tidemark.market.confirm import Confirm, Market, Spans
from tidemark.market.exchange_time import ExchangeTime
from tidemark.market.level import CLOSE, FLAGS, LIVE, OPEN, ROW, TAINTED, Array, Level, as_candles, open_candle
from tidemark.market.rebuild import Change
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.candle import Candle, Origin
from tidemark.model.events import Klines, Trades
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE

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
_LATE: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "late": (np.int32, ()),
    "taken": (np.uint8, ()),
    "slots": (np.int32, ()),
    "buckets": (np.int64, ()),
}
_PRICES = frozenset({"open", "high", "low", "close"})
# A jump of the exchange's time over more base candles than this is not walked candle by candle.
_WALKED = 5_000
# The edges of a gap are known by our clock, through the exchange's measured distance; this much is doubted around them.
_PAD_NS = 500 * MILLISECOND


_Kind = TypeVar("_Kind", bound=Closed)


class Candles:
    """The candles of *series* slots.

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
        self._scratch = Table("candles/late", slots=largest, columns=_LATE)
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
        reservations.append(Table.reserve("candles/late", slots=largest, columns=_LATE))
        reservations += Confirm.reserve(series=series, retention=retention)
        return reservations

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """From short to long."""
        return tuple(level.timeframe for level in self._levels)

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

    def apply(self, trades: TradeColumns, fresh: Array) -> list[Closed]:
        """Take the trades marked in *fresh*; give what closed or changed (`Revised`), in order.

        Trades that are refused are taken off *fresh*. The exchange's time moves with them, so that a candle closes
        before the first trade that shows it to be over.
        """
        outputs: list[Closed] = []
        late = self._scratch.columns["late"]
        slot, ts_event, ts_recv, _, sequence, price, size, is_buy = trades.arrays
        position, count = 0, trades.count
        while True:
            position, lates = kernel.apply(
                slot, ts_event, ts_recv, sequence, price, size, is_buy, fresh, position, count, self._base.ns,
                self._grace_ns, self._ticks_per_unit, self._base.state, self._base.sums, self.time.clock,
                self.time.offsets, late, self._suspect, self._counters,
            )  # fmt: skip
            if lates:
                outputs.extend(self._revise(trades, lates))
            if position >= count:
                return outputs
            outputs.extend(self._close_until(self.time.reached(self.time.now_ns)))

    def advance(self, ts_recv: int) -> list[Closed]:
        """Let time pass to *ts_recv* of our clock; give what closed."""
        if not self.time.tell(ts_recv):
            return []
        reached = self.time.reached(self.time.now_ns)
        if self.time.frontier < 0:
            self.time.frontier = reached
        return self._close_until(reached)

    def open_gap(self, slots: Array, since: int | None) -> list[Revised]:
        """Nothing arrives for *slots* (int32) any more, since *since* of our clock (None: for as long as we know)."""
        self._dead[slots] = 1
        self._dead_since[slots] = 0
        if since is None:
            return []
        start = since + self.time.offset_ns - _PAD_NS
        self._dead_since[slots] = start
        return list(self._taint(slots, start, max(self.time.now_ns, start) + 2 * _PAD_NS))

    def close_gap(self, slots: Array, since: int | None, until: int) -> list[Closed]:
        """The feed of *slots* (int32) is whole again from *until* of our clock on; the gap began at *since*.

        What was over by then closes first, as not seen: the first tick or trade may come later than this.
        """
        reached = self.time.reached(until + self.time.offset_ns)
        if self.time.frontier < 0:
            self.time.frontier = reached
        outputs = self._close_until(reached)
        end = until + self.time.offset_ns + _PAD_NS
        self._dead[slots] = 0
        self._last_close[slots] = 0
        self._alive_since[slots] = end
        outputs.extend(self._taint(slots, end - 1 if since is None else since + self.time.offset_ns - _PAD_NS, end - 1))
        return outputs

    def confirm(self, slot: int, klines: Klines, lot_size: float, gaps: Spans = ()) -> list[Revised | Mismatched]:
        """Meet the exchange's own closed candles: what we lack is taken, what differs gives way; see `Confirm`.

        gaps: when the feed of *slot* was not seen, by the exchange's time; candles written there count as repaired. At
        a cold start the exchange's candles may come before anything has closed.
        """
        if self.time.frontier < 0:
            self.time.frontier = self.time.reached(klines.ts_recv + self.time.offset_ns)
        market = self._market(slot, lot_size, gaps)
        changes, mismatched = self.confirmed.klines(slot, klines, market, self.time.frontier_ns)
        self._believe(slot, klines.timeframe)
        outputs: list[Revised | Mismatched] = list(self._announce(slot, changes))
        if mismatched is not None:
            outputs.append(mismatched)
        return outputs

    def complete(self, slot: int, trades: Trades, lot_size: float, gaps: Spans = ()) -> list[Revised]:
        """Take trades that were fetched after a gap: candles that lie within them whole are built anew from them."""
        if self.time.frontier < 0:
            return []
        market = self._market(slot, lot_size, gaps)
        return list(self._announce(slot, self.confirmed.trades(slot, trades, market, self.time.frontier_ns)))

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

    def _market(self, slot: int, lot_size: float, gaps: Spans) -> Market:
        return Market(
            tick_size=float(self._tick_size[slot]),
            ticks_per_unit=float(self._ticks_per_unit[slot]),
            lot_size=lot_size,
            gaps=gaps,
        )

    def _believe(self, slot: int, timeframe: Timeframe) -> None:
        """The newest candle of the exchange tells the price that holds, where no trade came since the feed is whole."""
        level = next((level for level in self._levels if level.timeframe is timeframe), None)
        if level is None or self._last_close[slot] or self._dead[slot]:
            return
        newest = self.time.frontier_ns // level.ns - 1
        mark = int(level.columns[-1][slot, newest % level.ring.rows]) & 7
        if int(level.ring.head[slot]) == newest and mark in {Origin.EXCHANGE, Origin.REPAIRED, Origin.TRADES}:
            ends = (newest + 1) * level.ns
            if self._alive_since[slot] <= ends:
                self._last_close[slot] = level.columns[3][slot, newest % level.ring.rows]

    def _announce(self, slot: int, changes: Sequence[Change]) -> Iterator[Revised]:
        for level, buckets in changes:
            self._revised += len(buckets)
            yield self._gather(Revised, level, np.full(len(buckets), slot, np.int32), buckets)

    def restore(
        self, timeframe: Timeframe, slots: Array, open_times: Array, tick_sizes: Array, rows: Mapping[str, Array]
    ) -> None:
        """Write closed candles that were kept elsewhere, as in `Closed`, at most one a slot; before the first trade."""
        level = self._level(timeframe)
        factor = tick_sizes / self._tick_size[slots]
        restated = {
            name: np.rint(column * factor).astype(np.int32) if name in _PRICES else column
            for name, column in rows.items()
        }
        level.put(slots, open_times // level.ns, restated)

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
        rows = level.ring.last(slot, count)
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

    def rows_kept(self, timeframe: Timeframe) -> int:
        """How many closed candles of *timeframe* a series keeps."""
        return self._level(timeframe).ring.rows

    def held(self, timeframe: Timeframe, slots: Sequence[int]) -> list[int]:
        """How many closed candles each of *slots* holds."""
        marks = self._level(timeframe).columns[-1]
        return [int(np.count_nonzero(marks[slot] & 7)) for slot in slots]

    def _level(self, timeframe: Timeframe) -> Level:
        for level in self._levels:
            if level.timeframe is timeframe:
                return level
        raise KeyError(timeframe.value)

    def _close_until(self, frontier: int) -> list[Closed]:
        outputs: list[Closed] = []
        if frontier - self.time.frontier > _WALKED:
            outputs.extend(self._jump(frontier))
        while self.time.frontier < frontier:
            outputs.extend(self._close_next())
        return outputs

    def _close_next(self) -> list[Closed]:
        """Close the oldest open candle of the base timeframe, and each longer one that ends with it."""
        bucket = self.time.frontier
        self.time.frontier = bucket + 1
        outputs: list[Closed] = []
        for index, level in enumerate(self._levels):
            outputs.extend(self._close_bucket(index, bucket))
            if index + 1 == len(self._levels) or (bucket + 1) * level.ns % self._levels[index + 1].ns:
                break
            bucket = bucket * level.ns // self._levels[index + 1].ns
        return outputs

    def _close_bucket(self, index: int, bucket: int) -> list[Closed]:
        level = self._levels[index]
        parent = self._levels[index + 1] if index + 1 < len(self._levels) else level
        parent_bucket = -1 if parent is level else bucket * level.ns // parent.ns
        present = closing.close_bucket(
            bucket, level.ns, self._active, self._dead, self._dead_since, self._alive_since, self._last_close,
            level.state, level.sums, level.ring.head, *level.columns, index == 0, parent_bucket,
            parent.state, parent.sums,
        )  # fmt: skip
        if not present:
            return []
        marks: Array = level.columns[-1][:, bucket % level.ring.rows]
        slots = np.flatnonzero(self._active & ((marks & 7) > 0)).astype(np.int32)
        return [self._gather(Closed, level, slots, np.full(len(slots), bucket, np.int64))]

    def _gather(self, kind: type[_Kind], level: Level, slots: Array, buckets: Array) -> _Kind:
        """Copies of the rows of *slots* at *buckets*."""
        at = buckets % level.ring.rows
        return kind(
            timeframe=level.timeframe,
            slots=slots,
            open_times=buckets * level.ns,
            tick_sizes=self._tick_size[slots],
            rows={name: column[slots, at] for name, column in zip(ROW, level.columns, strict=True)},
        )

    def _jump(self, frontier: int) -> list[Closed]:
        """Go on at *frontier* after a hole too long to walk: what was open closes as not seen whole."""
        outputs: list[Closed] = []
        dead, dead_since = self._dead.copy(), self._dead_since.copy()
        self._dead[:] = 1
        self._dead_since[:] = self.time.frontier_ns
        for _ in range(LIVE):
            outputs.extend(self._close_next())
        self._dead[:], self._dead_since[:] = dead, dead_since
        at, to = self.time.frontier_ns, frontier * self._base.ns
        for index, level in enumerate(self._levels[1:], start=1):
            if at // level.ns < to // level.ns:
                level.state[:, :, FLAGS] |= TAINTED
                outputs.extend(self._close_bucket(index, at // level.ns))
        self.time.frontier = frontier
        slots = np.flatnonzero(self._active).astype(np.int32)
        outputs.extend(self._taint(slots, to, to))
        return outputs

    def _revise(self, trades: TradeColumns, lates: int) -> list[Revised]:
        slot, ts_event, _, _, sequence, price, size, is_buy = trades.arrays
        late, taken, slots, buckets = (self._scratch.columns[name] for name in _LATE)
        taken[:lates] = 0
        outputs = []
        at = self.time.frontier_ns
        for level in self._levels:
            last_close = self._last_close if level is self._base else self._unused
            revised, too_late, settled = kernel.revise(
                slot, ts_event, sequence, price, size, is_buy, late, lates, level.ns, at // level.ns,
                self._ticks_per_unit, level.state, level.sums, level.ring.head, *level.columns, last_close,
                taken, slots, buckets,
            )  # fmt: skip
            if level.ns < MINUTE:
                # What of these the exchange has in its shortest candles is known only there.
                taken[:lates] = 0
            self._too_late += too_late
            self._settled += settled
            self._revised += revised
            if revised:
                outputs.append(self._gather(Revised, level, slots[:revised].copy(), buckets[:revised].copy()))
        return outputs

    def _taint(self, slots: Array, first_ns: int, last_ns: int) -> Iterator[Revised]:
        """Mark the candles of *slots* in these times as not seen whole; give the closed ones that this changed."""
        at = self.time.frontier_ns
        _, _, changed_slots, changed_buckets = (self._scratch.columns[name] for name in _LATE)
        for level in self._levels:
            frontier = at // level.ns
            first, last = max(first_ns // level.ns, frontier - level.ring.rows), last_ns // level.ns
            # The kernel lists what it changed without asking for room: so many candles at a time, of so many series.
            run = min(max(1, last - first + 1), len(changed_slots))
            step = len(changed_slots) // run
            for some in (slots[start : start + step] for start in range(0, len(slots), step)):
                for begin in range(first, last + 1, run):
                    changed = tainting.taint(
                        some, begin, min(begin + run - 1, last), frontier, level.state, level.sums,
                        level.ring.head, level.columns[-1], level is self._base, changed_slots, changed_buckets,
                    )  # fmt: skip
                    if changed:
                        self._revised += changed
                        yield self._gather(
                            Revised, level, changed_slots[:changed].copy(), changed_buckets[:changed].copy()
                        )


def _ticks_per_unit(tick_size: float) -> float:
    """One over the tick, a whole number where it is meant to be one: 0.1 gives 10 exactly, so that prices come back."""
    inverse = 1.0 / tick_size
    return float(round(inverse)) if abs(inverse - round(inverse)) < 1e-6 * inverse else inverse
