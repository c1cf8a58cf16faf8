"""`tidemark serve` beside `tidemark run`, each a process of its own, asked by curl and the websockets library."""

import asyncio
import itertools
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.integration.service import LIMIT_S, Process, tidemark
from tests.redis_server import redis_server
from tests.scraped import scraped, value
from websockets.asyncio.client import ClientConnection, connect

WORD = "opensesame"
ROUNDS, CLIENTS = 12, 50
# What the allocator may keep of a crowd that comes for the first time, and of all that come after it.
MOST_GROWN = 2 << 20


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def monitor_at(port: int, folder: Path) -> Iterator[Process]:
    with tidemark(
        "run", "--demo", "--symbols", "20", "--rate", "100", "--no-tui", "--json", "--set", f"api.port={port}",
        "--set", "api.rate=1000", "--set", "log.format=json", "--set", f"store.folder={folder}",
    ) as made:  # fmt: skip
        made.wait_for('"connection live"')
        yield made


@contextmanager
def serving(monitor: str, folder: Path, *arguments: str) -> Iterator[tuple[Process, str]]:
    """A process beside it, and its address."""
    with tidemark(
        "serve", "--monitor", monitor, "--port", "0", "--set", f"store.folder={folder}", "--set", "log.format=json",
        "--set", "api.rate=1000", *arguments,
    ) as made:  # fmt: skip
        made.wait_for('"serving"')
        yield made, str(next(json.loads(line)["address"] for line in made.lines if '"serving"' in line))


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with monitor_at(port, tmp_path_factory.mktemp("monitor")):
        yield f"http://127.0.0.1:{port}"


def curl(*arguments: str) -> bytes:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("curl is not installed")
    command = [found, "--silent", "--show-error", "--max-time", "20", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), arguments
    return done.stdout


def asked(address: str) -> Any:
    return json.loads(curl(address))


def first_symbol(address: str) -> str:
    return str(asked(f"{address}/api/v1/symbols")["symbols"][0]["symbol"])


async def hear(connection: ClientConnection, told: list[dict[str, Any]], topic: str) -> None:
    """Follow a topic for ever, and keep what is told of it."""
    await connection.send(json.dumps({"op": "subscribe", "topic": topic}))
    async for text in connection:
        message = json.loads(text)
        if message["type"] == "ping":
            await connection.send('{"op":"pong"}')
        elif message["type"] in {"snapshot", "delta", "error"}:
            told.append(message)


