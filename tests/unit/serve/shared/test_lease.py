import asyncio

import pytest
from tests.redis_server import redis_server

from tidemark.serve.shared import lease as module
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.lease import Lease, LeaseLostError
from tidemark.serve.shared.link import RedisLink

NAMES = Names("a")


async def test_one_holds_it_and_the_next_one_when_it_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TRIED_S", 0.01)
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()
        one, other = Lease(link, NAMES), Lease(link, NAMES)
        await one.take()
        waiting = asyncio.create_task(other.take())
        _, pending = await asyncio.wait([waiting], timeout=0.1)
        assert pending
        # Who does not hold it gives nothing back.
        await other.give_back()
        assert (await link.ask("GET", NAMES.lease)).decode() == one.value

        await one.give_back()
        async with asyncio.timeout(5):
            await waiting
        assert (await link.ask("GET", NAMES.lease)).decode() == other.value
        assert int(other.value.split("-")[0]) > int(one.value.split("-")[0])
        assert await link.ask("PTTL", NAMES.fence) > 0
        await link.close()


async def test_it_is_renewed_and_whoever_has_lost_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RENEWED_S", 0.01)
    with redis_server() as server:
        link = RedisLink(server.url)
        await link.open()
        lease = Lease(link, NAMES)
        await lease.take()
        await link.ask("PEXPIRE", NAMES.lease, 1000)
        keeping = asyncio.create_task(lease.keep())
        async with asyncio.timeout(5):
            while await link.ask("PTTL", NAMES.lease) <= 1000:  # noqa: ASYNC110 - the server is asked
                await asyncio.sleep(0.01)

            await link.ask("SET", NAMES.lease, "another")
            with pytest.raises(LeaseLostError, match="another process holds"):
                await keeping
        await link.close()
