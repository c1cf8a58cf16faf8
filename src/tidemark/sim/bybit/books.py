"""Bybit's books: `orderbook.{1,50,200,1000}.SYMBOL`, a snapshot and then what changed since the message before.

After https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook: level 1 is told by snapshots only, again with
the same `u` after 3 seconds without a change; a restart of the service is a snapshot with `u` 1.
"""

from collections.abc import Iterator

from tidemark.sim.book import Books, BookTopics, Ladder, Told
from tidemark.sim.truth import Truth
from tidemark.sim.wanted import Wanted
from tidemark.units import parse_whole

# Levels a side, and the milliseconds between two messages.
DEPTHS = {1: 10, 50: 20, 200: 100, 1000: 200}
REST_DEPTH = 1000
UPDATE_ID = 18_000_000
SEQUENCE = 9_685_000_000
REPEAT_MS = 3000


class BybitBooks:
    """The book streams that somebody wants; what is due of them is written by `kernels/frames_bybit.py`."""

    def __init__(self, truth: Truth, books: Books) -> None:
        self._truth = truth
        self._books = books
        self.topics = BookTopics(books)

    def find(self, topic: str) -> tuple[int, int] | None:
        """Slot and depth of a book topic; None for any other."""
        parts = topic.split(".", 2)
        if len(parts) < 3 or parts[0] != "orderbook":
            return None
        slot, depth = self._truth.slot_of.get(parts[2]), parse_whole(parts[1])
        return None if slot is None or depth is None or depth not in DEPTHS else (slot, depth)

    def keep(self, wanted: Wanted) -> None:
        """Forget what nobody wants any more."""
        self.topics.keep(wanted)
        for topic, told in self.topics.of_topic.items():
            told.number = wanted.numbers[topic]

    def told(self, topic: str, now_ms: int) -> Told | None:
        """The stream *topic*, which is told from now on; None when it is none."""
        found = self.find(topic)
        if found is None:
            return None
        told: Told | None = self.topics.of_topic.get(topic)
        if told is None:
            slot, depth = found
            update_id = UPDATE_ID + self._books.turns[slot]
            head = f'{{"topic":"{topic}","type":"'.encode()
            told = self.topics.begin(topic, slot, depth, DEPTHS[depth], update_id, now_ms, head)
        return told

    def repeated(self, now_ms: int) -> Iterator[Told]:
        """The streams of one level whose books did not change for three seconds: their snapshots are told again."""
        for told in self.topics.idle(now_ms, REPEAT_MS):
            if told.depth == 1:
                told.told_ms = now_ms
                yield told

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it: with the `u` of the stream of 1,000 levels, and in its state, where it is told."""
        books = self._books
        market = self._truth.markets[slot]
        told = None if market is None else self.topics.of_topic.get(f"orderbook.{REST_DEPTH}.{market.symbol}")
        touch = books.touch(slot) if told is None else told.touch
        update_id = UPDATE_ID + touch.turn if told is None else told.update_id
        bids, asks = (books.side(slot, touch, depth, is_bid=is_bid) for is_bid in (True, False))
        return Ladder(bids, asks, update_id, SEQUENCE + touch.turn, books.times_ms[slot])
