"""The order books of all markets, as a function of their best quotes: 1,000 levels a side that nobody has to store.

The best level is what the tickers tell. Behind it lie the multiples of the market's spacing, and the size of each is a
hash of its price and of the turn in which it changed last: every turn (a quote, or an order that trades) changes one
residue class of levels on each side. So any level of any turn can be told at any time, and two tellings agree.

Memory: a few numbers a slot.
"""

from bisect import insort
from zlib import crc32

import msgspec

DEPTH = 1000
NEVER_MS = 1 << 62
# One level in so many changes with a turn; the classes follow each other so that each has its turn.
CLASSES = 128
STEP = 37
STEP_BACK = pow(STEP, -1, CLASSES)
MASK = (1 << 64) - 1
# Sizes by hash: most levels hold little, a few hold a wall (a Pareto tail of 1.3 in 256 steps).
TAIL = tuple(((256.0 / (256.5 - k)) ** (1 / 1.3)) - 0.99 for k in range(256))

# A price in ticks and a size in lots.
Level = tuple[int, int]


class Ladder(msgspec.Struct, frozen=True):
    """A book as REST tells it: levels from the best on, under the venue's ids."""

    bids: list[Level]
    asks: list[Level]
    update_id: int
    sequence: int
    time_ms: int


class Touch(msgspec.Struct, frozen=True, gc=False):
    """The state of one book: its turn, and the best level of both sides."""

    turn: int
    bid: int
    ask: int
    bid_lots: int
    ask_lots: int


