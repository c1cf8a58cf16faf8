import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from tests.api_process import SYMBOL, Lived
from tests.redis_server import redis_server
from tests.scraped import scraped, value
from tests.unit.serve.made import WORD, lived_in, move, served, serving

from tidemark.api.access import SECURITY_HEADERS
from tidemark.api.routes import registry
from tidemark.api.routes.health import Health, Status
from tidemark.errors import AddressError, SettingsError, UnreachableError

CANDLE = f"candle.{SYMBOL}.10s"
LIMIT_S = 20.0


@pytest.fixture
def own(tmp_path: Path) -> Lived:
    return asyncio.run(lived_in(tmp_path / "monitor"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def moving(process: Lived) -> AsyncIterator[None]:
    task = asyncio.create_task(move(process))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def heard(session: aiohttp.ClientSession, address: str, count: int, **said: object) -> list[dict[str, Any]]:
    """So many messages of a topic, without greeting and pings."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(LIMIT_S), session.ws_connect(f"{address}/ws") as socket_:
        await socket_.send_json({"op": "subscribe"} | said)
        while len(found) < count:
            told = await socket_.receive_json()
            if told["type"] not in {"hello", "ping"}:
                found.append(told)
    return found


async def test_rest_pages_and_headers_are_as_at_the_monitor(own: Lived, tmp_path: Path) -> None:
    async with served(own) as monitor, serving(monitor, tmp_path) as address, aiohttp.ClientSession() as session:
        for path in ("/api/v1/symbols", f"/api/v1/symbols/{SYMBOL}/candles", "/openapi.json", "/"):
            async with session.get(address + path) as got, session.get(monitor.address + path) as wanted:
                assert (got.status, got.content_type) == (wanted.status, wanted.content_type) == (200, got.content_type)
                assert (await got.read()).partition(b",")[2] == (await wanted.read()).partition(b",")[2]
                assert SECURITY_HEADERS.items() <= dict(got.headers).items()
        async with session.get(f"{address}/api/v1/history/gaps") as past:
            assert past.status == 200
        async with session.get(f"{address}/nothing/here") as missing:
            assert (missing.status, missing.content_type) == (404, "application/problem+json")
        async with session.get(address, headers={"Host": "evil.example"}) as stranger:
            assert stranger.status == 421


@pytest.mark.parametrize("has_redis", [False, True])
async def test_every_route_answers_as_at_the_monitor_but_for_the_moment(
    own: Lived, tmp_path: Path, *, has_redis: bool
) -> None:
    with ExitStack() as stack:
        shared = {"serve__redis_url": stack.enter_context(redis_server()).url} if has_redis else {}
        async with (
            served(own) as monitor,
            serving(monitor, tmp_path, **shared) as address,
            aiohttp.ClientSession() as session,
        ):
            for route in registry.live_routes():
                if route.path.startswith("/health"):
                    continue
                # The second time it comes out of what was kept.
                for target in 2 * [route.path.replace("{symbol}", SYMBOL)]:
                    async with session.get(address + target) as got, session.get(monitor.address + target) as wanted:
                        assert got.status == wanted.status, target
                        assert got.headers.get("Content-Type") == wanted.headers.get("Content-Type"), target
                        one, other = await got.read(), await wanted.read()
                        if target != "/api/v1/memory":
                            # That of the process differs from one question to the next.
                            assert one.partition(b",")[2] == other.partition(b",")[2], target
                            assert got.headers.get("ETag") == wanted.headers.get("ETag"), target


async def test_push_is_as_at_the_monitor_and_comes_over_one_connection(own: Lived, tmp_path: Path) -> None:
    async with served(own) as monitor, serving(monitor, tmp_path) as address, aiohttp.ClientSession() as session:
        async with moving(own):
            told = await asyncio.gather(*(heard(session, address, 6, topic=CANDLE) for _ in range(10)))
            again = await heard(session, address, 3, topic=CANDLE, since=told[0][-1]["seq"])

        assert own.hub.figures().open == 1
        for messages in told:
            assert [one["type"] for one in messages[:2]] == ["subscribed", "snapshot"]
            numbers = [one["seq"] for one in messages[1:]]
            assert numbers == list(range(numbers[0], numbers[0] + 5))
        assert [one["type"] for one in again] == ["subscribed", "delta", "delta"]
        assert again[1]["seq"] == told[0][-1]["seq"] + 1
        refused = await heard(session, address, 1, topic="book.NOSUCHUSDT")
        assert refused == [
            {
                "type": "error",
                "topic": "book.NOSUCHUSDT",
                "detail": "NOSUCHUSDT is not watched; /api/v1/symbols lists the markets that are",
            }
        ]


async def test_a_monitor_that_goes_is_a_503_and_its_clients_stay(own: Lived, tmp_path: Path) -> None:
    async with (
        served(own) as monitor,
        serving(monitor, tmp_path) as address,
        aiohttp.ClientSession() as session,
        asyncio.timeout(LIMIT_S),
        session.ws_connect(f"{address}/ws") as client,
    ):
        await client.send_json({"op": "subscribe", "topic": "health"})
        assert [(await client.receive_json())["type"] for _ in range(3)] == ["hello", "subscribed", "snapshot"]
        await own.hub.close("the process stops")
        await monitor.server.close()
        async with session.get(f"{address}/api/v1/symbols") as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
            assert refused.content_type == "application/problem+json"
        async with session.get(f"{address}/health") as ill:
            health = msgspec.json.decode(await ill.read(), type=Health)
            assert (ill.status, health.status) == (503, Status.DOWN)
            assert "monitor" in [part.name for part in health.parts if part.status is Status.DOWN]
        async with session.get(f"{address}/health/live") as live:
            assert live.status == 200
        await client.send_json({"op": "subscribe", "topic": "memory"})
        assert (await client.receive_json())["type"] == "subscribed"


async def test_it_tells_what_it_holds(own: Lived, tmp_path: Path) -> None:
    async with served(own) as monitor, serving(monitor, tmp_path) as address, aiohttp.ClientSession() as session:
        await heard(session, address, 2, topic="health")
        for _ in range(3):
            async with session.get(f"{address}/api/v1/symbols") as response:
                await response.read()
        async with session.get(f"{address}/metrics") as response:
            found = scraped(await response.text())

    assert value(found, "tidemark_serve_monitor_up") == 1
    assert value(found, "tidemark_serve_answers_total", how="fetched") == 1
    assert value(found, "tidemark_serve_answers_total", how="trusted") == 2
    assert value(found, "tidemark_owner_items", owner="push/topics", kind="map") == 1
    assert (value(found, "process_resident_memory_bytes") or 0) > 0


async def test_beyond_loopback_a_token_is_asked_for(own: Lived, tmp_path: Path) -> None:
    async with served(own) as monitor:
        with pytest.raises(SettingsError, match=r"serve\.host '0\.0\.0\.0' is reached from other machines"):
            async with serving(monitor, tmp_path, serve__host="0.0.0.0"):  # noqa: S104 - that is what is refused
                pass


async def test_a_port_that_is_taken_and_a_monitor_that_is_not_there_are_said_in_one_line(
    own: Lived, tmp_path: Path
) -> None:
    async with served(own) as monitor:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            with pytest.raises(AddressError, match=r"port \d+: .*; name another one with serve\.port$"):
                async with serving(monitor, tmp_path, serve__port=port):
                    pass
        with pytest.raises(UnreachableError, match=r"does not answer: .*; see serve\.monitor$"):
            async with serving(monitor, tmp_path, serve__monitor=f"http://127.0.0.1:{free_port()}"):
                pass


async def test_the_token_of_the_monitor_is_shown_to_it_and_told_to_nobody(
    own: Lived, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        served(own, is_guarded=True) as monitor,
        serving(monitor, tmp_path, serve__token=WORD) as address,
        aiohttp.ClientSession() as session,
    ):
        told = await heard(session, address, 2, topic="health")
        async with session.get(f"{address}/api/v1/settings") as response:
            assert response.status == 200
            text = await response.text()
        async with session.get(f"{address}/metrics") as response:
            text += await response.text()

    shown = capsys.readouterr()
    assert WORD not in text + shown.out + shown.err + json.dumps(told)


async def test_a_full_house_is_a_503_before_the_handshake(own: Lived, tmp_path: Path) -> None:
    async with (
        served(own) as monitor,
        serving(monitor, tmp_path, serve__clients="1") as address,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}/ws"),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{address}/ws")

    assert refused.value.status == 503
    assert refused.value.headers is not None
    assert refused.value.headers["Retry-After"] == "5"


async def test_who_is_connected_is_told_that_it_stops(own: Lived, tmp_path: Path) -> None:
    async with served(own) as monitor, aiohttp.ClientSession() as session:
        async with serving(monitor, tmp_path) as address:
            client = await session.ws_connect(f"{address}/ws")
            await client.receive_json()
            closing = asyncio.create_task(client.receive())
        closed = await closing

    assert (client.close_code, closed.extra) == (1001, "the process stops")


async def test_what_is_posted_is_done_by_the_monitor_for_whoever_may_write_there(own: Lived, tmp_path: Path) -> None:
    path, asked = "/api/v1/notifications/read", {"ids": None}
    async with aiohttp.ClientSession() as session:
        async with served(own) as monitor, serving(monitor, tmp_path) as address:
            async with session.post(address + path, json=asked) as response:
                done = response.status, json.loads(await response.read())["detail"]
            async with session.post(address + path, json={"ids": []}) as response:
                wrong = response.status, json.loads(await response.read())["detail"]
            async with session.post(address + path, json=asked, headers={"Origin": "https://evil.example"}) as response:
                evil = response.status
            posted = monitor.asked.count(path)
        async with (
            served(own, is_guarded=True) as monitor,
            serving(monitor, tmp_path, serve__token=WORD) as address,
            session.post(address + path, json=asked) as response,
        ):
            reads = response.status, json.loads(await response.read())["detail"]

    assert done == (409, "nobody is told: no sink is configured; name one in alerts.sinks")
    assert wrong == (400, "ids: expected `array` of length >= 1")
    assert (evil, posted) == (403, 1)
    assert reads[0] == 503
    assert "lets this process read only" in reads[1]
