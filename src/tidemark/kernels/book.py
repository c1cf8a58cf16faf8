# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Order books: snapshots and deltas of all series, applied in one call.

A side is one row of sorted keys, the best level last: a bid's key is its price in ticks, an ask's the same negated. So
both sides are the same code, and a change near the best moves little. A message is applied in two passes, removals
first, so that a window of exactly N levels never loses one while it is shifted.

A side that was cut (more levels came than are kept, or a snapshot as long as what is kept) knows prices from its
horizon on only: what lies beyond it is ignored, and it is thin when fewer than `depth` levels are left.

Out of sync there are no levels. Deltas then wait in a room, when snapshots come by REST, until one fits.

Nothing is checked here but prices: whoever calls validates slots. State is int64 (series, COLUMNS), columns below.
"""

import cython
import numpy as np

SYNCED = cython.declare(cython.int, 0)
REASON = cython.declare(cython.int, 1)
LAST_ID = cython.declare(cython.int, 2)
TS_EVENT = cython.declare(cython.int, 3)
TS_RECV = cython.declare(cython.int, 4)
SINCE = cython.declare(cython.int, 5)  # when it went in or out of sync
IS_JOINING = cython.declare(cython.int, 6)  # no delta was applied since the snapshot
LEVELS = cython.declare(cython.int, 7)  # of the bids, and behind it of the asks
HORIZON = cython.declare(cython.int, 9)  # the same
IS_THIN = cython.declare(cython.int, 11)
SEEN = cython.declare(cython.int, 12)  # deltas that came since it went out of sync
ROOM = cython.declare(cython.int, 13)  # number of its waiting room, from 1 on
OUT_NS = cython.declare(cython.int, 14)  # time out of sync, all breaks together, the present one left out
COLUMNS = 15

# Counters; those from BROKEN on are breaks by reason, as in model.book.BookBreak.
DELTAS = cython.declare(cython.int, 0)
SNAPSHOTS = cython.declare(cython.int, 1)
STALE = cython.declare(cython.int, 2)
BUFFERED = cython.declare(cython.int, 3)
DROPPED = cython.declare(cython.int, 4)
REFILLS = cython.declare(cython.int, 5)
TOO_OLD = cython.declare(cython.int, 6)
SYNCS = cython.declare(cython.int, 7)
BROKEN = cython.declare(cython.int, 8)
REASONS = 8
COUNTERS = 16
GAP = cython.declare(cython.int, 1)
CROSSED = cython.declare(cython.int, 2)
OFF_TICK = cython.declare(cython.int, 3)
THIN = cython.declare(cython.int, 6)

# Columns of a message in a waiting room, and of the room.
WAITING = 7
OWNER = cython.declare(cython.int, 0)  # slot + 1
COUNT = cython.declare(cython.int, 1)
FILLED = cython.declare(cython.int, 2)
OPENED = cython.declare(cython.int, 3)
ROOM_COLUMNS = 4
# Held longer than this, a room goes to the next who needs one: a request may have waited for a whole minute's budget.
ROOM_NS = cython.declare(cython.longlong, 90000000000)
HELD = cython.declare(cython.longlong, 1 << 62)

NO_HORIZON = cython.declare(cython.longlong, -(1 << 62))
TICK_TOLERANCE = cython.declare(cython.double, 0.001)
# Where doubles end being exact.
MAX_TICKS = cython.declare(cython.double, 9007199254740992.0)
# Columns of a turn: slot, whether in sync, reason, ts_recv, ns out of sync.
TURN = 5


@cython.cclass
class Ladders:
    """The books of all series over arrays that others own, and the rules by which they change.

    The arrays, in order: keys and sizes (series, 2, levels); state; per_tick: ticks per unit of price (series,); breaks
    (series, REASONS); counters (COUNTERS,); rooms (rooms, ROOM_COLUMNS); waiting (rooms, messages, WAITING); prices and
    amounts (rooms, levels of a room); turns (at least series + 8, TURN). All are C-contiguous, int64 or float64.
    """

    keys: cython.longlong[::1]
    sizes: cython.double[::1]
    state: cython.longlong[:, ::1]
    per_tick: cython.double[::1]
    breaks: cython.longlong[:, ::1]
    counters: cython.longlong[::1]
    rooms: cython.longlong[:, ::1]
    waiting: cython.longlong[:, :, ::1]
    prices: cython.double[:, ::1]
    amounts: cython.double[:, ::1]
    turns: cython.longlong[:, ::1]
    price: cython.double[::1]
    size: cython.double[::1]
    stored: cython.Py_ssize_t
    kept: cython.Py_ssize_t
    depth: cython.longlong
    is_windowed: cython.bint
    by_rest: cython.bint
    turned = cython.declare(cython.Py_ssize_t, visibility="public")

    def __init__(self, arrays: tuple, is_windowed: cython.bint, by_rest: cython.bint) -> None:
        keys, sizes, state, per_tick, breaks, counters, rooms, waiting, prices, amounts, turns = arrays
        self.stored = keys.shape[2]
        self.keys = keys.reshape(-1)
        self.sizes = sizes.reshape(-1)
        self.state = state
        self.per_tick = per_tick
        self.breaks = breaks
        self.counters = counters
        self.rooms = rooms
        self.waiting = waiting
        self.prices = prices
        self.amounts = amounts
        self.turns = turns
        self.price = np.zeros(1)
        self.size = self.price
        self.is_windowed = is_windowed
        self.by_rest = by_rest
        self.turned = 0
        self.kept = self.stored
        self.depth = self.stored
        state[:, HORIZON : HORIZON + 2] = NO_HORIZON

    def shape(self, depth: cython.longlong, kept: cython.Py_ssize_t) -> None:
        """Keep at most *kept* levels of a side, of which *depth* are to stay known; cuts the sides that are longer."""
        s: cython.Py_ssize_t
        side: cython.Py_ssize_t
        self.depth = depth
        self.kept = kept
        for s in range(self.state.shape[0]):
            for side in range(2):
                self._cut(s, side)
            if self.state[s, SYNCED]:
                self._judge(s, 0)

    def apply(self, columns: tuple, first: cython.Py_ssize_t, count: cython.Py_ssize_t) -> int:
        """Apply the messages [first, count) of *columns*, BookColumns.arrays.

        Gives how far it came: short of *count* only when the turns have to be read (and `turned` set to 0) first.
        """
        slot: cython.int[::1] = columns[0]
        is_snapshot: cython.uchar[::1] = columns[1]
        ts_event: cython.longlong[::1] = columns[2]
        ts_recv: cython.longlong[::1] = columns[3]
        update_id: cython.longlong[::1] = columns[5]
        previous_id: cython.longlong[::1] = columns[6]
        start: cython.int[::1] = columns[7]
        bids: cython.int[::1] = columns[8]
        asks: cython.int[::1] = columns[9]
        self.price = columns[10]
        self.size = columns[11]
        i: cython.Py_ssize_t
        for i in range(first, count):
            if self.turned + 2 > self.turns.shape[0]:
                return i
            self._take(
                slot[i], is_snapshot[i], ts_event[i], ts_recv[i], update_id[i], previous_id[i], start[i], bids[i],
                asks[i],
            )  # fmt: skip
        return count

    def settle(
        self, s: cython.Py_ssize_t, ts_event: cython.longlong, ts_recv: cython.longlong, update_id: cython.longlong,
        levels: tuple, bids: cython.Py_ssize_t, asks: cython.Py_ssize_t,
    ) -> bool:  # fmt: skip
        """Fit a snapshot that came by REST into the stream; false when it is older than what is known.

        levels: price and size, float64, the bids and behind them the asks. Needs three free turns.
        """
        if not self._fits(s, update_id):
            self.counters[TOO_OLD] += 1
            return False
        room: cython.Py_ssize_t = self.state[s, ROOM] - 1
        # While its contents are read the room is not the book's any more, and nobody gets it.
        self.state[s, ROOM] = 0
        if room >= 0:
            self.rooms[room, OPENED] = HELD
        self.price = levels[0]
        self.size = levels[1]
        self._take(s, True, ts_event, ts_recv, update_id, -1, 0, bids, asks)
        if room < 0:
            return True
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t = 0
        self.price = self.prices[room]
        self.size = self.amounts[room]
        for i in range(self.rooms[room, COUNT]):
            if not self.state[s, SYNCED]:
                break
            bids = self.waiting[room, i, 5]
            asks = self.waiting[room, i, 6]
            # Each was received before the snapshot and takes effect with it.
            self._take(
                s, False, self.waiting[room, i, 0], ts_recv, self.waiting[room, i, 3], self.waiting[room, i, 4], start,
                bids, asks,
            )  # fmt: skip
            start += bids + asks
        self.rooms[room, OWNER] = 0
        return True

    def lose(self, s: cython.Py_ssize_t, ts: cython.longlong, reason: cython.int) -> None:
        """What is known of series *s* does not hold any more. A series that was out of sync forgets what waited."""
        if self.state[s, SYNCED]:
            self._break(s, reason, ts)
        else:
            self.state[s, REASON] = reason
            self.state[s, SEEN] = 0
            self._leave_room(s)

    def leave(self, s: cython.Py_ssize_t) -> None:
        """Forget series *s*, and give its room back."""
        c: cython.Py_ssize_t
        self._leave_room(s)
        for c in range(self.state.shape[1]):
            self.state[s, c] = 0
        for c in range(self.breaks.shape[1]):
            self.breaks[s, c] = 0
        self._forget_levels(s)

    def within(self, bps: cython.double, out: cython.double[:, ::1]) -> None:
        """Size of bids and of asks within *bps* of the mid, in quote currency: (series, 2), -1 where it is not known.

        Not known: out of sync, a side empty, or a side cut nearer to the mid than that, by us or by the exchange.
        """
        s: cython.Py_ssize_t
        side: cython.Py_ssize_t
        i: cython.Py_ssize_t
        n: cython.Py_ssize_t
        base: cython.Py_ssize_t
        mid: cython.double
        limit: cython.double
        total: cython.double
        for s in range(self.state.shape[0]):
            for side in range(2):
                out[s, side] = -1.0
            if not self.state[s, SYNCED] or self.state[s, LEVELS] == 0 or self.state[s, LEVELS + 1] == 0:
                continue
            mid = 0.0
            for side in range(2):
                base = (s * 2 + side) * self.stored
                i = self.keys[base + self.state[s, LEVELS + side] - 1]
                mid += 0.5 * (i if side == 0 else -i)
            for side in range(2):
                base = (s * 2 + side) * self.stored
                n = self.state[s, LEVELS + side]
                limit = mid * (1.0 - bps * 1e-4) if side == 0 else -mid * (1.0 + bps * 1e-4)
                if self.state[s, HORIZON + side] != NO_HORIZON and limit < self.state[s, HORIZON + side]:
                    continue
                # A full window of the exchange ends at its last level: what lies beyond, it does not tell.
                if self.is_windowed and n == self.stored and limit < self.keys[base]:
                    continue
                total = 0.0
                i = n - 1
                while i >= 0 and self.keys[base + i] >= limit:
                    total += self.sizes[base + i] * self.keys[base + i]
                    i -= 1
                out[s, side] = (total if side == 0 else -total) / self.per_tick[s]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _take(
        self, s: cython.Py_ssize_t, is_snapshot: cython.bint, ts_event: cython.longlong, ts_recv: cython.longlong,
        update_id: cython.longlong, previous_id: cython.longlong, start: cython.Py_ssize_t, bids: cython.Py_ssize_t,
        asks: cython.Py_ssize_t,
    ) -> cython.void:  # fmt: skip
        """One message: drop it, let it wait, apply it, or break the book on it."""
        last: cython.longlong = self.state[s, LAST_ID]
        reason: cython.int = 0
        if is_snapshot:
            self.counters[SNAPSHOTS] += 1
            self._forget_levels(s)
        else:
            if not self.state[s, SYNCED]:
                self._wait(s, ts_event, ts_recv, update_id, previous_id, start, bids, asks)
                return
            if update_id < last or (update_id == last and not (self.state[s, IS_JOINING] and previous_id >= 0)):
                self.counters[STALE] += 1
                return
            if previous_id < 0:
                reason = 0 if update_id == last + 1 else GAP
            elif self.state[s, IS_JOINING]:
                # The snapshot stands somewhere between the two ends of this message.
                reason = 0 if previous_id <= last else GAP
            else:
                reason = 0 if previous_id == last else GAP
        if reason == 0:
            reason = self._change(s, 0, is_snapshot, start, bids)
        if reason == 0:
            reason = self._change(s, 1, is_snapshot, start + bids, asks)
        if reason == 0:
            reason = self._judge(s, is_snapshot)
        if reason:
            self._break(s, reason, ts_recv)
            if not is_snapshot:
                self._wait(s, ts_event, ts_recv, update_id, previous_id, start, bids, asks)
            return
        self.state[s, LAST_ID] = update_id
        self.state[s, TS_EVENT] = ts_event
        self.state[s, TS_RECV] = ts_recv
        self.state[s, IS_JOINING] = is_snapshot
        if is_snapshot:
            self._enter(s, ts_recv)
        else:
            self.counters[DELTAS] += 1
            if self.state[s, IS_THIN] and self.by_rest:
                self._keep(s, ts_event, ts_recv, update_id, previous_id, start, bids, asks)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _change(
        self, s: cython.Py_ssize_t, side: cython.Py_ssize_t, is_snapshot: cython.bint, start: cython.Py_ssize_t,
        count: cython.Py_ssize_t,
    ) -> cython.int:  # fmt: skip
        """Apply *count* levels to one side: removals, then all others. Gives OFF_TICK, or 0."""
        keys: cython.longlong[::1] = self.keys
        sizes: cython.double[::1] = self.sizes
        price: cython.double[::1] = self.price
        size: cython.double[::1] = self.size
        base: cython.Py_ssize_t = (s * 2 + side) * self.stored
        n: cython.Py_ssize_t = self.state[s, LEVELS + side]
        kept: cython.Py_ssize_t = self.kept
        horizon: cython.longlong = self.state[s, HORIZON + side]
        per_tick: cython.double = self.per_tick[s]
        scaled: cython.double
        off: cython.double
        key: cython.longlong
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        low: cython.Py_ssize_t
        high: cython.Py_ssize_t
        middle: cython.Py_ssize_t
        removes: cython.int
        for removes in range(1, -1, -1):
            # The worst first, as a snapshot has them last: each is then put behind the others.
            for i in range(start + count - 1, start - 1, -1):
                if removes:
                    scaled = price[i] * per_tick
                    if not (0.5 <= scaled < MAX_TICKS):
                        return OFF_TICK
                    key = cython.cast(cython.longlong, scaled + 0.5)
                    off = scaled - key
                    if off > TICK_TOLERANCE or off < -TICK_TOLERANCE:
                        return OFF_TICK
                    if size[i] != 0.0 or n == 0:
                        continue
                elif size[i] == 0.0:
                    continue
                else:
                    key = cython.cast(cython.longlong, price[i] * per_tick + 0.5)
                if side:
                    key = -key
                low = base
                high = base + n
                while low < high:
                    middle = (low + high) >> 1
                    if keys[middle] < key:
                        low = middle + 1
                    else:
                        high = middle
                high = base + n
                if low < high and keys[low] == key:
                    if removes:
                        n -= 1
                        for j in range(low, base + n):
                            keys[j] = keys[j + 1]
                            sizes[j] = sizes[j + 1]
                    else:
                        sizes[low] = size[i]
                    continue
                if removes or key < horizon:
                    continue
                if n < kept:
                    j = high
                    while j > low:
                        keys[j] = keys[j - 1]
                        sizes[j] = sizes[j - 1]
                        j -= 1
                    keys[low] = key
                    sizes[low] = size[i]
                    n += 1
                    continue
                # The worst one goes, which may be this one.
                if low > base:
                    for j in range(base, low - 1):
                        keys[j] = keys[j + 1]
                        sizes[j] = sizes[j + 1]
                    keys[low - 1] = key
                    sizes[low - 1] = size[i]
                horizon = keys[base]
        if is_snapshot and not self.is_windowed and n >= kept:
            horizon = keys[base]
        self.state[s, LEVELS + side] = n
        self.state[s, HORIZON + side] = horizon
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _judge(self, s: cython.Py_ssize_t, is_snapshot: cython.bint) -> cython.int:
        """Whether the book can be: CROSSED, THIN when a cut side has nothing left, or 0. Notes whether it is thin."""
        n: cython.Py_ssize_t
        side: cython.Py_ssize_t
        is_thin: cython.bint = False
        bids: cython.Py_ssize_t = self.state[s, LEVELS]
        asks: cython.Py_ssize_t = self.state[s, LEVELS + 1]
        base: cython.Py_ssize_t = s * 2 * self.stored
        if bids and asks and self.keys[base + bids - 1] + self.keys[base + self.stored + asks - 1] >= 0:
            return CROSSED
        for side in range(2):
            if self.state[s, HORIZON + side] != NO_HORIZON:
                n = self.state[s, LEVELS + side]
                if n == 0:
                    return THIN
                if n < self.depth:
                    is_thin = True
        if is_thin and not self.state[s, IS_THIN] and not is_snapshot:
            self.counters[REFILLS] += 1
        if self.state[s, IS_THIN] and not is_thin:
            self._leave_room(s)
        self.state[s, IS_THIN] = is_thin
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _enter(self, s: cython.Py_ssize_t, ts: cython.longlong) -> cython.void:
        """A snapshot holds: the book is in sync, and what waited for it is gone."""
        out_ns: cython.longlong = 0
        self._leave_room(s)
        self.state[s, SEEN] = 0
        if self.state[s, SYNCED]:
            return
        if self.state[s, SINCE] and ts > self.state[s, SINCE]:
            out_ns = ts - self.state[s, SINCE]
        self.state[s, SYNCED] = 1
        self.state[s, SINCE] = ts
        self.state[s, OUT_NS] += out_ns
        self.counters[SYNCS] += 1
        self._turn(s, 1, ts, out_ns)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _break(self, s: cython.Py_ssize_t, reason: cython.int, ts: cython.longlong) -> cython.void:
        """Out of sync, for *reason*; a snapshot that does not hold counts as well."""
        self.breaks[s, reason] += 1
        self.counters[BROKEN + reason] += 1
        self.state[s, REASON] = reason
        self.state[s, SEEN] = 0
        self.state[s, IS_THIN] = 0
        self.state[s, IS_JOINING] = 0
        self._leave_room(s)
        self._forget_levels(s)
        if self.state[s, SYNCED]:
            self.state[s, SYNCED] = 0
            self.state[s, SINCE] = ts
            self._turn(s, 0, ts, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _turn(
        self, s: cython.Py_ssize_t, is_synced: cython.longlong, ts: cython.longlong, out_ns: cython.longlong
    ) -> cython.void:
        self.turns[self.turned, 0] = s
        self.turns[self.turned, 1] = is_synced
        self.turns[self.turned, 2] = self.state[s, REASON]
        self.turns[self.turned, 3] = ts
        self.turns[self.turned, 4] = out_ns
        self.turned += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _forget_levels(self, s: cython.Py_ssize_t) -> cython.void:
        side: cython.Py_ssize_t
        for side in range(2):
            self.state[s, LEVELS + side] = 0
            self.state[s, HORIZON + side] = NO_HORIZON

    @cython.cfunc
    @cython.exceptval(check=False)
    def _cut(self, s: cython.Py_ssize_t, side: cython.Py_ssize_t) -> cython.void:
        """Leave the best `kept` levels of a side."""
        base: cython.Py_ssize_t = (s * 2 + side) * self.stored
        n: cython.Py_ssize_t = self.state[s, LEVELS + side]
        j: cython.Py_ssize_t
        over: cython.Py_ssize_t = n - self.kept
        if over <= 0:
            return
        for j in range(base, base + self.kept):
            self.keys[j] = self.keys[j + over]
            self.sizes[j] = self.sizes[j + over]
        self.state[s, LEVELS + side] = self.kept
        self.state[s, HORIZON + side] = self.keys[base]

    @cython.cfunc
    @cython.exceptval(check=False)
    def _wait(
        self, s: cython.Py_ssize_t, ts_event: cython.longlong, ts_recv: cython.longlong, update_id: cython.longlong,
        previous_id: cython.longlong, start: cython.Py_ssize_t, bids: cython.Py_ssize_t, asks: cython.Py_ssize_t,
    ) -> cython.void:  # fmt: skip
        """A delta of a book that is out of sync."""
        self.state[s, SEEN] += 1
        if self.state[s, SINCE] == 0:
            self.state[s, SINCE] = ts_recv
        if self.by_rest:
            self._keep(s, ts_event, ts_recv, update_id, previous_id, start, bids, asks)
        else:
            self.counters[DROPPED] += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _keep(
        self, s: cython.Py_ssize_t, ts_event: cython.longlong, ts_recv: cython.longlong, update_id: cython.longlong,
        previous_id: cython.longlong, start: cython.Py_ssize_t, bids: cython.Py_ssize_t, asks: cython.Py_ssize_t,
    ) -> cython.void:  # fmt: skip
        """Let a delta wait in the room of its book; in a full room it is the first one again, what came before goes."""
        room: cython.Py_ssize_t = self._room(s, ts_recv)
        n: cython.Py_ssize_t
        at: cython.Py_ssize_t
        i: cython.Py_ssize_t
        if room < 0:
            self.counters[DROPPED] += 1
            return
        n = self.rooms[room, COUNT]
        at = self.rooms[room, FILLED]
        if n == self.waiting.shape[1] or at + bids + asks > self.prices.shape[1]:
            self.counters[DROPPED] += n
            n = 0
            at = 0
            self.rooms[room, COUNT] = 0
            self.rooms[room, FILLED] = 0
            if bids + asks > self.prices.shape[1]:
                self.counters[DROPPED] += 1
                return
        self.waiting[room, n, 0] = ts_event
        self.waiting[room, n, 1] = ts_recv
        self.waiting[room, n, 2] = start
        self.waiting[room, n, 3] = update_id
        self.waiting[room, n, 4] = previous_id
        self.waiting[room, n, 5] = bids
        self.waiting[room, n, 6] = asks
        for i in range(bids + asks):
            self.prices[room, at + i] = self.price[start + i]
            self.amounts[room, at + i] = self.size[start + i]
        self.rooms[room, COUNT] = n + 1
        self.rooms[room, FILLED] = at + bids + asks
        self.counters[BUFFERED] += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _room(self, s: cython.Py_ssize_t, ts: cython.longlong) -> cython.Py_ssize_t:
        """The room of series *s*, one that is free, or one that was held for too long; -1 when there is none."""
        room: cython.Py_ssize_t = self.state[s, ROOM] - 1
        i: cython.Py_ssize_t
        if room >= 0:
            return room
        for i in range(self.rooms.shape[0]):
            if self.rooms[i, OWNER] == 0:
                room = i
                break
            if room < 0 and ts - self.rooms[i, OPENED] > ROOM_NS:
                room = i
        if room < 0:
            return -1
        if self.rooms[room, OWNER]:
            self.counters[DROPPED] += self.rooms[room, COUNT]
            self._leave_room(self.rooms[room, OWNER] - 1)
        self.rooms[room, OWNER] = s + 1
        self.rooms[room, COUNT] = 0
        self.rooms[room, FILLED] = 0
        self.rooms[room, OPENED] = ts
        self.state[s, ROOM] = room + 1
        return room

    @cython.cfunc
    @cython.exceptval(check=False)
    def _leave_room(self, s: cython.Py_ssize_t) -> cython.void:
        if self.state[s, ROOM]:
            self.rooms[self.state[s, ROOM] - 1, OWNER] = 0
            self.state[s, ROOM] = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fits(self, s: cython.Py_ssize_t, update_id: cython.longlong) -> cython.bint:
        """Whether nothing is missing between a snapshot at *update_id* and what came of the stream so far."""
        room: cython.Py_ssize_t = self.state[s, ROOM] - 1
        i: cython.Py_ssize_t
        newest: cython.longlong = self.state[s, LAST_ID] if self.state[s, SYNCED] else -1
        if room >= 0:
            for i in range(self.rooms[room, COUNT]):
                if self.waiting[room, i, 3] >= update_id:
                    return self.waiting[room, i, 4] <= update_id
        return update_id >= newest
