from tests.redis_server import redis_server

from tidemark.clock import EventClock
from tidemark.memory.ledger import Ledger
from tidemark.serve.relay.answers import MOST_BYTES, OwnAnswers
from tidemark.serve.relay.upstream import Upstream
from tidemark.serve.shared.answers import SharedAnswers
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink
from tidemark.units import SECOND

BODY = b'{"as_of_ms":1793491203000,"text":"a\\nb"}\n'


def upstream(instance: str) -> Upstream:
    made = Upstream("http://127.0.0.1:1", None, Ledger())
    made.instance = instance
    return made


async def test_what_one_process_put_another_finds_with_its_age_and_another_monitors_process_does_not() -> None:
    with redis_server() as server:
        links = [RedisLink(server.url) for _ in range(3)]
        for link in links:
            await link.open()
        own = OwnAnswers(EventClock(SECOND), Ledger())
        one, two, stranger = (
            SharedAnswers(link, upstream(name), own) for link, name in zip(links, ("a", "a", "b"), strict=True)
        )

        await one.put("key", BODY, 'W/"tag"')
        found = await two.get("key")
        left = await links[0].ask("PTTL", Names("a").answer("key"))
        await links[0].ask("PEXPIRE", Names("a").answer("key"), left - 60_000)
        later = await two.get("key")

        assert found is not None
        assert later is not None
        assert (found.body, found.etag) == (BODY, 'W/"tag"')
        assert found.age_ns <= 60 * SECOND <= later.age_ns
        assert await stranger.get("key") is None
        assert own.usage().used == 0
        for link in links:
            await link.close()


async def test_what_has_no_end_or_was_written_by_another_is_not_believed() -> None:
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()
        answers = SharedAnswers(link, upstream("a"), OwnAnswers(EventClock(SECOND), Ledger()))
        await link.ask_all(
            [("SET", Names("a").answer("endless"), b"tag\nbody"), ("SET", Names("a").answer("no"), b"x", "EX", 60)]
        )

        assert await answers.get("endless") is None
        assert await answers.get("no") is None
        await answers.put("large", bytes(MOST_BYTES + 1), "t")
        assert await answers.get("large") is None
        await link.close()


async def test_while_redis_is_away_each_keeps_its_own() -> None:
    with redis_server() as server:
        link, own = RedisLink(server.url), OwnAnswers(EventClock(SECOND), Ledger())
        await link.open()
        answers = SharedAnswers(link, upstream("a"), own)
        server.kill()

        await answers.put("key", BODY, "tag")
        assert (await answers.get("key") or (b"",))[0] == BODY
        assert not link.is_up
        assert own.usage().used == 1
        await link.close()
