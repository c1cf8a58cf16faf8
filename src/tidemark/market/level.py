"""One timeframe of candles: the ring of closed rows and the accumulators of open ones."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.ring import Ring
from tidemark.memory.table import Table
from tidemark.model.candle import Candle, Origin
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

# One compact row: four prices in ticks, three sums, one word of marks. 32 bytes.
ROW: dict[str, npt.DTypeLike] = {
    "open": np.int32,
    "high": np.int32,
    "low": np.int32,
    "close": np.int32,
    "volume": np.float32,
    "turnover": np.float32,
    "bought": np.float32,
    "marks": np.uint32,
}
# Buckets of one series that can still change exactly: two open ones (the grace overlaps) and two just closed.
LIVE = 4
_VOLUME = 4  # among the columns of ROW
_ACCUMULATORS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "state": (np.int64, (LIVE, 11)),
    "sums": (np.float64, (LIVE, 3)),
}
# Columns of an accumulator, as in kernels.candles.
BUCKET, OPEN, HIGH, LOW, CLOSE, TRADES, FIRST_TS, LAST_TS, FLAGS = 0, 1, 2, 3, 4, 5, 6, 8, 10
TAINTED, QUIET, UNTOLD, MENDED, CORRECTED = 1, 2, 4, 8, 16


class Level:
    """One timeframe: its ring of closed rows and its live accumulators."""

    def __init__(self, timeframe: Timeframe, series: int, rows: int, ledger: Ledger) -> None:
        name = f"candles/{timeframe.value}"
        self.timeframe = timeframe
        self.ns = timeframe.ns
        self.ring = Ring(name, series=series, rows=rows, columns=ROW)
        self.table = Table(f"{name}/open", slots=series, columns=_ACCUMULATORS)
        ledger.open(self.ring)
        ledger.open(self.table)
        self.state: Array = self.table.columns["state"]
        self.sums: Array = self.table.columns["sums"]
        self.state[:, :, BUCKET] = -1
        self.columns = self._columns()
        self._rows = rows
        # Whether its rows were given up because of memory pressure: candles close as ever, and are not kept.
        self.is_shed = False

    def shed(self, *, is_shed: bool) -> None:
        """Give the pages of the closed rows back to the system, but for the newest few; or take them again.

        What stays is what the kernels can still change, so that longer timeframes are built as before.
        """
        self.is_shed = is_shed
        self.ring.resize(min(LIVE, self._rows) if is_shed else self._rows)
        self.columns = self._columns()

    def _columns(self) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array]:
        """The ring's columns in the order of ROW, as the kernels take them."""
        opened, high, low, close, volume, turnover, bought, marks = (self.ring.columns[name] for name in ROW)
        return opened, high, low, close, volume, turnover, bought, marks

    def clear(self, slot: int) -> None:
        """Empty one series."""
        self.ring.clear(slot)
        self.table.clear(slot)
        self.state[slot, :, BUCKET] = -1

    def put(self, slots: Array, buckets: Array, rows: Mapping[str, Array]) -> None:
        """Write closed rows that were kept elsewhere: ROW's columns, at most one row a slot, slots and columns (n,)."""
        newest = self.ring.head[slots]
        held = buckets > newest - self.ring.rows
        for slot, bucket, head in zip(slots.tolist(), buckets.tolist(), newest.tolist(), strict=True):
            if 0 <= head < bucket - 1:
                skipped = np.arange(max(head + 1, bucket - self.ring.rows), bucket) % self.ring.rows
                self.columns[-1][slot, skipped] = 0
        at = buckets[held] % self.ring.rows
        for column, name in zip(self.columns, ROW, strict=True):
            column[slots[held], at] = rows[name][held]
        self.ring.head[slots] = np.maximum(newest, buckets)

    def put_series(self, slots: Array, buckets: Array, rows: Mapping[str, Array]) -> None:
        """Write closed rows as `put` does, any number of a slot and in any order; of one candle the last row counts."""
        if not len(slots):
            return
        order = np.lexsort((np.arange(len(slots)), buckets, slots))
        slots, buckets = slots[order], buckets[order]
        last = np.append((slots[1:] != slots[:-1]) | (buckets[1:] != buckets[:-1]), True)
        order, slots, buckets = order[last], slots[last], buckets[last]
        ends = np.flatnonzero(np.append(slots[1:] != slots[:-1], True))
        marks, length = self.columns[-1], self.ring.rows
        for slot, newest in zip(slots[ends].tolist(), buckets[ends].tolist(), strict=True):
            head = int(self.ring.head[slot])
            if 0 <= head < newest:
                # What lay between them was not written: a hole, until a row below says otherwise.
                marks[slot, np.arange(max(head + 1, newest - length + 1), newest + 1) % length] = 0
            self.ring.head[slot] = max(head, newest)
        held = buckets > self.ring.head[slots] - length
        at = buckets[held] % length
        for column, name in zip(self.columns, ROW, strict=True):
            column[slots[held], at] = rows[name][order[held]]

    def resume(self, child: Self, frontier: int) -> None:
        """Put the open accumulators together from the closed rows of *child*, whose oldest open bucket is *frontier*.

        They are marked as not seen whole: time has passed since those rows were written.
        """
        bucket = frontier * child.ns // self.ns
        first = bucket * self.ns // child.ns
        at = np.arange(max(first, frontier - child.ring.rows), frontier)
        if not len(at):
            return
        columns = child.columns
        held = (
            (child.ring.head[:, None] >= at)
            & ((columns[-1][:, at % child.ring.rows] & 7) > 0)
            & (columns[_VOLUME][:, at % child.ring.rows] > 0)
        )
        for slot in np.flatnonzero(held.any(axis=1)).tolist():
            self._merge(slot, bucket, child, at[held[slot]])
            self.state[slot, bucket % LIVE, FLAGS] |= TAINTED

    def reopen(self, slot: int, bucket: int, child: Self, end: int) -> None:
        """Put the accumulator of *bucket* together anew from the closed rows of *child* below its bucket *end*.

        It is not seen whole where one of them is not, or where one is absent and it was not seen whole before.
        """
        first = bucket * self.ns // child.ns
        at = np.arange(max(first, end - child.ring.rows), min(end, first + self.ns // child.ns))
        at = at[at <= child.ring.head[slot]]
        k = bucket % LIVE
        before = self.state[slot, k].copy()
        if before[BUCKET] != bucket:
            before[:] = 0
        origin = child.columns[-1][slot, at % child.ring.rows] & 7
        traded = (origin > 0) & (child.columns[_VOLUME][slot, at % child.ring.rows] > 0)
        state = self.state[slot, k]
        state[:] = 0
        state[BUCKET] = bucket
        self.sums[slot, k] = 0.0
        if traded.any():
            self._merge(slot, bucket, child, at[traded])
        self._keep_times(state, before, child)
        has_holes = bool((origin == Origin.PARTIAL).any()) or (
            bool(before[FLAGS] & TAINTED) and (len(at) < end - first or bool((origin == 0).any()))
        )
        state[FLAGS] |= (
            (before[FLAGS] & QUIET)
            | (QUIET if (origin > 0).any() else 0)
            | (TAINTED if has_holes else 0)
            | (MENDED if (origin == Origin.REPAIRED).any() else 0)
            | (CORRECTED if (origin == Origin.EXCHANGE).any() else 0)
        )

    @staticmethod
    def _keep_times(state: Array, before: Array, child: "Level") -> None:
        """Rows do not know the times of their trades: those known before stay, where they are of the same rows."""
        if not state[TRADES] or not before[TRADES]:
            return
        if before[FIRST_TS] // child.ns == state[FIRST_TS] // child.ns:
            state[FIRST_TS : FIRST_TS + 2] = before[FIRST_TS : FIRST_TS + 2]
        if before[LAST_TS] // child.ns == state[LAST_TS] // child.ns:
            state[LAST_TS : LAST_TS + 2] = before[LAST_TS : LAST_TS + 2]

    def _merge(self, slot: int, bucket: int, child: Self, buckets: Array) -> None:
        """Make the accumulator of *bucket* the sum of these rows of *child*, which have volume."""
        opened, high, low, close, volume, turnover, bought, marks = (
            column[slot, buckets % child.ring.rows] for column in child.columns
        )
        k = bucket % LIVE
        state = self.state[slot, k]
        trades = marks >> 4
        state[:] = 0
        state[BUCKET] = bucket
        state[OPEN], state[HIGH], state[LOW], state[CLOSE] = opened[0], high.max(), low.min(), close[-1]
        # An accumulator without trades is empty: where they were not told, one stands for them.
        state[TRADES] = np.maximum(trades, 1).sum(dtype=np.int64)
        state[FIRST_TS] = int(buckets[0]) * child.ns
        state[LAST_TS] = (int(buckets[-1]) + 1) * child.ns - 1
        state[FLAGS] = UNTOLD if (trades == 0).any() else 0
        self.sums[slot, k] = [column.sum(dtype=np.float64) for column in (volume, turnover, bought)]

    @staticmethod
    def reserve(timeframe: Timeframe, series: int, rows: int) -> list[Reservation]:
        """What such a level will take, without allocating it."""
        name = f"candles/{timeframe.value}"
        return [
            Ring.reserve(name, series=series, rows=rows, columns=ROW),
            Table.reserve(f"{name}/open", slots=series, columns=_ACCUMULATORS),
        ]


def as_candles(rows: Mapping[str, Array], ticks_per_unit: float) -> list[Candle]:
    """Compact rows, with their `open_time`, for people; absent ones are left out."""
    return [
        Candle(
            open_time=open_time,
            open=opened / ticks_per_unit,
            high=high / ticks_per_unit,
            low=low / ticks_per_unit,
            close=close / ticks_per_unit,
            volume=volume,
            turnover=turnover,
            buy_volume=bought if marks >> 4 or not volume else None,
            trades=marks >> 4 if marks >> 4 or not volume else None,
            origin=Origin(marks & 7),
            revised=bool(marks & 8),
        )
        for opened, high, low, close, volume, turnover, bought, marks, open_time in zip(
            *(rows[name].tolist() for name in (*ROW, "open_time")), strict=True
        )
        if marks & 7
    ]


def open_candle(
    levels: Sequence[Level], slot: int, timeframe: Timeframe, frontier: int, ticks_per_unit: float
) -> Candle | None:
    """Put the open candle together: its own closed children, then the open ones of every shorter timeframe."""
    now = frontier * levels[0].ns
    parts = []
    wanted = None
    for level in reversed(levels):
        if level.timeframe is timeframe:
            wanted = now // level.ns * level.ns
        if wanted is None:
            continue
        for k in range(LIVE):
            bucket = int(level.state[slot, k, BUCKET])
            starts = bucket * level.ns
            if bucket >= now // level.ns and starts >= wanted and level.state[slot, k, TRADES] > 0:
                parts.append((level.state[slot, k].tolist(), level.sums[slot, k].tolist()))
    within = [part for part in parts if wanted is not None and part[0][FIRST_TS] < wanted + timeframe.ns]
    if wanted is None or not within:
        return None
    states = [state for state, _ in within]
    volume, turnover, bought = (sum(sums[column] for _, sums in within) for column in range(3))
    is_told = not any(state[FLAGS] & UNTOLD for state in states)
    return Candle(
        open_time=wanted,
        open=min(states, key=lambda state: state[FIRST_TS])[OPEN] / ticks_per_unit,
        high=max(state[HIGH] for state in states) / ticks_per_unit,
        low=min(state[LOW] for state in states) / ticks_per_unit,
        close=max(states, key=lambda state: state[LAST_TS])[CLOSE] / ticks_per_unit,
        volume=volume,
        turnover=turnover,
        buy_volume=bought if is_told else None,
        trades=sum(state[TRADES] for state in states) if is_told else None,
        origin=Origin.PROVISIONAL,
    )
