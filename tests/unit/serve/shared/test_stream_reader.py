import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
from tests.redis_server import RedisServer, redis_server
from tests.unit.serve.relay.test_topics import Made, Peer
from tests.unit.serve.told import CANDLE, words

from tidemark.clock import SystemClock
from tidemark.errors import UnreachableError
from tidemark.serve.shared.bridge import Ask
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink
from tidemark.serve.shared.stream_reader import StreamReader

NAMES = Names("a")
LIMIT_S = 10.0


class Reading:
    """A reader, its topics, and a client of them."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.link = RedisLink(server.url)
        self.made = Made()
        self.peer = Peer(self.made.house)
        self.reader = StreamReader(self.link, NAMES, self.made.topics, SystemClock())
        self.following: asyncio.Task[None] | None = None

    async def write(self, kind: str, seq: int) -> None:
        message = words({"s": "snapshot", "d": "delta", "e": "error"}[kind], CANDLE, seq)
        await self.link.ask("XADD", NAMES.topic(CANDLE), "*", "k", kind, "q", seq, "m", message)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                await self.made.turns(1)
                await asyncio.sleep(0.005)

    def hear(self, heard: list[tuple[str, int | None]]) -> int:
        """Add what the client heard since the last call; give how much it is."""
        heard += self.peer.heard()
        return len(heard)

    async def asked(self) -> list[Ask]:
        entries = await self.link.ask("XRANGE", NAMES.asks, "-", "+")
        return [msgspec.json.decode(fields[b"a"], type=Ask) for _, fields in entries]


@asynccontextmanager
async def reading() -> AsyncIterator[Reading]:
    with redis_server() as server:
        made = Reading(server)
        await made.link.open()
        made.following = asyncio.create_task(made.reader.follow())
        try:
            yield made
        finally:
            made.following.cancel()
            with suppress(asyncio.CancelledError, UnreachableError):
                await made.following
            await made.link.close()


async def test_what_was_written_before_and_what_is_written_then_comes_in_its_order() -> None:
    async with reading() as made:
        for kind, seq in [("d", 8), ("d", 9), ("s", 9), ("d", 10)]:
            await made.write(kind, seq)
        await made.peer.subscribe(CANDLE)
        heard: list[tuple[str, int | None]] = []
        await made.until(lambda: made.hear(heard) >= 2)
        await made.write("d", 11)
        await made.until(lambda: made.hear(heard) >= 3)

    assert heard == [("snapshot", 9), ("delta", 10), ("delta", 11)]


async def test_it_says_what_is_wanted_and_what_needs_a_snapshot() -> None:
    async with reading() as made:
        await made.until(lambda: made.made.topics.is_connected)
        subscribing = asyncio.create_task(made.peer.subscribe(CANDLE, since=7))
        asks: list[Ask] = []
        async with asyncio.timeout(LIMIT_S):
            while not asks:
                asks = await made.asked()
        await made.write("s", 9)
        await subscribing

    assert asks[0] == Ask(want={CANDLE: 7}, fresh=[CANDLE])


async def test_a_refusal_of_now_ends_a_subscription_and_one_of_before_does_not() -> None:
    async with reading() as made:
        await made.write("e", -1)
        await made.until(lambda: made.made.topics.is_connected)
        subscribing = asyncio.create_task(made.peer.subscribe(CANDLE))
        async with asyncio.timeout(LIMIT_S):
            while not await made.asked():
                pass
        assert not subscribing.done()

        await made.write("e", -1)
        await subscribing

        assert made.peer.heard() == [("error", None)]


async def test_what_was_heard_before_by_another_way_is_not_heard_again() -> None:
    async with reading() as made:
        for kind, seq in [("s", 5), ("d", 6), ("d", 7)]:
            await made.write(kind, seq)
        await made.peer.subscribe(CANDLE)
        heard: list[tuple[str, int | None]] = []
        await made.until(lambda: made.hear(heard) >= 3)
        # As after a while in which Redis was away: another reader begins with the same topics.
        again = StreamReader(made.link, NAMES, made.made.topics, SystemClock())
        following = asyncio.create_task(again.follow())
        await made.write("d", 8)
        await made.until(lambda: made.hear(heard) >= 4)
        following.cancel()

    assert heard == [("snapshot", 5), ("delta", 6), ("delta", 7), ("delta", 8)]


async def test_it_ends_when_redis_is_gone() -> None:
    async with reading() as made:
        await made.until(lambda: made.made.topics.is_connected)
        await made.peer.subscribe(CANDLE)
        made.server.kill()
        assert made.following is not None
        done, _ = await asyncio.wait([made.following], timeout=LIMIT_S)

        assert done
        assert isinstance(made.following.exception(), UnreachableError)
        assert not made.made.topics.is_connected
