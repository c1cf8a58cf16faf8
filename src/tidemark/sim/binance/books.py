"""Binance's books: `SYMBOL@depth[@100ms|@500ms]`, the changes of the whole book, chained by `U`, `u` and `pu`.

After the pages on diff book depth streams and on keeping a local book: a level may be told that did not change, or that
the listener does not have; what happened between a snapshot of REST and its first message is told again.
"""

from tidemark.sim.book import DEPTH, Books, BookTopics, Ladder
from tidemark.sim.truth import Truth
from tidemark.sim.wanted import Wanted

# The kind of stream, and the milliseconds between two messages.
SPEEDS = {"depth": 250, "depth@100ms": 100, "depth@500ms": 500}
UPDATE_ID = 11_730_000_000_000
# Ids are those of all markets, so that the next one of a market is not the one after.
ID_STEP = 4


class BinanceBooks:
    """The book streams that somebody wants; what is due of them is written by `kernels/frames_binance.py`."""

    def __init__(self, truth: Truth, books: Books) -> None:
        self._truth = truth
        self._books = books
        self.topics = BookTopics(books)

    def keep(self, wanted: Wanted) -> None:
        """Forget what nobody wants any more."""
        self.topics.keep(wanted)
        for topic, told in self.topics.of_topic.items():
            told.number = wanted.numbers[topic]

    def begin(self, wanted: Wanted, slots: dict[str, int], now_ms: int) -> None:
        """Tell the book streams in *wanted*, of the markets in *slots* by their name in streams."""
        for topic, number in wanted.numbers.items():
            symbol, _, speed = topic.partition("@")
            slot = slots.get(symbol)
            if speed not in SPEEDS or slot is None or self._truth.markets[slot] is None:
                continue
            if topic not in self.topics.of_topic:
                told = self.topics.begin(topic, slot, DEPTH, SPEEDS[speed], self.update_id(slot), now_ms)
                told.number = number

    def update_id(self, slot: int) -> int:
        """The id of the book as it is now."""
        turn: int = self._books.turns[slot]
        return UPDATE_ID + ID_STEP * turn

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as it is now."""
        books, touch = self._books, self._books.touch(slot)
        bids, asks = (books.side(slot, touch, depth, is_bid=is_bid) for is_bid in (True, False))
        update_id = self.update_id(slot)
        return Ladder(bids, asks, update_id, update_id, books.times_ms[slot])
