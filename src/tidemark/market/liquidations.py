"""Liquidations of every series: the newest ones, and 24 hours of them by side, with how much of that was watched."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.market.five_minutes import FUTURE_NS, POINTS, STEP_NS
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.ring import Ring
from tidemark.memory.table import Table
from tidemark.units import MILLISECOND

Array = npt.NDArray[Any]

_EACH: dict[str, npt.DTypeLike] = {
    "ts_event": np.int64,
    "price": np.float64,
    "size": np.float64,
    "is_long": np.uint8,
}
# Turnover in quote currency, counts, and the milliseconds in which the feed was whole.
_BUCKET: dict[str, npt.DTypeLike] = {
    "long_turnover": np.float32,
    "short_turnover": np.float32,
    "longs": np.uint32,
    "shorts": np.uint32,
    "watched_ms": np.uint32,
}
_WATCH: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    # Since when the feed of the slot is whole, in the exchange's time; 0 while it is not.
    "since": (np.int64, ()),
    "last_event": (np.int64, ()),
    "last_recv": (np.int64, ()),
}


class LiquidationTotals(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Liquidations of the latest 24 hours, as far as they were watched.

    long_turnover, short_turnover: price times size in quote currency, of longs and shorts that were liquidated; longs
    and shorts count them. coverage: the part of the 24 hours in which the feed was whole, in (0, 1]: below 1 the sums
    are those of a part. last_at, last_recv: the time of the newest one ever seen at the exchange and here (ns).
    """

    long_turnover: float
    short_turnover: float
    longs: int
    shorts: int
    coverage: float
    last_at: int | None
    last_recv: int | None


