import asyncio
import itertools
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from tests.api_process import SYMBOL, Lived
from tests.redis_server import redis_server
from tests.unit.serve.made import lived_in, served, serving
from tests.unit.serve.test_process import moving

from tidemark.api.routes.health import Health, Status
from tidemark.clock import SystemClock
from tidemark.errors import AddressError, SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.serve.relay.answers import OwnAnswers
from tidemark.serve.relay.topics import RelayTopics
from tidemark.serve.relay.upstream import Upstream
from tidemark.serve.shared import link as redis_link
from tidemark.serve.shared import sharing
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink
from tidemark.units import SECOND

CANDLE = f"candle.{SYMBOL}.10s"
LIMIT_S = 30.0


@pytest.fixture
def own(tmp_path: Path) -> Lived:
    return asyncio.run(lived_in(tmp_path / "monitor"))


async def follow(session: aiohttp.ClientSession, address: str, told: list[dict[str, Any]]) -> None:
    """Be a client of the process at *address*, and keep what it is told."""
    async with session.ws_connect(f"{address}/ws") as socket_:
        await socket_.send_json({"op": "subscribe", "topic": CANDLE})
        while True:
            message = await socket_.receive_json()
            if message["type"] in {"snapshot", "delta", "error"}:
                told.append(message)
            elif message["type"] == "ping":
                await socket_.send_json({"op": "pong"})


