"""The order book of every series: its levels, whether they can be trusted, and who needs a snapshot."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import book as kernel
from tidemark.kernels.book_columns import BookColumns
from tidemark.market.book_readings import Depths, Ladder, Levels, Top, Tops
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.book import MAX_LEVELS, BookBreak, BookRules
from tidemark.model.events import BookSnapshot

Array = npt.NDArray[Any]

# Books that can wait for a snapshot by REST at the same time, and the deltas that each can let wait meanwhile: at one
# message in 100 ms that is 25 seconds.
ROOMS = 16
ROOM_MESSAGES = 256
ROOM_LEVELS = 4096
_ROOM: Layout = {
    "room": (np.int64, (kernel.ROOM_COLUMNS,)),
    "waiting": (np.int64, (ROOM_MESSAGES, kernel.WAITING)),
    "price": (np.float64, (ROOM_LEVELS,)),
    "size": (np.float64, (ROOM_LEVELS,)),
}
_NO_ROOM: Layout = {
    "room": (np.int64, (kernel.ROOM_COLUMNS,)),
    "waiting": (np.int64, (1, kernel.WAITING)),
    "price": (np.float64, (1,)),
    "size": (np.float64, (1,)),
}
_TURNS: Layout = {"turns": (np.int64, (kernel.TURN,))}
_SPARE_TURNS = 256
_ONCE: Layout = {
    "counters": (np.int64, (kernel.COUNTERS,)),
    "price": (np.float64, (2 * MAX_LEVELS,)),
    "size": (np.float64, (2 * MAX_LEVELS,)),
}
# A window of the exchange that we cut ourselves is kept so many times as deep as it is to stay known.
_CUT_MARGIN = 4
# Columns of the kernel's state.
_SYNCED, _REASON, _LAST_ID, _TS_EVENT, _TS_RECV, _SINCE = range(6)
_LEVELS, _IS_THIN, _SEEN, _ROOM_NUMBER, _OUT_NS = 7, 11, 12, 13, 14
_BROKEN = kernel.COUNTERS - kernel.REASONS


class BookTurn(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A book went in or out of sync at `ts_recv`; `reason` is what was wrong, `out_ns` for how long it was."""

    slot: int
    is_synced: bool
    reason: BookBreak
    ts_recv: int
    out_ns: int


