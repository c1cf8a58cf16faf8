import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.redis_server import redis_server
from tests.unit.serve.told import BOOK, CANDLE, words

from tidemark.clock import EventClock
from tidemark.errors import UnreachableError
from tidemark.serve.relay.heard import heard
from tidemark.serve.relay.push_link import MOST_TOPICS
from tidemark.serve.shared.bridge import Ask, Bridge, say
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.lease import Lease, LeaseLostError
from tidemark.serve.shared.link import RedisLink
from tidemark.units import SECOND

NAMES = Names("a")
LIMIT_S = 10.0


class Bridged:
    """A bridge that holds the lease, listens and writes."""

    def __init__(self, link: RedisLink) -> None:
        self.link = link
        self.clock = EventClock(SECOND)
        self.lease = Lease(link, NAMES)
        self.bridge = Bridge(link, NAMES, self.lease, self.clock)
        self.writing: asyncio.Task[None] | None = None
        self.listening: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await self.lease.take()
        self.writing = asyncio.create_task(self.bridge.write())
        self.listening = asyncio.create_task(self.bridge.listen())

    async def end(self) -> None:
        for task in (self.writing, self.listening):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, UnreachableError):
                    await task

    async def ask(self, fresh: list[str] | None = None, **want: int | None) -> None:
        named = {CANDLE if name == "candle" else BOOK if name == "book" else name: n for name, n in want.items()}
        await say(self.link, NAMES, Ask(want=named, fresh=fresh or []))
        await self.until(lambda: set(named) <= set(self.bridge.wanted()))

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():  # noqa: ASYNC110 - what is read, and not awaited
                await asyncio.sleep(0.005)

    async def take(self, kind: str, topic: str, seq: int) -> None:
        payload = words(kind, topic, seq)
        await self.bridge.take(heard(payload), payload)

    async def written(self, topic: str, count: int) -> list[tuple[bytes, int]]:
        """Kinds and numbers of a stream, as soon as there are so many."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                entries = await self.link.ask("XRANGE", NAMES.topic(topic), "-", "+")
                if len(entries) >= count:
                    return [(fields[b"k"], int(fields[b"q"])) for _, fields in entries]
                await asyncio.sleep(0.005)


@asynccontextmanager
async def bridged() -> AsyncIterator[Bridged]:
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()
        made = Bridged(link)
        await made.begin()
        try:
            yield made
        finally:
            await made.end()
            await link.close()


async def test_what_is_wanted_is_taken_and_written_in_its_order() -> None:
    async with bridged() as made:
        await made.take("snapshot", CANDLE, 9)
        await made.ask(candle=None)
        for kind, seq in [("snapshot", 10), ("delta", 11), ("delta", 11), ("delta", 12), ("snapshot", 12)]:
            await made.take(kind, CANDLE, seq)

        assert await made.written(CANDLE, 4) == [(b"s", 10), (b"d", 11), (b"d", 12), (b"s", 12)]
        assert dict(made.bridge.wanted()) == {CANDLE: 12}
        (entry,) = await made.link.ask("XREVRANGE", NAMES.topic(CANDLE), "+", "-", "COUNT", 1)
        assert entry[1][b"m"] == words("snapshot", CANDLE, 12)
        assert 0 < await made.link.ask("PTTL", NAMES.topic(CANDLE)) <= 15 * 60 * 1000


async def test_a_stream_is_bounded_and_shorter_where_each_message_says_all() -> None:
    async with bridged() as made:
        await made.ask(candle=None, book=None)
        for seq in range(1, 1001):
            await made.take("delta", CANDLE, seq)
            await made.take("delta", BOOK, seq)
        await made.until(lambda: not made.bridge._waiting)
        candles, books = await made.written(CANDLE, 1), await made.written(BOOK, 1)

    # What is trimmed goes by nodes of a hundred entries.
    assert 500 <= len(candles) <= 700
    assert 20 <= len(books) <= 220
    assert candles[-1] == books[-1] == (b"d", 1000)


async def test_one_that_begins_goes_on_behind_what_was_written_and_what_was_asked_before() -> None:
    async with bridged() as made:
        await made.ask(candle=None, fresh=[CANDLE])
        await made.take("snapshot", CANDLE, 10)
        await made.take("delta", CANDLE, 11)
        await made.written(CANDLE, 2)
        await made.end()
        await made.lease.give_back()

        after = Bridged(made.link)
        await after.begin()
        await after.until(after.bridge.wanted)

        assert dict(after.bridge.wanted()) == {CANDLE: 11}
        await after.end()


async def test_who_has_lost_the_lease_writes_nothing_more() -> None:
    async with bridged() as made:
        await made.ask(candle=None)
        await made.take("snapshot", CANDLE, 10)
        await made.written(CANDLE, 1)
        await made.link.ask("SET", NAMES.lease, "of another")

        await made.take("delta", CANDLE, 11)
        assert made.writing is not None
        with pytest.raises(LeaseLostError):
            await made.writing

        assert await made.written(CANDLE, 1) == [(b"s", 10)]


async def test_a_refusal_is_told_to_all_and_the_topic_can_be_asked_for_again() -> None:
    async with bridged() as made:
        await made.ask(candle=None, fresh=[CANDLE])
        assert list(made.bridge.stale()) == [CANDLE]

        await made.bridge.refuse(CANDLE, "BTCUSDT is not watched")

        assert await made.written(CANDLE, 1) == [(b"e", -1)]
        assert dict(made.bridge.wanted()) == {}
        assert list(made.bridge.stale()) == []
        await made.ask(candle=None)
        assert dict(made.bridge.wanted()) == {CANDLE: None}


async def test_what_nobody_repeats_is_forgotten_and_there_are_as_many_topics_as_a_connection_carries() -> None:
    async with bridged() as made:
        await made.ask(**{f"candle.M{n}.1m": None for n in range(MOST_TOPICS)})
        await say(made.link, NAMES, Ask(want={"overview": None}, fresh=["overview"]))
        await made.link.ask("XADD", NAMES.asks, "*", "a", b"what nobody understands")
        made.clock.set(made.clock.monotonic_ns() + 14 * SECOND)
        await made.ask(**{"candle.M1.1m": None})
        assert len(made.bridge.wanted()) == MOST_TOPICS
        assert list(made.bridge.stale()) == []

        made.clock.set(made.clock.monotonic_ns() + 2 * SECOND)

        await made.until(lambda: list(made.bridge.wanted()) == ["candle.M1.1m"])
