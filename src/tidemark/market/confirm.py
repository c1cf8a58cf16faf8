"""Where the exchange's own closed candles, and trades that were fetched afterwards, meet ours."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import confirm as kernel
from tidemark.market.closed import Mismatched
from tidemark.market.level import BUCKET, LIVE, ROW, Array, Level
from tidemark.market.rebuild import Change, rebuild
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.candle import Origin
from tidemark.model.events import Klines, Trades
from tidemark.model.timeframe import Timeframe

# Spans of time that were not seen, in the exchange's time (ns), as [from, to).
Spans = Sequence[tuple[int, int]]

_FIELDS = ("open", "high", "low", "close", "volume", "turnover")
_SERIES: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = dict.fromkeys(
    ("checked", "mismatched", *_FIELDS, "written", "repaired"), (np.int64, ())
)
_SCRATCH: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "present": (np.uint8, ()),
    "prices": (np.int64, (4,)),
    "sums": (np.float64, (3,)),
    "trades": (np.int64, ()),
    "in_gap": (np.uint8, ()),
    "verdict": (np.uint8, ()),
    "fields": (np.uint8, ()),
}
_WRITTEN, _MENDED, _AGREED, _MISMATCHED = 1, 2, 3, 4
_OUTSIDE, _REFUSED, _OFF_TICK = 0, 1, 2
_MAX_TICKS = float(np.iinfo(np.int32).max)


class Confirmed(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What came of comparing the candles of one series, of all timeframes, with the exchange's, since it joined.

    checked: ours that were compared; mismatched: of these, different, and in which figures (one candle may count in
    several); written: absent before, from a time outside of gaps; repaired: absent or partial in a gap, and mended.
    """

    checked: int
    mismatched: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int
    written: int
    repaired: int

    @property
    def rate(self) -> float | None:
        """The share of candles that differed, None before one was compared."""
        return self.mismatched / self.checked if self.checked else None


class ConfirmCounters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What happened to the exchange's candles and to fetched trades that could not be used, since the start.

    outside: candles too old for the ring, not over yet by our time, or not asked for; refused: candles and trades that
    no market can have; off_tick: candles that were taken, but a price is not on the tick that the exchange stated;
    unkept: of a timeframe that is not kept.
    """

    outside: int
    refused: int
    off_tick: int
    unkept: int


class Market(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is to be known of a series: its tick, its inverse, its step of sizes, and when its feed was not seen."""

    tick_size: float
    ticks_per_unit: float
    lot_size: float
    gaps: Spans