class BookStatus(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one book has been through. `since` is when it went in or out of sync, 0 before anything came.

    out_ns: time out of sync, all breaks together but for the present one; breaks: how often, by reason.
    """

    is_synced: bool
    is_thin: bool
    reason: BookBreak
    since: int
    update_id: int
    ts_event: int
    ts_recv: int
    levels: tuple[int, int]
    out_ns: int
    breaks: Mapping[BookBreak, int]


class BookCounters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What happened to all books: messages, and what became of them.

    deltas: applied, once more where they followed upon a refill; snapshots: of both kinds; stale: deltas at or below
    the last update; buffered: deltas that waited for a snapshot; dropped: deltas that came out of sync and could not
    wait; refills: sides that became thin; too_old: REST snapshots older than the stream; syncs: turns into sync;
    breaks: by reason.
    """

    deltas: int
    snapshots: int
    stale: int
    buffered: int
    dropped: int
    refills: int
    too_old: int
    syncs: int
    breaks: Mapping[BookBreak, int]


class Books:
    """One book a slot, *depth* levels of which stay known, changed by *rules*.

    A book that is out of sync has no reading: missing, never wrong. `wanting` says which need a snapshot.

    Memory: 32 bytes a level kept (both sides) and 200 a slot; where snapshots come by REST, 16 rooms of 80 KiB besides.
    """

    def __init__(self, *, series: int, depth: int, rules: BookRules, ledger: Ledger) -> None:
        self.rules = rules
        self.depth = depth
        self._deepest = depth
        self._books = Table("books", slots=series, columns=_columns(rules.levels(depth)))
        self._rooms = Table("books/waiting", slots=_rooms(rules), columns=_layout_of_rooms(rules))
        self._turns = Table("books/turns", slots=series + _SPARE_TURNS, columns=_TURNS)
        self._once = Table("books/snapshot", slots=1, columns=_ONCE)
        for owner in (self._books, self._rooms, self._turns, self._once):
            ledger.open(owner)
        columns, rooms = self._books.columns, self._rooms.columns
        self._state: Array = columns["state"]
        self._counters: Array = self._once.columns["counters"][0]
        arrays = (
            columns["keys"], columns["sizes"], self._state, columns["per_tick"], columns["breaks"], self._counters,
            rooms["room"], rooms["waiting"], rooms["price"], rooms["size"], self._turns.columns["turns"],
        )  # fmt: skip
        self._ladders = kernel.Ladders(arrays, bool(rules.windows), rules.resyncs_by_rest)
        self._ladders.shape(depth, rules.levels(depth))

    @staticmethod
    def reserve(*, series: int, depth: int, rules: BookRules) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Table.reserve("books", slots=series, columns=_columns(rules.levels(depth))),
            Table.reserve("books/waiting", slots=_rooms(rules), columns=_layout_of_rooms(rules)),
            Table.reserve("books/turns", slots=series + _SPARE_TURNS, columns=_TURNS),
            Table.reserve("books/snapshot", slots=1, columns=_ONCE),
        ]

    def join(self, slot: int, tick_size: float) -> None:
        """Begin a book without levels."""
        self.clear(slot)
        self._books.columns["per_tick"][slot] = _per_tick(tick_size)

    def clear(self, slot: int) -> None:
        """Forget the book of *slot*, and its counts."""
        self._ladders.leave(slot)

    def apply(self, columns: BookColumns) -> list[BookTurn]:
        """Apply all messages of *columns* in order; give which books went in or out of sync, in order."""
        turns: list[BookTurn] = []
        done, count = 0, columns.count
        while done < count:
            done = self._ladders.apply(columns.arrays, done, count)
            turns += self._read_turns()
        return turns

    def snapshot(self, slot: int, event: BookSnapshot) -> list[BookTurn]:
        """Fit a snapshot that came by REST, best levels first, into the stream; one too old for the stream is dropped.

        Where a stream begins with its own snapshot nothing is done: the update ids of REST are those of another stream.
        """
        if not self.rules.resyncs_by_rest:
            return []
        price, size = self._once.columns["price"][0], self._once.columns["size"][0]
        bids, asks = event.bids[:MAX_LEVELS], event.asks[:MAX_LEVELS]
        count = len(bids) + len(asks)
        if count:
            rows = np.array(bids + asks, np.float64)
            price[:count], size[:count] = rows[:, 0], rows[:, 1]
        self._ladders.settle(slot, event.ts_event, event.ts_recv, event.update_id, (price, size), len(bids), len(asks))
        return self._read_turns()

    def lose(self, slots: Iterable[int], ts: int, reason: BookBreak = BookBreak.FEED_LOST) -> list[BookTurn]:
        """What is known of *slots* does not hold any more from *ts* on; what waited for a snapshot is forgotten."""
        for slot in slots:
            self._ladders.lose(slot, ts, reason)
        return self._read_turns()

    def retick(self, slot: int, tick_size: float, ts: int) -> list[BookTurn]:
        """The exchange changed the tick size: a snapshot in the other ticks is needed."""
        turns = self.lose((slot,), ts, BookBreak.TICK_CHANGED)
        self._books.columns["per_tick"][slot] = _per_tick(tick_size)
        return turns

    def set_depth(self, depth: int) -> None:
        """Keep only as many levels as *depth* takes, at most what was planned; and back.

        The arrays stay allocated: what is saved is processor time, and the pages beyond are no longer written. On the
        way back the sides that were cut are thin, and `wanting` names their books until a snapshot has come.
        """
        self.depth = min(depth, self._deepest)
        stored = self.rules.levels(self._deepest)
        # A window that the exchange moves has no margin of its own: it is cut with one, and grows thin only after that.
        wide = _CUT_MARGIN * self.depth if self.rules.windows else self.rules.levels(self.depth)
        self._ladders.shape(self.depth, stored if self.depth == self._deepest else min(stored, wide))

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        for column in (_TS_RECV, _SINCE):
            moments = self._state[:, column]
            moments[moments != 0] += step_ns

    def wanting(self) -> list[int]:
        """The slots that need a snapshot now: the stream runs, and what is known does not suffice to follow it."""
        state = self._state
        needed = np.where(state[:, _SYNCED] == 1, state[:, _IS_THIN] == 1, state[:, _SEEN] > 0)
        if self.rules.resyncs_by_rest:
            needed &= state[:, _ROOM_NUMBER] > 0
        slots: list[int] = np.flatnonzero(needed).tolist()
        return slots

    def is_synced(self, slot: int) -> bool:
        """Whether the book of *slot* can be read."""
        return bool(self._state[slot, _SYNCED])

    def top(self, slot: int) -> Top | None:
        """The best bid and ask, None out of sync or when a side has no level."""
        bids, asks = self._state[slot, _LEVELS : _LEVELS + 2].tolist()
        if not bids or not asks:
            return None
        keys, sizes = self._books.columns["keys"][slot], self._books.columns["sizes"][slot]
        per_tick = float(self._books.columns["per_tick"][slot])
        return Top(
            bid=int(keys[0, bids - 1]) / per_tick,
            bid_size=float(sizes[0, bids - 1]),
            ask=-int(keys[1, asks - 1]) / per_tick,
            ask_size=float(sizes[1, asks - 1]),
            ts_event=int(self._state[slot, _TS_EVENT]),
            ts_recv=int(self._state[slot, _TS_RECV]),
        )

    def levels(self, slot: int, count: int) -> Levels | None:
        """At most *count* and at most `depth` levels of each side, None out of sync; a thin side has fewer."""
        if not self.is_synced(slot):
            return None
        state = self._state[slot]
        return Levels(
            bids=self._side(slot, 0, count),
            asks=self._side(slot, 1, count),
            update_id=int(state[_LAST_ID]),
            ts_event=int(state[_TS_EVENT]),
            ts_recv=int(state[_TS_RECV]),
        )

    def tops(self) -> Tops:
        """The best levels of all slots."""
        held = self._state[:, _LEVELS : _LEVELS + 2]
        is_known: Array = np.all(held > 0, axis=1)
        slots = np.arange(len(held))
        per_tick = np.where(is_known, self._books.columns["per_tick"], 1.0)
        found = []
        for side, sign in ((0, 1.0), (1, -1.0)):
            at = np.maximum(held[:, side] - 1, 0)
            keys, sizes = (self._books.columns[name][slots, side, at] for name in ("keys", "sizes"))
            found += [np.where(is_known, sign * keys / per_tick, 0.0), np.where(is_known, sizes, 0.0)]
        bid, bid_size, ask, ask_size = found
        return Tops(bid=bid, bid_size=bid_size, ask=ask, ask_size=ask_size, is_known=is_known)

    def within(self, bps: float) -> Depths:
        """What lies within *bps* hundredths of a percent of the mid, of all slots."""
        found = np.empty((len(self._state), 2), np.float64)
        self._ladders.within(bps, found)
        is_known: Array = np.all(found >= 0, axis=1)
        bids, asks = (np.where(is_known, found[:, side], 0.0) for side in range(2))
        return Depths(bids=bids, asks=asks, is_known=is_known)

    def ladder(self) -> Ladder:
        """The levels of all slots, for kernels."""
        columns = self._books.columns
        return Ladder(
            keys=columns["keys"],
            sizes=columns["sizes"],
            counts=self._state[:, _LEVELS : _LEVELS + 2],
            per_tick=columns["per_tick"],
        )

    def status(self, slot: int) -> BookStatus:
        """What the book of *slot* has been through."""
        state = self._state[slot].tolist()
        return BookStatus(
            is_synced=bool(state[_SYNCED]),
            is_thin=bool(state[_IS_THIN]),
            reason=BookBreak(state[_REASON]),
            since=state[_SINCE],
            update_id=state[_LAST_ID],
            ts_event=state[_TS_EVENT],
            ts_recv=state[_TS_RECV],
            levels=(state[_LEVELS], state[_LEVELS + 1]),
            out_ns=state[_OUT_NS],
            breaks=_by_reason(self._books.columns["breaks"][slot]),
        )

    @property
    def synced(self) -> int:
        """How many books are in sync."""
        return int(self._state[:, _SYNCED].sum())

    @property
    def counters(self) -> BookCounters:
        """What happened so far."""
        deltas, snapshots, stale, buffered, dropped, refills, too_old, syncs = self._counters[:_BROKEN].tolist()
        return BookCounters(
            deltas=deltas,
            snapshots=snapshots,
            stale=stale,
            buffered=buffered,
            dropped=dropped,
            refills=refills,
            too_old=too_old,
            syncs=syncs,
            breaks=_by_reason(self._counters[_BROKEN:]),
        )

    def _side(self, slot: int, side: int, count: int) -> Array:
        held = int(self._state[slot, _LEVELS + side])
        taken = slice(held - min(count, self.depth, held), held)
        keys, sizes = (self._books.columns[name][slot, side, taken][::-1] for name in ("keys", "sizes"))
        per_tick = self._books.columns["per_tick"][slot]
        rows: Array = np.column_stack(((keys if side == 0 else -keys) / per_tick, sizes))
        return rows

    def _read_turns(self) -> list[BookTurn]:
        count, self._ladders.turned = self._ladders.turned, 0
        return [
            BookTurn(slot=slot, is_synced=bool(synced), reason=BookBreak(reason), ts_recv=ts_recv, out_ns=out_ns)
            for slot, synced, reason, ts_recv, out_ns in self._turns.columns["turns"][:count].tolist()
        ]


def _columns(levels: int) -> Layout:
    return {
        "keys": (np.int64, (2, levels)),
        "sizes": (np.float64, (2, levels)),
        "state": (np.int64, (kernel.COLUMNS,)),
        "per_tick": (np.float64, ()),
        "breaks": (np.int64, (kernel.REASONS,)),
    }


def _rooms(rules: BookRules) -> int:
    return ROOMS if rules.resyncs_by_rest else 1


def _layout_of_rooms(rules: BookRules) -> Layout:
    return _ROOM if rules.resyncs_by_rest else _NO_ROOM


def _per_tick(tick_size: float) -> float:
    """One over the tick, a whole number where it is meant to be one: 0.1 gives 10 exactly, so that prices come back."""
    inverse = 1.0 / tick_size
    return float(round(inverse)) if abs(inverse - round(inverse)) < 1e-6 * inverse else inverse


def _by_reason(counts: Array) -> dict[BookBreak, int]:
    """The reasons that occurred, and how often."""
    return {reason: count for reason, count in zip(BookBreak, counts.tolist(), strict=True) if count}
