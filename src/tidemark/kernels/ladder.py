# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The order books of all markets, as a function of their best quotes: 1,000 levels a side that nobody has to store.

The best level is what the tickers tell. Behind it lie the multiples of the market's spacing, and the size of each is a
hash of its price and of the turn in which it changed last: every turn (a quote, or an order that trades) changes one
residue class of levels on each side. So any level of any turn can be told at any time, and two tellings agree.

Memory: 72 bytes a slot; of a stream that is told about 500 bytes, and 16 for each best price of one interval between
two messages; one list of prices, 8 bytes each, as long as the longest message.
"""

from collections.abc import Collection
from typing import Any
from zlib import crc32

import cython
import numpy as np

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.tidemark.kernels.page import Grids, Page
else:
    from tidemark.kernels.page import Grids, Page

DEPTH = 1000
NEVER_MS = 1 << 62
# One level in so many changes with a turn; the classes follow each other so that each has its turn.
CLASSES = 128
STEP = 37
STEP_BACK = pow(STEP, -1, CLASSES)
# Sizes by hash: most levels hold little, a few hold a wall (a Pareto tail of 1.3 in 256 steps).
TAIL = tuple(((256.0 / (256.5 - k)) ** (1 / 1.3)) - 0.99 for k in range(256))

LAST_CLASS = cython.declare(cython.longlong, CLASSES - 1)
HALF = cython.declare(cython.longlong, CLASSES // 2)
STEPS = cython.declare(cython.longlong, STEP)
STEPS_BACK = cython.declare(cython.longlong, STEP_BACK)
NEVER = cython.declare(cython.longlong, NEVER_MS)
U64 = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
OF_PRICE = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
OF_TURN = cython.declare(cython.ulonglong, 0xC2B2AE3D27D4EB4F)
MIX = cython.declare(cython.ulonglong, 0x94D049BB133111EB)


@cython.cclass
class Touch:
    """The state of one book: its turn, and the best level of both sides."""

    def __init__(
        self, turn: cython.longlong, bid: cython.longlong, ask: cython.longlong, bid_lots: cython.longlong,
        ask_lots: cython.longlong,
    ) -> None:  # fmt: skip
        self.turn = turn
        self.bid = bid
        self.ask = ask
        self.bid_lots = bid_lots
        self.ask_lots = ask_lots

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Touch) and self.told() == other.told()

    def __hash__(self) -> int:
        return hash(self.told())

    def told(self) -> tuple:
        """All of it: turn, bid, ask and their lots."""
        return self.turn, self.bid, self.ask, self.bid_lots, self.ask_lots


@cython.cclass
class Books:
    """The books of *slots* markets."""

    def __init__(self, slots: cython.Py_ssize_t) -> None:
        self.bids = view(np.ones(slots, np.int64))
        self.asks = view(np.ones(slots, np.int64))
        self.bid_lots = view(np.ones(slots, np.int64))
        self.ask_lots = view(np.ones(slots, np.int64))
        self.turns = view(np.zeros(slots, np.int64))
        self.times_ms = view(np.zeros(slots, np.int64))
        self.spacing = view(np.ones(slots, np.int64))
        self.worth = view(np.ones(slots))
        self.keys = view(np.zeros(slots, np.int64))
        self.tail = view(np.array(TAIL))

    def place(self, slot: int, symbol: str, half_spread: int, lot_value: float, time_ms: int) -> None:
        """Give *slot* to a market whose lot is worth *lot_value* and whose bid and ask lie 2 x *half_spread* apart."""
        self.keys[slot] = crc32(symbol.encode()) << 20
        self.spacing[slot] = max(1, half_spread // 4)
        self.worth[slot] = 40.0 / min(lot_value, 40.0)
        self.turn(slot, time_ms)

    @cython.ccall
    @cython.exceptval(-1)
    def quote(
        self, slot: cython.Py_ssize_t, time_ms: cython.longlong, bid: cython.longlong, ask: cython.longlong,
        bid_lots: cython.longlong, ask_lots: cython.longlong,
    ) -> cython.int:  # fmt: skip
        """The best bid and ask changed."""
        self.bids[slot] = bid
        self.asks[slot] = ask
        self.bid_lots[slot] = bid_lots
        self.ask_lots[slot] = ask_lots
        return self.turn(slot, time_ms)

    @cython.ccall
    @cython.exceptval(-1)
    def turn(self, slot: cython.Py_ssize_t, time_ms: cython.longlong) -> cython.int:
        """Something happened behind the best levels."""
        self.turns[slot] += 1
        self.times_ms[slot] = time_ms
        return 0

    def touch(self, slot: cython.Py_ssize_t) -> Touch:
        """The state of a book now."""
        return Touch(self.turns[slot], self.bids[slot], self.asks[slot], self.bid_lots[slot], self.ask_lots[slot])

    @cython.cfunc
    @cython.exceptval(check=False)
    def nearest(self, slot: cython.Py_ssize_t, is_bid: cython.bint, best: cython.longlong) -> cython.longlong:
        """The multiple of the spacing right behind *best*."""
        return (best - 1) // self.spacing[slot] if is_bid else best // self.spacing[slot] + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def farthest(
        self, slot: cython.Py_ssize_t, is_bid: cython.bint, best: cython.longlong, depth: cython.longlong
    ) -> cython.longlong:
        """The last multiple behind *best* in a book of *depth* levels."""
        far: cython.longlong = self.nearest(slot, is_bid, best)
        if not is_bid:
            return far + depth - 2
        far = far - depth + 2
        return far if far > 1 else 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def size_of(
        self, slot: cython.Py_ssize_t, is_bid: cython.bint, multiple: cython.longlong, turn: cython.longlong
    ) -> cython.longlong:
        """The size at a multiple of the spacing, as it lies there in *turn*."""
        since: cython.longlong = turn - ((turn - (multiple - (HALF if is_bid else 0)) * STEPS_BACK) & LAST_CLASS)
        key: cython.longlong = self.keys[slot] + multiple * 2 + (1 if is_bid else 0)
        mixed: cython.ulonglong = (
            cython.cast(cython.ulonglong, key) * OF_PRICE + cython.cast(cython.ulonglong, since) * OF_TURN
        ) & U64
        mixed = ((mixed ^ (mixed >> 31)) * MIX) & U64
        share: cython.double = self.tail[mixed >> 56] + ((mixed >> 48) & 255) / 1024.0
        return 1 + cython.cast(cython.longlong, share * self.worth[slot])

    @cython.cfunc
    @cython.exceptval(check=False)
    def size_at(
        self, slot: cython.Py_ssize_t, turn: cython.longlong, best: cython.longlong, best_lots: cython.longlong,
        depth: cython.longlong, price: cython.longlong, is_bid: cython.bint,
    ) -> cython.longlong:  # fmt: skip
        """The size at *price* in a book of *depth* levels; 0 where it has none."""
        if price == best:
            return best_lots
        multiple: cython.longlong = price // self.spacing[slot]
        if multiple * self.spacing[slot] != price:
            return 0
        near: cython.longlong = self.nearest(slot, is_bid, best)
        far: cython.longlong = self.farthest(slot, is_bid, best, depth)
        if (multiple > near or multiple < far) if is_bid else (multiple < near or multiple > far):
            return 0
        return self.size_of(slot, is_bid, multiple, turn)

    def lots(self, slot: int, *, is_bid: bool, multiple: int, turn: int) -> int:
        """The size at a multiple of the spacing, as it lies there in *turn*."""
        return self.size_of(slot, is_bid, multiple, turn)

    def at(self, slot: int, touch: Touch, depth: int, price: int, *, is_bid: bool) -> int:
        """The size at *price* in a book of *depth* levels; 0 where it has none."""
        if is_bid:
            return self.size_at(slot, touch.turn, touch.bid, touch.bid_lots, depth, price, True)
        return self.size_at(slot, touch.turn, touch.ask, touch.ask_lots, depth, price, False)

    def side(self, slot: int, touch: Touch, depth: int, *, is_bid: bool) -> list:
        """The levels of a side, (ticks, lots), the best first."""
        k: cython.longlong
        best: cython.longlong = touch.bid if is_bid else touch.ask
        step: cython.longlong = -1 if is_bid else 1
        k = self.nearest(slot, is_bid, best)
        far: cython.longlong = self.farthest(slot, is_bid, best, depth)
        told: list = [(best, touch.bid_lots if is_bid else touch.ask_lots)]
        while (far - k) * step >= 0:
            told.append((k * self.spacing[slot], self.size_of(slot, is_bid, k, touch.turn)))
            k += step
        return told

    @cython.cfunc
    @cython.exceptval(-1)
    def write_side(
        self, page: Page, grids: Grids, slot: cython.Py_ssize_t, touch: Touch, depth: cython.longlong,
        is_bid: cython.bint,
    ) -> cython.int:  # fmt: skip
        """Write the levels of a side, the best first, as a JSON list."""
        best: cython.longlong = touch.bid if is_bid else touch.ask
        step: cython.longlong = -1 if is_bid else 1
        k: cython.longlong = self.nearest(slot, is_bid, best)
        far: cython.longlong = self.farthest(slot, is_bid, best, depth)
        page.text(b'[["')
        page.price(grids, slot, best)
        page.text(b'","')
        page.size(grids, slot, touch.bid_lots if is_bid else touch.ask_lots)
        while (far - k) * step >= 0:
            page.text(b'"],["')
            page.price(grids, slot, k * self.spacing[slot])
            page.text(b'","')
            page.size(grids, slot, self.size_of(slot, is_bid, k, touch.turn))
            k += step
        page.text(b'"]]')
        return 0


@cython.cclass
class Told:
    """What the subscribers of one stream know of a book, and what may have changed since.

    `number` is that of its topic, `head` the text before what changes in its messages.
    """

    def __init__(
        self, topic: str, head: bytes, slot: int, depth: int, every_ms: int, touch: Touch, update_id: int, now_ms: int
    ) -> None:
        self.topic = topic
        self.head = head
        self.slot = slot
        self.depth = depth
        self.every_ms = every_ms
        self.number = -1
        self.due_ms = 0
        self.order = 0
        self.bids = view(np.zeros(4, np.int64))
        self.asks = view(np.zeros(4, np.int64))
        self.commit(touch, update_id, now_ms)

    @cython.ccall
    @cython.exceptval(-1)
    def note(self, bid: cython.longlong, ask: cython.longlong) -> cython.int:
        """A turn passed with these best prices."""
        i: cython.Py_ssize_t = 0
        while i < self.bid_count and self.bids[i] != bid:
            i += 1
        if i == self.bid_count:
            if i == self.bids.shape[0]:
                self.bids = view(np.concatenate((self.bids, np.zeros(i, np.int64))))
            self.bids[i] = bid
            self.bid_count += 1
        i = 0
        while i < self.ask_count and self.asks[i] != ask:
            i += 1
        if i == self.ask_count:
            if i == self.asks.shape[0]:
                self.asks = view(np.concatenate((self.asks, np.zeros(i, np.int64))))
            self.asks[i] = ask
            self.ask_count += 1
        return 0

    @cython.ccall
    @cython.exceptval(-1)
    def commit(self, touch: Touch, update_id: cython.longlong, now_ms: cython.longlong) -> cython.int:
        """*touch* was told under *update_id*."""
        self.touch = touch
        self.update_id = update_id
        self.told_ms = now_ms
        self.is_due = False
        # What was told last counts among the best prices of the next interval.
        self.bids[0] = touch.bid
        self.asks[0] = touch.ask
        self.bid_count = 1
        self.ask_count = 1
        return 0


@cython.cclass
class BookTopics:
    """The book streams that somebody wants, and when the next message of each is due."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.of_topic: dict = {}  # bounded: the book streams that are subscribed
        self.of_slot: list = [[] for _ in range(len(books.turns))]  # bounded: the book streams that are subscribed
        self.due: list = []  # bounded: each of them once
        self.count = 0
        self.next_ms = NEVER
        self.prices = view(np.zeros(256, np.int64))

    def keep(self, topics: Collection[str]) -> None:
        """Forget all streams but *topics*."""
        for topic in [topic for topic in self.of_topic if topic not in topics]:
            self.drop(topic)

    def leave(self, slot: int) -> None:
        """The market in *slot* is another now."""
        for told in list(self.of_slot[slot]):
            self.drop(told.topic)

    def drop(self, topic: str) -> None:
        """Forget a stream."""
        told = self.of_topic.pop(topic)
        self.of_slot[told.slot].remove(told)
        if told in self.due:
            self.due.remove(told)
        self.look()

    def begin(
        self, topic: str, slot: int, depth: int, every_ms: int, update_id: int, now_ms: int, head: bytes = b""
    ) -> Told:
        """Tell *topic* from now on."""
        told = Told(topic, head, slot, depth, every_ms, self.books.touch(slot), update_id, now_ms)
        self.of_topic[topic] = told
        self.of_slot[slot].append(told)
        return told

    def look(self) -> None:
        """See when the next message is due."""
        self.next_ms = NEVER
        if self.due:
            first: Told = self.due[0]
            self.next_ms = first.due_ms

    @cython.ccall
    @cython.exceptval(-1)
    def moved(self, slot: cython.Py_ssize_t, time_ms: cython.longlong) -> cython.int:
        """A turn of the book in *slot* passed at *time_ms*."""
        low: cython.Py_ssize_t
        high: cython.Py_ssize_t
        middle: cython.Py_ssize_t
        told: Told
        other: Told
        some: list = self.of_slot[slot]
        for told in some:
            told.note(self.books.bids[slot], self.books.asks[slot])
            if told.is_due:
                continue
            told.is_due = True
            self.count += 1
            told.order = self.count
            told.due_ms = (time_ms // told.every_ms + 1) * told.every_ms
            # Behind all that are due then or before: those came earlier.
            low = 0
            high = len(self.due)
            while low < high:
                middle = (low + high) // 2
                other = self.due[middle]
                if other.due_ms <= told.due_ms:
                    low = middle + 1
                else:
                    high = middle
            self.due.insert(low, told)
            if told.due_ms < self.next_ms:
                self.next_ms = told.due_ms
        return 0

    @cython.cfunc
    def pop(self) -> Told:
        """The stream whose message is due next; there is one."""
        told: Told = self.due.pop(0)
        self.next_ms = NEVER
        if self.due:
            first: Told = self.due[0]
            self.next_ms = first.due_ms
        return told

    def take(self, until_ms: cython.longlong) -> Any:
        """The next stream whose message is due at *until_ms* or before, and when it is."""
        if self.next_ms > until_ms or not self.due:
            return None
        told: Told = self.pop()
        return told.due_ms, told

    def idle(self, now_ms: int, after_ms: int) -> list:
        """The streams that told nothing for *after_ms*, and have nothing to tell."""
        return [told for told in self.of_topic.values() if not told.is_due and now_ms - told.told_ms >= after_ms]

    def touched(self, told: Told, *, is_bid: bool) -> list:
        """All prices whose level changed since, were it only for a while; from the best on."""
        count = self.collect(told, is_bid)
        return [int(self.prices[i]) for i in range(count)]

    @cython.cfunc
    @cython.exceptval(-1)
    def collect(self, told: Told, is_bid: cython.bint) -> cython.Py_ssize_t:
        """Write what was touched into `prices`; gives how many there are."""
        books: Books = self.books
        slot: cython.Py_ssize_t = told.slot
        spacing: cython.longlong = books.spacing[slot]
        turn: cython.longlong = books.turns[slot]
        bests: cython.longlong[::1] = told.bids if is_bid else told.asks
        count: cython.Py_ssize_t = told.bid_count if is_bid else told.ask_count
        low: cython.longlong = bests[0]
        high: cython.longlong = bests[0]
        n: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        for i in range(count):
            if bests[i] < low:
                low = bests[i]
            if bests[i] > high:
                high = bests[i]
        # The book of a side reaches from the first to the last of these multiples while its best price is the lowest,
        # and while it is the highest.
        if is_bid:
            low_first: cython.longlong = books.farthest(slot, is_bid, low, told.depth)
            low_last: cython.longlong = books.nearest(slot, is_bid, low)
            high_first: cython.longlong = books.farthest(slot, is_bid, high, told.depth)
            high_last: cython.longlong = books.nearest(slot, is_bid, high)
        else:
            low_first = books.nearest(slot, is_bid, low)
            low_last = books.farthest(slot, is_bid, low, told.depth)
            high_first = books.nearest(slot, is_bid, high)
            high_last = books.farthest(slot, is_bid, high, told.depth)
        self.reserve(count)
        for i in range(count):
            self.prices[i] = bests[i]
        n = count
        # What came into the book or left it at its near and at its far end, and the classes that had their turn.
        if high_first > low_first:
            self.add_range(n, low_first, high_first, spacing)
            n += high_first - low_first
        if high_last > low_last:
            self.add_range(n, low_last + 1, high_last + 1, spacing)
            n += high_last - low_last
        shift: cython.longlong = HALF if is_bid else 0
        since: cython.longlong = told.touch.turn
        if since < turn - (LAST_CLASS + 1):
            since = turn - (LAST_CLASS + 1)
        while since < turn:
            since += 1
            k: cython.longlong = low_first + ((since * STEPS + shift - low_first) & LAST_CLASS)
            while k <= high_last:
                if n == self.prices.shape[0]:
                    self.reserve(2 * n)
                self.prices[n] = k * spacing
                n += 1
                k += LAST_CLASS + 1
        return sort(self.prices, n, is_bid)

    def reserve(self, count: cython.Py_ssize_t) -> None:
        """Room for so many prices."""
        if count > self.prices.shape[0]:
            self.prices = view(np.concatenate((self.prices, np.zeros(2 * count, np.int64))))

    @cython.cfunc
    @cython.exceptval(-1)
    def add_range(
        self, n: cython.Py_ssize_t, first: cython.longlong, stop: cython.longlong, spacing: cython.longlong
    ) -> cython.int:
        """Write the multiples from *first* to before *stop* into `prices`, from its *n*-th on."""
        k: cython.longlong
        self.reserve(n + stop - first)
        for k in range(first, stop):
            self.prices[n + k - first] = k * spacing
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def write_changes(
        self, page: Page, grids: Grids, told: Told, is_bid: cython.bint, is_all: cython.bint
    ) -> cython.int:
        """Write the levels that changed since, or with *is_all* all that were touched, as a JSON list; how many."""
        books: Books = self.books
        before: Touch = told.touch
        slot: cython.Py_ssize_t = told.slot
        turn: cython.longlong = books.turns[slot]
        best: cython.longlong = books.bids[slot] if is_bid else books.asks[slot]
        best_lots: cython.longlong = books.bid_lots[slot] if is_bid else books.ask_lots[slot]
        best_before: cython.longlong = before.bid if is_bid else before.ask
        lots_before: cython.longlong = before.bid_lots if is_bid else before.ask_lots
        lots: cython.longlong
        price: cython.longlong
        written: cython.int = 0
        i: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.collect(told, is_bid)
        for i in range(count):
            price = self.prices[i]
            lots = books.size_at(slot, turn, best, best_lots, told.depth, price, is_bid)
            if not is_all and lots == books.size_at(
                slot, before.turn, best_before, lots_before, told.depth, price, is_bid
            ):
                continue
            page.text(b'"],["' if written else b'[["')
            page.price(grids, slot, price)
            page.text(b'","')
            page.size(grids, slot, lots)
            written += 1
        page.text(b'"]]' if written else b"[]")
        return written


@cython.cfunc
@cython.exceptval(-1)
def sort(prices: cython.longlong[::1], n: cython.Py_ssize_t, is_falling: cython.bint) -> cython.Py_ssize_t:
    """Sort the first *n* and drop what is there twice; gives how many are left."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    left: cython.Py_ssize_t = 0
    price: cython.longlong
    # Shell's sort: short, and what comes in is made of few sorted runs.
    gap: cython.Py_ssize_t = 1
    while gap < n // 9:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, n):
            price = prices[i]
            j = i
            while j >= gap and (prices[j - gap] < price if is_falling else prices[j - gap] > price):
                prices[j] = prices[j - gap]
                j -= gap
            prices[j] = price
        gap //= 3
    for i in range(n):
        if left == 0 or prices[left - 1] != prices[i]:
            prices[left] = prices[i]
            left += 1
    return left
