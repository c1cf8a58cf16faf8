"""The local exchange replays real recordings: verbatim, only to those who subscribed, without losing a frame."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import zstandard

from tidemark.clock import SystemClock
from tidemark.sim.recording import Recording
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings

USDM = "ws/hftbacktest_usdm_btcusdt_20240808.gz"


def hftbacktest(path: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(path, "rb") as lines:
        for line in lines:
            received, _, payload = line.rstrip(b"\n").partition(b" ")
            yield int(received), payload


def cryptofeed(path: Path) -> Iterator[tuple[int, bytes]]:
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    for line in text.splitlines():
        received, _, payload = line.partition(b": ")
        if payload.startswith(b"{") and received.replace(b".", b"").isdigit():
            yield round(float(received) * 1e9), payload


@asynccontextmanager
async def exchange(source: Recording, speed: float | None = None) -> AsyncIterator[Address]:
    settings = SimSettings(venue=source.venue, speed=speed)
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(serve(settings, source, SystemClock(), ready.set_result))
        try:
            yield await ready
        finally:
            running.cancel()


@pytest.fixture
def usdm(recorded: Callable[[str], Path]) -> Recording:
    path = recorded(USDM)
    return Recording("binance", lambda: hftbacktest(path))


async def test_a_fast_client_gets_every_recorded_trade_verbatim(
    usdm: Recording, recorded: Callable[[str], Path]
) -> None:
    expected = [
        payload for _, payload in hftbacktest(recorded(USDM)) if payload.startswith(b'{"stream":"btcusdt@trade"')
    ]
    got: list[bytes] = []
    async with exchange(usdm) as address, aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{address.stream}/stream?streams=btcusdt@trade") as socket:
            while len(got) < 21_313:
                got.append((await socket.receive_str(timeout=10)).encode())
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 7})
            after = await socket.receive_json(timeout=10)
        status = await (await http.get(f"{address.rest}/_sim/status")).json()

    assert len(expected) == 21_313
    assert got == expected
    assert after == {"result": ["btcusdt@trade"], "id": 7}
    assert status["has_ended"] is True
    assert status["sent"] == {"trade": 21_313}