class Liquidations:
    """The newest *rows* liquidations of each slot and the sums of 24 hours in five-minute buckets, each counted once.

    No exchange numbers them, so what makes two of them one is symbol, time, side, price and size: after a reconnect
    they come again. Two that truly agree in all five within one millisecond cannot be told apart; one is kept. One that
    is older than all the newest *rows* cannot be told from a repetition either; it is refused and counted.

    Binance tells the latest liquidation of each symbol and second only, so its sums are a lower bound; Bybit tells all
    of them, at the bankruptcy price.

    The window at a time is the bucket of that time and the 287 before: 23 h 55 min and what has passed of the bucket.
    Memory: 25 bytes a row, and 5.6 KB a slot.
    """

    def __init__(self, *, series: int, rows: int, ledger: Ledger) -> None:
        self._each = Ring("liquidations", series=series, rows=rows, columns=_EACH)
        self._buckets = Ring("liquidations/24h", series=series, rows=POINTS, columns=_BUCKET)
        self._watch = Table("liquidations/watch", slots=series, columns=_WATCH)
        for owner in (self._each, self._buckets, self._watch):
            ledger.open(owner)
        self._rows = rows
        # Since when a feed of the whole venue is whole: a market that joins needs no word of its own.
        self._venue_since = 0
        self.duplicates = 0
        self.refused = 0

    @staticmethod
    def reserve(*, series: int, rows: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Ring.reserve("liquidations", series=series, rows=rows, columns=_EACH),
            Ring.reserve("liquidations/24h", series=series, rows=POINTS, columns=_BUCKET),
            Table.reserve("liquidations/watch", slots=series, columns=_WATCH),
        ]

    def join(self, slot: int, at: int) -> None:
        """A market takes *slot* at *at* of the exchange's time; a feed of the whole venue watches it from then on."""
        self._watch.columns["since"][slot] = max(self._venue_since, at) if self._venue_since else 0

    def kept(self) -> dict[str, Array]:
        """What outlives a restart; see Derivatives.kept."""
        parts = (("each", self._each), ("buckets", self._buckets), ("watch", self._watch))
        columns = {
            f"liquidations/{part}/{name}": column for part, owner in parts for name, column in owner.columns.items()
        }
        heads = {"liquidations/each/head": self._each.head, "liquidations/buckets/head": self._buckets.head}
        return {**columns, **heads}

    def resume(self, slot: int, until: int) -> None:
        """What was kept of *slot* is in place again: it was watched to *until*, the exchange's time."""
        since = int(self._watch.columns["since"][slot])
        if since:
            self._credit(slot, since, until)
            self._watch.columns["since"][slot] = 0

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        received = self._watch.columns["last_recv"]
        received[received != 0] += step_ns

    def add(
        self, slot: int, *, ts_event: int, ts_recv: int, price: float, size: float, is_long: bool, offset_ns: int = 0
    ) -> bool:
        """Take a liquidation; False, and counted, for one seen before, from the future or older than what is kept.

        offset_ns: the exchange's clock minus ours.
        """
        held = self._each.held(slot)
        count = held[1] - held[0]
        each = {name: column[slot, :count] for name, column in self._each.columns.items()}
        same = (
            (each["ts_event"] == ts_event)
            & (each["price"] == price)
            & (each["size"] == size)
            & (each["is_long"] == is_long)
        )
        if same.any():
            self.duplicates += 1
            return False
        sequence = ts_event // STEP_NS
        is_known_time = count < self._rows or ts_event >= int(each["ts_event"].min())
        is_kept = sequence > self._buckets.held(slot)[1] - 1 - POINTS
        if ts_event > ts_recv + offset_ns + FUTURE_NS or not is_known_time or not is_kept:
            self.refused += 1
            return False
        self._each.append(slot, ts_event=ts_event, price=price, size=size, is_long=is_long)
        turnover, number = ("long_turnover", "longs") if is_long else ("short_turnover", "shorts")
        self._count(slot, sequence, {turnover: price * size, number: 1})
        watch = self._watch.columns
        if ts_event >= int(watch["last_event"][slot]):
            watch["last_event"][slot] = ts_event
            watch["last_recv"][slot] = ts_recv
        return True

    def mark_gap(self, slots: Array, gap_from: int | None, gap_to: int | None, *, is_venue: bool) -> None:
        """The feed of *slots* was or is not whole from *gap_from* to *gap_to*, in the exchange's time; see StreamGap.

        is_venue: it is the one feed of all markets, of those as well that join later.
        """
        if is_venue:
            self._venue_since = gap_to or 0
        since = self._watch.columns["since"]
        for slot in slots.tolist():
            # Until when it was whole is told only where the gap has a beginning.
            if since[slot] and gap_from is not None:
                self._credit(slot, int(since[slot]), gap_from)
            since[slot] = gap_to or 0

    def totals(self, slot: int, now_ns: int) -> LiquidationTotals | None:
        """24 hours as of *now_ns*, the exchange's time; None when the feed was whole at no time within them."""
        newest = now_ns // STEP_NS
        window = self._buckets.window(slot, newest - POINTS + 1, POINTS)
        watch = self._watch.columns
        begin = (newest - POINTS + 1) * STEP_NS
        since = int(watch["since"][slot])
        watched_ns = int(window["watched_ms"].sum(dtype=np.int64)) * MILLISECOND
        if since:
            watched_ns += max(0, now_ns - max(since, begin))
        if watched_ns <= 0:
            return None
        last = int(watch["last_event"][slot])
        return LiquidationTotals(
            long_turnover=float(window["long_turnover"].sum(dtype=np.float64)),
            short_turnover=float(window["short_turnover"].sum(dtype=np.float64)),
            longs=int(window["longs"].sum(dtype=np.int64)),
            shorts=int(window["shorts"].sum(dtype=np.int64)),
            coverage=min(1.0, watched_ns / (now_ns - begin)),
            last_at=last or None,
            last_recv=int(watch["last_recv"][slot]) or None,
        )

    def rows(self, slot: int, count: int) -> dict[str, Array]:
        """The newest *count*, in the order in which they came, as copies: ts_event (ns), price, size, is_long."""
        return dict(self._each.last(slot, count))

    def clear(self, slot: int) -> None:
        """Forget the liquidations of *slot*, and that it was watched."""
        self._each.clear(slot)
        self._buckets.clear(slot)
        self._watch.clear(slot)

    def _credit(self, slot: int, since: int, until: int) -> None:
        """The feed was whole from *since* to *until*: into the buckets, as far as they are kept."""
        last = until // STEP_NS
        if until <= since:
            return
        if last > self._buckets.held(slot)[1] - 1:
            self._buckets.put(slot, last)
        first = max(since // STEP_NS, self._buckets.held(slot)[1] - POINTS)
        sequences = np.arange(first, last + 1, dtype=np.int64)
        begins = sequences * STEP_NS
        watched_ns = np.minimum(until, begins + STEP_NS) - np.maximum(since, begins)
        watched_ms = (watched_ns // MILLISECOND).astype(np.uint32)
        self._buckets.columns["watched_ms"][slot, sequences % POINTS] += watched_ms

    def _count(self, slot: int, sequence: int, amounts: dict[str, float]) -> None:
        """Add to a bucket that is kept, or that is the newest now."""
        if sequence >= self._buckets.held(slot)[1]:
            self._buckets.put(slot, sequence)
        at = sequence % POINTS
        for name, amount in amounts.items():
            self._buckets.columns[name][slot, at] += amount
