"""Binance's books: `SYMBOL@depth[@100ms|@500ms]`, the changes of the whole book, chained by `U`, `u` and `pu`.

After the pages on diff book depth streams and on keeping a local book: a level may be told that did not change, or that
the listener does not have; what happened between a snapshot of REST and its first message is told again.
"""

from collections.abc import Collection, Iterator

from tidemark.sim.book import DEPTH, Books, BookTopics, Ladder, Level, Told
from tidemark.sim.dynamics import LATENCY_MS
from tidemark.sim.faults import Faults, chosen
from tidemark.sim.market import Frame
from tidemark.sim.truth import Truth

MILLISECOND = 1_000_000
# The kind of stream, and the milliseconds between two messages.
SPEEDS = {"depth": 250, "depth@100ms": 100, "depth@500ms": 500}
UPDATE_ID = 11_730_000_000_000
# Ids are those of all markets, so that the next one of a market is not the one after.
ID_STEP = 4


class BinanceBooks:
    """Makes the book messages that somebody wants."""

    def __init__(self, truth: Truth, books: Books) -> None:
        self._truth = truth
        self._books = books
        self._topics = BookTopics(books)

    def entered(self, slot: int) -> None:
        """Another market is in *slot*."""
        self._topics.leave(slot)

    def keep(self, wanted: Collection[str], slots: dict[str, int], now_ms: int) -> None:
        """Tell the book streams in *wanted*, of the markets in *slots* by their name in streams, and no other."""
        topics = {topic for topic in wanted if "@depth" in topic}
        if self._topics.of_topic:
            self._topics.keep(topics)
        for topic in topics - self._topics.of_topic.keys():
            symbol, _, speed = topic.partition("@")
            slot = slots.get(symbol)
            if slot is not None and speed in SPEEDS and self._truth.markets[slot] is not None:
                self._topics.begin(topic, slot, DEPTH, SPEEDS[speed], self.update_id(slot), now_ms)

    def is_due(self, time_ms: int) -> bool:
        """Whether a message is due at *time_ms*."""
        return self._topics.next_ms <= time_ms

    def moved(self, slot: int, time_ms: int) -> None:
        """A turn of the book in *slot* passed."""
        self._topics.moved(slot, time_ms)

    def update_id(self, slot: int) -> int:
        """The id of the book as it is now."""
        return UPDATE_ID + ID_STEP * self._books.turns[slot]

    def frames(self, until_ms: int, skew_ms: int, faults: Faults) -> Iterator[Frame]:
        """The messages that are due until then."""
        topics, share = self._topics, faults.book_restart
        while (due := topics.take(until_ms)) is not None:
            now_ms, told = due
            restarts = share > 0.0 and self._restarts(told, faults)
            touch, update_id = self._books.touch(told.slot), self.update_id(told.slot)
            # A restart loses one message, and with it the chain.
            if not restarts:
                payload = self._message(told, update_id, now_ms, skew_ms)
                yield now_ms * MILLISECOND, told.topic, payload, None
            told.commit(touch, update_id, now_ms)

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as it is now."""
        books, touch = self._books, self._books.touch(slot)
        bids, asks = (books.side(slot, touch, depth, is_bid=is_bid) for is_bid in (True, False))
        update_id = self.update_id(slot)
        return Ladder(bids, asks, update_id, update_id, books.times_ms[slot])

    def _message(self, told: Told, update_id: int, now_ms: int, skew_ms: int) -> bytes:
        market = self._truth.markets[told.slot]
        if market is None:
            return b"{}"
        books, slot = self._books, told.slot
        now = books.touch(slot)
        sides: list[list[Level]] = []
        for is_bid in (True, False):
            prices = told.touched(books, now, is_bid=is_bid)
            sides.append([(price, books.at(slot, now, told.depth, price, is_bid=is_bid)) for price in prices])
        first = UPDATE_ID + ID_STEP * (told.touch.turn + 1)
        at_ms = books.times_ms[slot] + skew_ms
        return (
            f'{{"e":"depthUpdate","E":{now_ms + LATENCY_MS + skew_ms},"T":{at_ms},"s":"{market.symbol}",'
            f'"ps":"{market.symbol}","U":{first},"u":{update_id},"pu":{told.update_id},"b":{market.rows(sides[0])},'
            f'"a":{market.rows(sides[1])},"st":1}}'
        ).encode()

    def _restarts(self, told: Told, faults: Faults) -> bool:
        """Whether the service restarts in place of the next message of *told*."""
        market = self._truth.markets[told.slot]
        is_concerned = market is not None and faults.concern(market.symbol)
        return is_concerned and chosen(f"{told.topic}{told.touch.turn}", faults.book_restart)
