"""Bybit's books: `orderbook.{1,50,200,1000}.SYMBOL`, a snapshot and then what changed since the message before.

After https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook: level 1 is told by snapshots only, again with
the same `u` after 3 seconds without a change; a restart of the service is a snapshot with `u` 1.
"""

from collections.abc import Collection, Iterator

from tidemark.sim.book import Books, BookTopics, Ladder, Level, Told
from tidemark.sim.dynamics import LATENCY_MS
from tidemark.sim.faults import Faults, chosen
from tidemark.sim.market import Frame
from tidemark.sim.truth import Truth
from tidemark.units import parse_whole

MILLISECOND = 1_000_000
# Levels a side, and the milliseconds between two messages.
DEPTHS = {1: 10, 50: 20, 200: 100, 1000: 200}
REST_DEPTH = 1000
UPDATE_ID = 18_000_000
SEQUENCE = 9_685_000_000
REPEAT_MS = 3000


class BybitBooks:
    """Makes the book messages that somebody wants."""

    def __init__(self, truth: Truth, books: Books) -> None:
        self._truth = truth
        self._books = books
        self._topics = BookTopics(books)

    def find(self, topic: str) -> tuple[int, int] | None:
        """Slot and depth of a book topic; None for any other."""
        parts = topic.split(".", 2)
        if len(parts) < 3 or parts[0] != "orderbook":
            return None
        slot, depth = self._truth.slot_of.get(parts[2]), parse_whole(parts[1])
        return None if slot is None or depth is None or depth not in DEPTHS else (slot, depth)

    def entered(self, slot: int) -> None:
        """Another market is in *slot*."""
        self._topics.leave(slot)

    def keep(self, wanted: Collection[str]) -> None:
        """Forget what nobody wants any more."""
        if self._topics.of_topic:
            self._topics.keep({topic for topic in wanted if topic.startswith("orderbook.")})

    def is_due(self, time_ms: int) -> bool:
        """Whether a message is due at *time_ms*."""
        return self._topics.next_ms <= time_ms

    def moved(self, slot: int, time_ms: int) -> None:
        """A turn of the book in *slot* passed."""
        self._topics.moved(slot, time_ms)

    def snapshot(self, topic: str, now_ms: int) -> bytes | None:
        """The book as the subscribers of *topic* know it; from now on it is told."""
        found = self.find(topic)
        if found is None:
            return None
        told = self._topics.of_topic.get(topic)
        if told is None:
            slot, depth = found
            update_id = UPDATE_ID + self._books.turns[slot]
            told = self._topics.begin(topic, slot, depth, DEPTHS[depth], update_id, now_ms)
        return self._snapshot(told, told.update_id, now_ms)

    def frames(self, until_ms: int, skew_ms: int, faults: Faults) -> Iterator[Frame]:
        """The messages that are due until then."""
        topics, share = self._topics, faults.book_restart
        while (due := topics.take(until_ms)) is not None:
            now_ms, told = due
            restarts = share > 0.0 and self._restarts(told, faults)
            touch, update_id = self._books.touch(told.slot), told.update_id + 1
            if told.depth == 1 or restarts:
                update_id = 1 if told.depth > 1 else update_id
                has_changed = told.depth > 1 or self._has_changed(told)
                payload = self._snapshot(told, update_id, now_ms + skew_ms, is_now=True) if has_changed else None
            else:
                payload = self._delta(told, update_id, now_ms + skew_ms)
            if payload is not None:
                # Who subscribes while this frame waits for its time gets the snapshot before it.
                yield now_ms * MILLISECOND, told.topic, payload, None
                told.commit(touch, update_id, now_ms)
            else:
                told.commit(touch, told.update_id, told.told_ms)

    def repeated(self, now_ms: int, skew_ms: int) -> Iterator[Frame]:
        """Level 1 of the books that did not change for three seconds."""
        for told in self._topics.idle(now_ms, REPEAT_MS):
            if told.depth == 1:
                told.told_ms = now_ms
                payload = self._snapshot(told, told.update_id, now_ms + skew_ms)
                yield now_ms * MILLISECOND, told.topic, payload, None

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it: with the `u` of the stream of 1,000 levels, and in its state, where it is told."""
        books = self._books
        market = self._truth.markets[slot]
        told = None if market is None else self._topics.of_topic.get(f"orderbook.{REST_DEPTH}.{market.symbol}")
        touch = books.touch(slot) if told is None else told.touch
        update_id = UPDATE_ID + touch.turn if told is None else told.update_id
        bids, asks = (books.side(slot, touch, depth, is_bid=is_bid) for is_bid in (True, False))
        return Ladder(bids, asks, update_id, SEQUENCE + touch.turn, books.times_ms[slot])

    def _has_changed(self, told: Told) -> bool:
        now, before = self._books.touch(told.slot), told.touch
        return (now.bid, now.ask, now.bid_lots, now.ask_lots) != (
            before.bid, before.ask, before.bid_lots, before.ask_lots,
        )  # fmt: skip

    def _snapshot(self, told: Told, update_id: int, now_ms: int, *, is_now: bool = False) -> bytes:
        touch = self._books.touch(told.slot) if is_now else told.touch
        bids, asks = (self._books.side(told.slot, touch, told.depth, is_bid=is_bid) for is_bid in (True, False))
        return self._message(told, "snapshot", bids, asks, update_id, touch.turn, now_ms)

    def _delta(self, told: Told, update_id: int, now_ms: int) -> bytes | None:
        """What changed; None when nothing did."""
        books, slot, depth, before = self._books, told.slot, told.depth, told.touch
        now = books.touch(slot)
        sides: list[list[Level]] = []
        for is_bid in (True, False):
            changed = []
            for price in told.touched(books, now, is_bid=is_bid):
                lots = books.at(slot, now, depth, price, is_bid=is_bid)
                if lots != books.at(slot, before, depth, price, is_bid=is_bid):
                    changed.append((price, lots))
            sides.append(changed)
        if not sides[0] and not sides[1]:
            return None
        return self._message(told, "delta", sides[0], sides[1], update_id, now.turn, now_ms)

    def _message(
        self, told: Told, kind: str, bids: list[Level], asks: list[Level], update_id: int, turn: int, now_ms: int
    ) -> bytes:
        market = self._truth.markets[told.slot]
        if market is None:
            return b"{}"
        b, a = market.rows(bids), market.rows(asks)
        return (
            f'{{"topic":"{told.topic}","type":"{kind}","ts":{now_ms + LATENCY_MS},"data":{{"s":"{market.symbol}",'
            f'"b":{b},"a":{a},"u":{update_id},"seq":{SEQUENCE + turn}}},"cts":{now_ms}}}'
        ).encode()

    def _restarts(self, told: Told, faults: Faults) -> bool:
        """Whether the service restarts in place of the next message of *told*."""
        market = self._truth.markets[told.slot]
        is_concerned = market is not None and faults.concern(market.symbol)
        return is_concerned and chosen(f"{told.topic}{told.touch.turn}", faults.book_restart)
