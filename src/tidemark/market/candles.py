"""Candles of every series, in every timeframe, built from trades in event time.

The finest timeframe is built from trades; each longer one from the candles of the one before it, when they close. All
series close a candle at the same moment: when the exchange's time has passed its end and the grace for late prints. A
print that comes later still revises the closed candle. A feed that was dead is a hole, never a filled candle.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from tidemark.kernels import candles as kernel
from tidemark.kernels import close as closing
from tidemark.kernels import taint as tainting
from tidemark.kernels.columns import TradeColumns
from tidemark.market import given
from tidemark.market.closed import Closed, Mismatched, Revised
from tidemark.market.confirm import Market, Spans
from tidemark.market.doubt import wrong_sums
from tidemark.market.level import FLAGS, LIVE, ROW, TAINTED, Array, Level
from tidemark.market.rebuild import Change
from tidemark.market.series import LATE, Series
from tidemark.model.candle import Origin
from tidemark.model.candle_columns import CandleColumns
from tidemark.model.events import Klines, Trades
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE

# A jump of the exchange's time over more base candles than this is not walked candle by candle.
_WALKED = 5_000
# The edges of a gap are known by our clock, through the exchange's measured distance; this much is doubted around them.
PAD_NS = 500 * MILLISECOND
# No feed is heard that would tell a price for an interval without a candle.
_NEVER = np.iinfo(np.int64).max

_Kind = TypeVar("_Kind", bound=Closed)


class Candles(Series):
    """The candles of every series, moved by trades, by time, by gaps and by what the exchange says afterwards."""

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

    def take(self, candles: CandleColumns) -> list[Closed]:
        """Take closed candles of the shortest timeframe in the place of their trades; give what closed before them.

        They close with the time, as all others do. A series begins to be seen with its first one, and what comes of it
        is all there is: an interval without a candle has none.
        """
        outputs: list[Closed] = []
        times = candles.open_time[: candles.count]
        edges = np.flatnonzero(np.diff(times, prepend=-1)).tolist()
        for begin, end in zip(edges, [*edges[1:], candles.count], strict=True):
            bucket = int(times[begin]) // self._base.ns
            if self.time.frontier < 0:
                self.time.frontier = bucket
            outputs.extend(self._close_until(self.time.reached(int(times[begin]))))
            slots = candles.slot[begin:end]
            figures = {name: column[begin:end] for name, column in candles.figures.items()}
            if bucket < self.time.frontier:
                self._too_late += len(slots)
                continue
            fit = given.put(self._base, slots, bucket, figures, self._ticks_per_unit)
            self._dead[slots[fit]] = 0
            self._alive_since[slots[fit]] = _NEVER
            self._suspect[slots[~fit]] = 1
        return outputs

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
        start = since + self.time.offset_ns - PAD_NS
        self._dead_since[slots] = start
        return list(self._taint(slots, start, max(self.time.now_ns, start) + 2 * PAD_NS))

    def close_gap(self, slots: Array, since: int | None, until: int) -> list[Closed]:
        """The feed of *slots* (int32) is whole again from *until* of our clock on; the gap began at *since*.

        What was over by then closes first, as not seen: the first tick or trade may come later than this.
        """
        reached = self.time.reached(until + self.time.offset_ns)
        if self.time.frontier < 0:
            self.time.frontier = reached
        outputs = self._close_until(reached)
        end = until + self.time.offset_ns + PAD_NS
        self._dead[slots] = 0
        self._last_close[slots] = 0
        self._alive_since[slots] = end
        outputs.extend(self._taint(slots, end - 1 if since is None else since + self.time.offset_ns - PAD_NS, end - 1))
        return outputs

    def confirm(self, slot: int, klines: Klines, lot_size: float, gaps: Spans = ()) -> list[Revised | Mismatched]:
        """Meet the exchange's own closed candles: what we lack is taken, what differs gives way; see `Confirm`.

        gaps: when the feed of *slot* was not seen, by the exchange's time; candles written there count as repaired. At
        a cold start the exchange's candles may come before anything has closed.
        """
        if self.time.frontier < 0:
            self.time.frontier = self.time.reached(klines.ts_recv + self.time.offset_ns)
        if klines.timeframe in self.shed_timeframes:
            return []
        market = self._market(slot, lot_size, gaps)
        changes, mismatched = self.confirmed.klines(slot, klines, market, self.time.frontier_ns)
        outputs: list[Revised | Mismatched] = [
            *self._announce(slot, changes),
            *self._doubt(slot, changes),
            *self._believe(slot, klines.timeframe),
        ]
        if mismatched is not None:
            outputs.append(mismatched)
        return outputs

    def complete(self, slot: int, trades: Trades, lot_size: float, gaps: Spans = ()) -> list[Revised]:
        """Take trades that were fetched after a gap: candles that lie within them whole are built anew from them."""
        if self.time.frontier < 0:
            return []
        market = self._market(slot, lot_size, gaps)
        changes = self.confirmed.trades(slot, trades, market, self.time.frontier_ns)
        return [*self._announce(slot, changes), *self._doubt(slot, changes)]

    def since(self, timeframe: Timeframe, since_ns: int) -> Iterator[Revised]:
        """The closed candles of every series from *since_ns* on as they are now, one open time after the other.

        Absent ones are among them. Nothing while they are given up.
        """
        level = self._level(timeframe)
        if level.is_shed:
            return
        end = self.time.frontier_ns // level.ns
        for bucket in range(max(since_ns // level.ns, end - level.ring.rows), end):
            head = level.ring.head
            held = (self._active == 1) & (head >= bucket) & (head - level.ring.rows < bucket)
            slots = np.flatnonzero(held).astype(np.int32)
            if len(slots):
                yield self._gather(Revised, level, slots, np.full(len(slots), bucket, np.int64))

    def _market(self, slot: int, lot_size: float, gaps: Spans) -> Market:
        return Market(
            tick_size=float(self._tick_size[slot]),
            ticks_per_unit=float(self._ticks_per_unit[slot]),
            lot_size=lot_size,
            gaps=gaps,
        )

    def _doubt(self, slot: int, changes: Sequence[Change]) -> Iterator[Revised]:
        """Mark the shorter candles as not seen whole that do not add up to the exchange's minute."""
        for first_ns, last_ns in wrong_sums(self._levels, slot, changes, self.time.frontier_ns):
            finer = [level for level in self._levels if level.ns < MINUTE]
            yield from self._taint(np.array([slot], np.int32), first_ns, last_ns, finer)

    def _believe(self, slot: int, timeframe: Timeframe) -> list[Revised]:
        """The newest candle of the exchange tells the price that holds, where no trade came since the feed is whole.

        So it did since then: what closed meanwhile without a price is flat at this one. Gives that.
        """
        level = next((level for level in self._levels if level.timeframe is timeframe), None)
        if level is None or self._last_close[slot] or self._dead[slot]:
            return []
        newest = self.time.frontier_ns // level.ns - 1
        mark = int(level.columns[-1][slot, newest % level.ring.rows]) & 7
        if int(level.ring.head[slot]) == newest and mark in {Origin.EXCHANGE, Origin.REPAIRED, Origin.TRADES}:
            ends = (newest + 1) * level.ns
            if self._alive_since[slot] <= ends:
                self._last_close[slot] = level.columns[3][slot, newest % level.ring.rows]
                since_ns, close = int(self._alive_since[slot]), int(self._last_close[slot])
                return list(self._announce(slot, self.confirmed.flat(slot, since_ns, close, self.time.frontier_ns)))
        return []

    def _announce(self, slot: int, changes: Sequence[Change]) -> Iterator[Revised]:
        for level, buckets in changes:
            yield self._gather(Revised, level, np.full(len(buckets), slot, np.int32), buckets)

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
        late, taken, slots, buckets = (self._scratch.columns[name] for name in LATE)
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

    def _taint(
        self, slots: Array, first_ns: int, last_ns: int, levels: Sequence[Level] | None = None
    ) -> Iterator[Revised]:
        """Mark the candles of *slots* in these times as not seen whole; give the closed ones that this changed.

        levels: of these timeframes alone.
        """
        at = self.time.frontier_ns
        _, _, changed_slots, changed_buckets = (self._scratch.columns[name] for name in LATE)
        for level in self._levels if levels is None else levels:
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