async def until(told: list[dict[str, Any]], count: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while len(told) < count:  # noqa: ASYNC110 - a list that others fill
            await asyncio.sleep(0.01)


def is_followable(told: list[dict[str, Any]]) -> bool:
    """A snapshot first, each delta upon what came before, and nothing twice."""
    pairs = itertools.pairwise(told)
    return told[0]["type"] == "snapshot" and all(
        (two["type"] == "delta" and two["seq"] == one["seq"] + 1)
        or (two["type"] == "snapshot" and two["seq"] > one["seq"])
        for one, two in pairs
    )


async def test_two_processes_share_one_connection_and_one_answer(own: Lived, tmp_path: Path) -> None:
    with redis_server("opensesame") as redis:
        async with (
            served(own) as monitor,
            serving(monitor, tmp_path / "1", serve__redis_url=redis.url) as one,
            serving(monitor, tmp_path / "2", serve__redis_url=redis.url) as two,
            aiohttp.ClientSession() as session,
            asyncio.TaskGroup() as group,
        ):
            told: tuple[list[dict[str, Any]], list[dict[str, Any]]] = [], []
            clients = [
                group.create_task(follow(session, where, heard)) for where, heard in zip((one, two), told, strict=True)
            ]
            async with moving(own):
                await until(told[0], 6)
                await until(told[1], 6)
            for address in (one, two, one):
                async with session.get(f"{address}/api/v1/symbols") as response:
                    assert response.status == 200
            async with session.get(f"{one}/health") as response:
                health = msgspec.json.decode(await response.read(), type=Health)
            for client in clients:
                client.cancel()

            assert own.hub.figures().open == 1
            assert monitor.asked.count("/api/v1/symbols") == 1
            assert [part.status for part in health.parts if part.name == "redis"] == [Status.OK]
            for heard in told:
                assert is_followable(heard)


async def test_when_redis_dies_all_goes_on_and_it_is_used_again_when_it_is_back(
    own: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redis_link, "_EVERY_S", 0.05)
    with redis_server("opensesame") as redis:
        async with (
            served(own, instance="one life") as monitor,
            serving(monitor, tmp_path, serve__redis_url=redis.url) as address,
            aiohttp.ClientSession() as session,
            moving(own),
            asyncio.TaskGroup() as group,
        ):
            told: list[dict[str, Any]] = []
            client = group.create_task(follow(session, address, told))
            await until(told, 4)
            redis.kill()
            await until(told, len(told) + 8)
            async with session.get(f"{address}/api/v1/symbols") as response:
                assert response.status == 200
            async with session.get(f"{address}/health") as response:
                ill = msgspec.json.decode(await response.read(), type=Health)
            redis.start()
            link = RedisLink(redis.url)
            async with asyncio.timeout(LIMIT_S):
                while not await link.ask("XLEN", Names("one life").topic(CANDLE)):  # noqa: ASYNC110 - it is asked
                    await asyncio.sleep(0.02)
            await link.close()
            await until(told, len(told) + 8)
            client.cancel()

    assert [part.status for part in ill.parts if part.name == "redis"] == [Status.DEGRADED]
    assert is_followable(told)
    shown = capsys.readouterr().out
    assert shown.count("Redis does not answer") == 1
    assert "opensesame" not in shown


async def test_another_life_of_the_monitor_is_begun_with_anew(own: Lived, tmp_path: Path) -> None:
    with redis_server() as redis:
        async with (
            served(own, instance="one") as monitor,
            serving(monitor, tmp_path, serve__redis_url=redis.url) as address,
            aiohttp.ClientSession() as session,
            asyncio.TaskGroup() as group,
        ):
            told: list[dict[str, Any]] = []
            client = group.create_task(follow(session, address, told))
            async with moving(own):
                await until(told, 4)
                monitor.instance = "another"
                await until(told, len(told) + 1)
                before = len(told)
                link = RedisLink(redis.url)
                async with asyncio.timeout(LIMIT_S):
                    while not await link.ask("XLEN", Names("another").topic(CANDLE)):  # noqa: ASYNC110 - it is asked
                        await asyncio.sleep(0.02)
                await link.close()
                await until(told, before + 6)
            client.cancel()

    numbers = [one["seq"] for one in told]
    assert numbers == sorted(numbers)
    assert [one["type"] for one in told].count("snapshot") == 2


async def test_a_process_that_the_monitor_does_not_listen_to_leaves_it_to_another(
    own: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sharing, "_DEAF_NS", 0)
    monkeypatch.setattr(sharing, "_AFTER_S", 0.0)
    for _ in range(4):
        own.hub._slots.take()
    told: list[dict[str, Any]] = []
    with redis_server() as redis:
        async with (
            served(own, instance="a") as monitor,
            serving(monitor, tmp_path, serve__redis_url=redis.url) as address,
            aiohttp.ClientSession() as session,
            asyncio.TaskGroup() as group,
        ):
            link, values = RedisLink(redis.url), set[bytes | None]()
            async with asyncio.timeout(LIMIT_S):
                while len(values) < 3:
                    values.add(await link.ask("GET", Names("a").lease))
                    await asyncio.sleep(0.01)
            await link.close()
            monkeypatch.setattr(sharing, "_DEAF_NS", 60 * SECOND)
            own.hub._slots.give_back()
            client = group.create_task(follow(session, address, told))
            async with moving(own):
                await until(told, 3)
            client.cancel()

    assert is_followable(told)
    assert "another one may try" in capsys.readouterr().out


def test_what_is_reserved_is_what_is_opened() -> None:
    ledger, clock = Ledger(), SystemClock()
    topics = RelayTopics(clock, clients=1, ledger=ledger)
    upstream = Upstream("http://127.0.0.1:1", None, ledger)
    made = sharing.RedisShared("redis://127.0.0.1:1", upstream, topics, OwnAnswers(clock, ledger), clock, ledger)

    assert made in ledger.owners()
    assert made.reservation == sharing.RedisShared.reserve()
    assert made.usage().bytes_used == 0


async def test_a_redis_that_is_not_there_is_said_in_one_line_at_the_start(own: Lived, tmp_path: Path) -> None:
    with redis_server() as redis:
        url = redis.url.replace("redis://", "redis://:opensesame@")
        redis.kill()
        async with served(own) as monitor:
            with pytest.raises(
                AddressError, match=r"^the Redis at 127.* does not answer: .*; see serve\.redis_url$"
            ) as no:
                async with serving(monitor, tmp_path, serve__redis_url=url):
                    pass
            with pytest.raises(SettingsError, match=r"^serve\.redis_url is no URL"):
                async with serving(monitor, tmp_path, serve__redis_url="opensesame"):
                    pass
    assert "opensesame" not in str(no.value)