class Books:
    """The books of *slots* markets."""

    def __init__(self, slots: int) -> None:
        self.bids, self.asks, self.bid_lots, self.ask_lots = ([1] * slots for _ in range(4))
        self.turns = [0] * slots
        self.times_ms = [0] * slots
        self.spacing = [1] * slots
        self._worth = [1.0] * slots
        self._keys = [0] * slots

    def place(self, slot: int, symbol: str, half_spread: int, lot_value: float, time_ms: int) -> None:
        """Give *slot* to a market whose lot is worth *lot_value* and whose bid and ask lie 2 x *half_spread* apart."""
        self._keys[slot] = crc32(symbol.encode()) << 20
        self.spacing[slot] = max(1, half_spread // 4)
        self._worth[slot] = 40.0 / min(lot_value, 40.0)
        self.turn(slot, time_ms)

    def quote(self, slot: int, time_ms: int, bid: int, ask: int, bid_lots: int, ask_lots: int) -> None:
        """The best bid and ask changed."""
        self.bids[slot], self.asks[slot] = bid, ask
        self.bid_lots[slot], self.ask_lots[slot] = bid_lots, ask_lots
        self.turn(slot, time_ms)

    def turn(self, slot: int, time_ms: int) -> None:
        """Something happened behind the best levels."""
        self.turns[slot] += 1
        self.times_ms[slot] = time_ms

    def touch(self, slot: int) -> Touch:
        """The state of a book now."""
        return Touch(self.turns[slot], self.bids[slot], self.asks[slot], self.bid_lots[slot], self.ask_lots[slot])

    def reach(self, slot: int, *, is_bid: bool, best: int, depth: int) -> tuple[int, int]:
        """The first and the last multiple of the spacing that lie behind *best* in a book of *depth* levels."""
        spacing = self.spacing[slot]
        if is_bid:
            nearest = (best - 1) // spacing
            return max(1, nearest - depth + 2), nearest
        nearest = best // spacing + 1
        return nearest, nearest + depth - 2

    def lots(self, slot: int, *, is_bid: bool, multiple: int, turn: int) -> int:
        """The size at a multiple of the spacing, as it lies there in *turn*."""
        since = turn - (turn - (multiple - (CLASSES // 2 if is_bid else 0)) * STEP_BACK) % CLASSES
        mixed = (self._keys[slot] + multiple * 2 + is_bid) * 0x9E3779B97F4A7C15 + since * 0xC2B2AE3D27D4EB4F & MASK
        mixed = (mixed ^ mixed >> 31) * 0x94D049BB133111EB & MASK
        return 1 + int((TAIL[mixed >> 56] + (mixed >> 48 & 255) / 1024.0) * self._worth[slot])

    def at(self, slot: int, touch: Touch, depth: int, price: int, *, is_bid: bool) -> int:
        """The size at *price* in a book of *depth* levels; 0 where it has none."""
        best = touch.bid if is_bid else touch.ask
        if price == best:
            return touch.bid_lots if is_bid else touch.ask_lots
        multiple, rest = divmod(price, self.spacing[slot])
        first, last = self.reach(slot, is_bid=is_bid, best=best, depth=depth)
        if rest or not first <= multiple <= last:
            return 0
        return self.lots(slot, is_bid=is_bid, multiple=multiple, turn=touch.turn)

    def side(self, slot: int, touch: Touch, depth: int, *, is_bid: bool) -> list[Level]:
        """The levels of a side, the best first."""
        spacing, turn = self.spacing[slot], touch.turn
        best = touch.bid if is_bid else touch.ask
        first, last = self.reach(slot, is_bid=is_bid, best=best, depth=depth)
        multiples = range(last, first - 1, -1) if is_bid else range(first, last + 1)
        told = [(best, touch.bid_lots if is_bid else touch.ask_lots)]
        told += [(k * spacing, self.lots(slot, is_bid=is_bid, multiple=k, turn=turn)) for k in multiples]
        return told


class Told:
    """What the subscribers of one stream know of a book, and what may have changed since.

    Memory: the best prices of one interval between two messages.
    """

    def __init__(
        self, topic: str, slot: int, depth: int, every_ms: int, touch: Touch, update_id: int, now_ms: int
    ) -> None:
        self.topic = topic
        self.slot = slot
        self.depth = depth
        self.every_ms = every_ms
        self.seen_bids: set[int] = set()  # bounded: the best bids of one interval
        self.seen_asks: set[int] = set()  # bounded: the best asks of one interval
        self.commit(touch, update_id, now_ms)

    def note(self, bid: int, ask: int) -> None:
        """A turn passed with these best prices."""
        self.seen_bids.add(bid)
        self.seen_asks.add(ask)

    def commit(self, touch: Touch, update_id: int, now_ms: int) -> None:
        """*touch* was told under *update_id*."""
        self.touch = touch
        self.update_id = update_id
        self.told_ms = now_ms
        self.is_due = False
        self.seen_bids.clear()
        self.seen_asks.clear()

    def touched(self, books: Books, now: Touch, *, is_bid: bool) -> list[int]:
        """All prices whose level changed since, were it only for a while; from the best on."""
        slot, spacing, told = self.slot, books.spacing[self.slot], self.touch
        bests = self.seen_bids if is_bid else self.seen_asks
        bests.add(told.bid if is_bid else told.ask)
        low = books.reach(slot, is_bid=is_bid, best=min(bests), depth=self.depth)
        high = books.reach(slot, is_bid=is_bid, best=max(bests), depth=self.depth)
        prices = set(bests)
        # What came into the book or left it at its near and at its far end, and the classes that had their turn.
        prices.update(k * spacing for k in range(low[0], high[0]))
        prices.update(k * spacing for k in range(low[1] + 1, high[1] + 1))
        shift = CLASSES // 2 if is_bid else 0
        for turn in range(max(told.turn, now.turn - CLASSES) + 1, now.turn + 1):
            first = low[0] + (turn * STEP + shift - low[0]) % CLASSES
            prices.update(k * spacing for k in range(first, high[1] + 1, CLASSES))
        return sorted(prices, reverse=is_bid)


class BookTopics:
    """The book streams that somebody wants, and when the next message of each is due.

    Memory: one `Told` for each of them.
    """

    def __init__(self, books: Books) -> None:
        self.books = books
        self.of_topic: dict[str, Told] = {}  # bounded: the book streams that are subscribed
        self._of_slot: dict[int, list[Told]] = {}  # bounded: the book streams that are subscribed
        self._due: list[tuple[int, int, Told]] = []  # bounded: each of them once
        self._count = 0

    def keep(self, topics: set[str]) -> None:
        """Forget all streams but *topics*."""
        for topic in [topic for topic in self.of_topic if topic not in topics]:
            self.drop(topic)

    def leave(self, slot: int) -> None:
        """The market in *slot* is another now."""
        for told in list(self._of_slot.get(slot, ())):
            self.drop(told.topic)

    def drop(self, topic: str) -> None:
        """Forget a stream."""
        told = self.of_topic.pop(topic)
        self._of_slot[told.slot].remove(told)
        if not self._of_slot[told.slot]:
            del self._of_slot[told.slot]
        self._due = [entry for entry in self._due if entry[2] is not told]

    def begin(self, topic: str, slot: int, depth: int, every_ms: int, update_id: int, now_ms: int) -> Told:
        """Tell *topic* from now on."""
        told = Told(topic, slot, depth, every_ms, self.books.touch(slot), update_id, now_ms)
        self.of_topic[topic] = told
        self._of_slot.setdefault(slot, []).append(told)
        return told

    def moved(self, slot: int, time_ms: int) -> None:
        """A turn of the book in *slot* passed at *time_ms*."""
        for told in self._of_slot.get(slot, ()):
            told.note(self.books.bids[slot], self.books.asks[slot])
            if not told.is_due:
                told.is_due = True
                self._count += 1
                insort(self._due, ((time_ms // told.every_ms + 1) * told.every_ms, self._count, told))

    @property
    def next_ms(self) -> int:
        """When the next message is due; past all time when none is."""
        return self._due[0][0] if self._due else NEVER_MS

    def take(self, until_ms: int) -> tuple[int, Told] | None:
        """The next stream whose message is due at *until_ms* or before, and when it is."""
        if not self._due or self._due[0][0] > until_ms:
            return None
        due_ms, _, told = self._due.pop(0)
        return due_ms, told

    def idle(self, now_ms: int, after_ms: int) -> list[Told]:
        """The streams that told nothing for *after_ms*, and have nothing to tell."""
        return [told for told in self.of_topic.values() if not told.is_due and now_ms - told.told_ms >= after_ms]