async def until(told: list[dict[str, Any]], count: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while len(told) < count:  # noqa: ASYNC110 - a list that others fill
            await asyncio.sleep(0.02)


def is_followable(told: list[dict[str, Any]]) -> bool:
    """A snapshot first, each delta upon what came before, nothing twice."""
    return told[0]["type"] == "snapshot" and all(
        two["seq"] == one["seq"] + 1 if two["type"] == "delta" else two["seq"] > one["seq"]
        for one, two in itertools.pairwise(told)
    )


def websocket(address: str) -> str:
    return address.replace("http://", "ws://") + "/ws"


@pytest.mark.parametrize("has_redis", [False, True])
def test_curl_finds_every_route_of_the_monitor_there(monitor: str, tmp_path: Path, *, has_redis: bool) -> None:
    with ExitStack() as stack:
        shared = ("--set", f"serve.redis_url={stack.enter_context(redis_server(WORD)).url}") if has_redis else ()
        process, address = stack.enter_context(serving(monitor, tmp_path, *shared))
        symbol = first_symbol(monitor)
        for path in asked(f"{monitor}/openapi.json")["paths"]:
            if path.startswith(("/health", "/api/v1/history")):
                continue
            target = path.replace("{symbol}", symbol)
            one, other = asked(monitor + target), asked(address + target)
            assert one.keys() == other.keys(), target
        assert (
            curl(f"{address}/api/v1/settings").partition(b",")[2]
            == (curl(f"{monitor}/api/v1/settings").partition(b",")[2])
        )
        export = curl(f"{address}/api/v1/symbols/{symbol}/candles?format=csv").splitlines()
        assert export[0].startswith(b"open_time_ms,open,")
        assert {"feed", "monitor", "push relay"} <= {part["name"] for part in asked(f"{address}/health")["parts"]}
        assert asked(f"{address}/api/v1/history/gaps")["gaps"] == []
        refused = curl("--include", f"{address}/api/v1/symbols/NOSUCH/candles")
        assert b"404" in refused.splitlines()[0]
        assert b"application/problem+json" in refused

        process.child.send_signal(signal.SIGINT)
        code, output = process.end()

    assert (code, output) == (0, "")
    assert WORD not in "".join(process.lines)


async def test_when_the_bridge_is_killed_another_takes_over_and_nobody_loses_or_doubles_a_message(
    monitor: str, tmp_path: Path
) -> None:
    with redis_server(WORD) as redis, ExitStack() as stack:
        shared = ("--set", f"serve.redis_url={redis.url}")
        both = [stack.enter_context(serving(monitor, tmp_path, *shared)) for _ in range(2)]
        both[0][0].wait_for("handing the monitor's push on")
        (bridge, _), (follower, address) = both
        topics = ("overview", f"candle.{first_symbol(address)}.10s", "health")
        told: list[list[dict[str, Any]]] = [[] for _ in topics]
        async with AsyncExitStack() as connections, asyncio.TaskGroup() as group:
            hearing = [
                group.create_task(
                    hear(await connections.enter_async_context(connect(websocket(address))), heard, topic)
                )
                for topic, heard in zip(topics, told, strict=True)
            ]
            for heard in told:
                await until(heard, 4)

            bridge.child.kill()
            before = [len(heard) for heard in told]
            await asyncio.to_thread(follower.wait_for, "handing the monitor's push on")
            for heard, count in zip(told, before, strict=True):
                await until(heard, count + 6)
            for task in hearing:
                task.cancel()

    for heard in told:
        assert is_followable(heard), [(one["type"], one["seq"]) for one in heard]
    assert WORD not in "".join(follower.lines)


async def test_who_comes_back_to_another_process_goes_on_where_it_was(monitor: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(serving(monitor, tmp_path))[1] for _ in range(2))
        topic = f"candle.{first_symbol(one)}.10s"
        told: list[dict[str, Any]] = []
        for address in (one, two, one):
            since = {"since": told[-1]["seq"]} if told else {}
            async with connect(websocket(address)) as connection, asyncio.timeout(LIMIT_S):
                await connection.send(json.dumps({"op": "subscribe", "topic": topic} | since))
                count = len(told)
                while len(told) < count + 3:
                    message = json.loads(await connection.recv())
                    if message["type"] in {"snapshot", "delta"}:
                        told.append(message)

    assert is_followable(told)
    assert [one["type"] for one in told].count("snapshot") == 1


async def test_when_the_monitor_is_killed_clients_stay_and_go_on_with_the_next_one(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as stack:
        first = stack.enter_context(monitor_at(port, tmp_path / "first"))
        process, address = stack.enter_context(serving(f"http://127.0.0.1:{port}", tmp_path))
        told: list[dict[str, Any]] = []
        async with connect(websocket(address)) as connection, asyncio.TaskGroup() as group:
            hearing = group.create_task(hear(connection, told, "health"))
            await until(told, 3)
            first.child.kill()
            await asyncio.to_thread(process.wait_for, "the monitor does not answer")
            refused = await asyncio.to_thread(curl, "--include", f"{address}/api/v1/symbols")
            ill = await asyncio.to_thread(asked, f"{address}/health")
            count = len(told)
            await asyncio.to_thread(stack.enter_context, monitor_at(port, tmp_path / "second"))
            await until(told, count + 3)
            hearing.cancel()
        assert asked(f"{address}/api/v1/symbols")["symbols"]

    head = refused.split(b"\r\n\r\n")[0].lower()
    assert b" 503 " in head.splitlines()[0]
    assert b"retry-after: 1" in head
    assert b"application/problem+json" in head
    assert ill["status"] == "down"
    assert told[count]["type"] == "snapshot"
    assert is_followable(told)


async def test_memory_stays_while_clients_come_and_go(monitor: str, tmp_path: Path) -> None:
    with serving(monitor, tmp_path) as (_, address):
        sizes = []
        for _ in range(ROUNDS):
            async with AsyncExitStack() as stack:
                crowd = [await stack.enter_async_context(connect(websocket(address))) for _ in range(CLIENTS)]
                for one in crowd:
                    await one.send('{"op":"subscribe","topic":"overview"}')
                for one in crowd:
                    async with asyncio.timeout(LIMIT_S):
                        while json.loads(await one.recv())["type"] != "delta":
                            pass
            found = scraped(curl(f"{address}/metrics"))
            sizes.append(int(value(found, "process_resident_memory_bytes") or 0))
        assert value(found, "tidemark_push_clients") in {0, float(CLIENTS)}

    assert sizes[-1] - sizes[ROUNDS // 3] <= MOST_GROWN, sizes