class Confirm:
    """Writes, repairs, compares and corrects closed candles; brings the longer timeframes in line.

    opens_at_close: the exchange's candle opens at the close before it, and its high and low take that in (Bybit);
    otherwise at its first trade (Binance). Memory: 80 bytes a series, 69 bytes a row of the longest ring.
    """

    def __init__(self, levels: Sequence[Level], series: int, *, opens_at_close: bool, ledger: Ledger) -> None:
        self._levels = levels
        self._opens_at_close = opens_at_close
        self._table = Table("confirm/series", slots=series, columns=_SERIES)
        longest = max(level.ring.rows for level in levels)
        self._scratch = Table("confirm/rows", slots=longest, columns=_SCRATCH)
        self._changed = Table("confirm/changed", slots=longest, columns={"changed": (np.uint8, ())})
        for owner in (self._table, self._scratch, self._changed):
            ledger.open(owner)
        self._tally: Array = np.zeros(3, np.int64)
        self._unkept = 0

    @staticmethod
    def reserve(*, series: int, retention: Mapping[Timeframe, int]) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        longest = max(retention.values())
        return [
            Table.reserve("confirm/series", slots=series, columns=_SERIES),
            Table.reserve("confirm/rows", slots=longest, columns=_SCRATCH),
            Table.reserve("confirm/changed", slots=longest, columns={"changed": (np.uint8, ())}),
        ]

    @property
    def counters(self) -> ConfirmCounters:
        """What could not be used so far."""
        outside, refused, off_tick = self._tally.tolist()
        return ConfirmCounters(outside=outside, refused=refused, off_tick=off_tick, unkept=self._unkept)

    def of(self, slot: int) -> Confirmed:
        """What came of comparing *slot*."""
        return Confirmed(**{name: int(column[slot]) for name, column in self._table.columns.items()})

    def totals(self) -> Confirmed:
        """The same over all series that are there."""
        return Confirmed(**{name: int(column.sum()) for name, column in self._table.columns.items()})

    def clear(self, slot: int) -> None:
        """Forget the figures of *slot*."""
        self._table.clear(slot)

    def klines(
        self, slot: int, klines: Klines, market: Market, frontier_ns: int
    ) -> tuple[list[Change], Mismatched | None]:
        """Settle the intervals that *klines* speaks of; give the rows that changed, and what differed.

        frontier_ns: where the oldest open candle begins; nothing that ends later is taken.
        """
        index = next((i for i, level in enumerate(self._levels) if level.timeframe is klines.timeframe), None)
        if index is None:
            self._unkept += len(klines.rows)
            return [], None
        level = self._levels[index]
        # An honest question begins on the grid; a part of an interval is no interval.
        first = -(-max(klines.first, 0) // level.ns)
        base, count = self._range(level, slot, first, first + max(klines.count, 0), frontier_ns)
        present, prices, sums, trades, *_ = self._columns(count)
        kernel.read(
            klines.rows, base, count, level.ns, market.ticks_per_unit, present, prices, sums, trades, self._tally
        )
        return self._settle(slot, index, base, count, market, frontier_ns, whole_only=False)

    def trades(self, slot: int, event: Trades, market: Market, frontier_ns: int) -> list[Change]:
        """Build the candles of the shortest timeframe anew that were not seen whole and that *event* holds whole.

        An interval without a trade is flat at the close before it, where that is known; else it stays as it is.
        """
        level = self._levels[0]
        first, last = -(-max(event.first, 0) // level.ns), max(event.last, 0) // level.ns
        base, count = self._range(level, slot, first, last, frontier_ns)
        if count == 0 or not self._gather(event, level.ns, base, count, market):
            return []
        self._flatten(slot, level, base, count)
        changes, _ = self._settle(slot, 0, base, count, market, frontier_ns, whole_only=True)
        return changes

    def flat(self, slot: int, since_ns: int, close: int, frontier_ns: int) -> list[Change]:
        """Make the absent candles of the shortest timeframe from *since_ns* on flat at *close* (ticks).

        For whoever knows that the feed was alive, that nobody traded, and what the price was.
        """
        level = self._levels[0]
        base, count = self._range(level, slot, -(-since_ns // level.ns), frontier_ns // level.ns, frontier_ns)
        buckets = np.arange(base, min(base + count, int(level.ring.head[slot]) + 1))
        buckets = buckets[level.columns[-1][slot, buckets % level.ring.rows] & 7 == Origin.ABSENT]
        if not len(buckets):
            return []
        figures = dict.fromkeys(ROW, 0) | dict.fromkeys(("open", "high", "low", "close"), close)
        for column, value in zip(level.columns, figures.values(), strict=True):
            column[slot, buckets % level.ring.rows] = value
        level.columns[-1][slot, buckets % level.ring.rows] = Origin.FILLED
        first, last = int(buckets[0]), int(buckets[-1])
        above = rebuild(self._levels, slot, 0, first, last, frontier_ns, self._changed.columns["changed"])
        return [(level, buckets), *above]

    def _range(self, level: Level, slot: int, first: int, end: int, frontier_ns: int) -> tuple[int, int]:
        """The buckets of [first, end) that are closed and that the ring holds, as the first and how many."""
        end = min(end, frontier_ns // level.ns)
        newest = max(int(level.ring.head[slot]), end - 1)
        base = max(first, newest - level.ring.rows + 1)
        return (base, end - base) if base < end else (0, 0)

    def _columns(self, count: int) -> list[Array]:
        return [self._scratch.columns[name][:count] for name in _SCRATCH]

    def _settle(
        self, slot: int, index: int, base: int, count: int, market: Market, frontier_ns: int, *, whole_only: bool
    ) -> tuple[list[Change], Mismatched | None]:
        level = self._levels[index]
        present, prices, sums, trades, in_gap, verdict, fields = self._columns(count)
        if not present.any():
            return [], None
        at = np.arange(base, base + count) % level.ring.rows
        before = {name: column[slot, at] for name, column in zip(ROW, level.columns, strict=True)}
        in_gap[:] = 0
        for since, until in market.gaps:
            in_gap[max(since // level.ns - base, 0) : max(-(-until // level.ns) - base, 0)] = 1
        written = kernel.judge(
            slot, base, count, present, prices, sums, trades, in_gap, whole_only, self._opens_at_close, market.lot_size,
            market.ticks_per_unit, level.ring.head, *level.columns, verdict, fields,
        )  # fmt: skip
        self._count(slot, verdict, fields)
        changes: list[Change] = []
        if written:
            changed = (verdict == _WRITTEN) | (verdict == _MENDED) | (verdict == _MISMATCHED)
            buckets = np.flatnonzero(changed) + base
            changes.append((level, buckets))
            # What an accumulator still knows of a closed candle is not what its row says now.
            for k in range(LIVE):
                if (buckets == level.state[slot, k, BUCKET]).any():
                    level.state[slot, k, BUCKET] = -1
        held = np.flatnonzero(present)
        changes += rebuild(
            self._levels, slot, index, base + int(held[0]), base + int(held[-1]), frontier_ns,
            self._changed.columns["changed"], has_changed=written > 0,
        )  # fmt: skip
        wrong = np.flatnonzero(verdict == _MISMATCHED)
        if not len(wrong):
            return changes, None
        return changes, Mismatched(
            timeframe=level.timeframe,
            slot=slot,
            open_times=(base + wrong) * level.ns,
            tick_size=market.tick_size,
            fields=fields[wrong],
            ours={name: column[wrong] for name, column in before.items()},
            theirs={name: column[slot, at[wrong]] for name, column in zip(ROW, level.columns, strict=True)},
        )

    def _count(self, slot: int, verdict: Array, fields: Array) -> None:
        found = np.bincount(verdict, minlength=5)
        columns = self._table.columns
        columns["checked"][slot] += found[_AGREED] + found[_MISMATCHED]
        columns["mismatched"][slot] += found[_MISMATCHED]
        columns["written"][slot] += found[_WRITTEN]
        columns["repaired"][slot] += found[_MENDED]
        if found[_MISMATCHED]:
            for bit, name in enumerate(_FIELDS):
                columns[name][slot] += np.count_nonzero(fields & (1 << bit))

    def _gather(self, event: Trades, step: int, base: int, count: int, market: Market) -> bool:
        """Write the trades of *event* into the columns; False, and counted, when one of them cannot be."""
        present, prices, sums, trades, *_ = self._columns(count)
        present[:] = 0
        if not event.rows:
            return True
        size = len(event.rows)
        ts = np.fromiter((row.ts_event for row in event.rows), np.int64, size)
        sequence = np.fromiter((row.sequence for row in event.rows), np.int64, size)
        price, amount = (
            np.fromiter((getattr(row, name) for row in event.rows), np.float64, size) for name in ("price", "size")
        )
        is_buy = np.fromiter((row.is_buy for row in event.rows), np.bool_, size)
        scaled = price * market.ticks_per_unit
        # A trade that cannot be counted would leave its candle short: then none of them is.
        if not bool(((scaled >= 0.5) & (scaled < _MAX_TICKS) & (amount > 0) & (amount < np.inf)).all()):
            self._tally[_REFUSED] += size
            return False
        order = np.lexsort((sequence, ts))
        at = ts[order] // step - base
        order, at = order[(at >= 0) & (at < count)], at[(at >= 0) & (at < count)]
        self._tally[_OUTSIDE] += size - len(order)
        if not len(order):
            return True
        ticks = (scaled[order] + 0.5).astype(np.int64)
        starts = np.flatnonzero(np.concatenate(([True], at[1:] != at[:-1])))
        where = at[starts]
        ends = np.append(starts[1:], len(at))
        present[where] = 1
        prices[where, 0], prices[where, 3] = ticks[starts], ticks[ends - 1]
        prices[where, 1], prices[where, 2] = np.maximum.reduceat(ticks, starts), np.minimum.reduceat(ticks, starts)
        volume = amount[order]
        for column, values in enumerate((volume, volume * price[order], np.where(is_buy[order], volume, 0.0))):
            sums[where, column] = np.add.reduceat(values, starts)
        trades[where] = ends - starts
        return True

    def _flatten(self, slot: int, level: Level, base: int, count: int) -> None:
        """Make intervals without a trade flat at the close before them, where that is known."""
        present, prices, sums, trades, *_ = self._columns(count)
        close = 0
        if base - 1 > level.ring.head[slot] - level.ring.rows and base - 1 <= level.ring.head[slot]:
            row = (base - 1) % level.ring.rows
            if int(level.columns[-1][slot, row]) & 7 not in {Origin.ABSENT, Origin.PARTIAL}:
                close = int(level.columns[3][slot, row])
        for i in np.flatnonzero(present == 0).tolist():
            if i and present[i - 1]:
                close = int(prices[i - 1, 3])
            if close:
                present[i] = 1
                prices[i], sums[i], trades[i] = close, 0.0, 0
