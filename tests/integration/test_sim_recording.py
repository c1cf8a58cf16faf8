"""The local exchange replays real recordings: verbatim, only to those who subscribed, without losing a frame."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

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


async def test_only_what_was_subscribed_comes_and_a_raw_connection_has_no_envelope(usdm: Recording) -> None:
    async with (
        exchange(usdm) as address,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address.stream}/ws") as socket,
    ):
        await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@trade", "ethusdt@trade"], "id": 1})
        assert await socket.receive_json(timeout=10) == {"result": None, "id": 1}
        frames = [await socket.receive_json(timeout=10) for _ in range(1000)]

    assert {frame["e"] for frame in frames} == {"trade"}
    ids = [frame["t"] for frame in frames]
    assert ids == list(range(5_266_583_935, 5_266_584_935))


async def test_nothing_is_sent_to_somebody_who_wants_another_stream(usdm: Recording) -> None:
    async with (
        exchange(usdm) as address,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address.stream}/stream?streams=ethusdt@trade") as socket,
    ):
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.3)
        time = await (await http.get(f"{address.rest}/fapi/v1/time")).json()

    # Nobody listens to a stream of it, so its time has not begun.
    assert time == {"serverTime": usdm.survey.first_ns // 1_000_000}


async def test_rest_tells_what_the_recording_holds(usdm: Recording, recorded: Callable[[str], Path]) -> None:
    trades = [json.loads(payload)["data"] for _, payload in hftbacktest(recorded(USDM)) if b"@trade" in payload[:40]]
    async with exchange(usdm) as address, aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{address.stream}/stream?streams=btcusdt@trade") as socket:
            for _ in range(21_313):
                await socket.receive_str(timeout=10)
        info = await (await http.get(f"{address.rest}/fapi/v1/exchangeInfo")).json()
        klines = await (await http.get(f"{address.rest}/fapi/v1/klines?symbol=BTCUSDT&interval=1m")).json()
        recent = await (await http.get(f"{address.rest}/fapi/v1/trades?symbol=BTCUSDT&limit=1000")).json()
        ticker = await (await http.get(f"{address.rest}/fapi/v1/ticker/24hr?symbol=BTCUSDT")).json()

    symbol = info["symbols"][0]
    filters = {row["filterType"]: row for row in symbol["filters"]}
    assert (symbol["symbol"], symbol["baseAsset"], symbol["quoteAsset"]) == ("BTCUSDT", "BTC", "USDT")
    assert filters["PRICE_FILTER"]["tickSize"] == "0.1"
    assert filters["LOT_SIZE"]["stepSize"] == "0.001"
    assert [row["id"] for row in recent] == [trade["t"] for trade in trades[-1000:]]
    assert [Decimal(row["price"]) for row in recent] == [Decimal(trade["p"]) for trade in trades[-1000:]]
    assert Decimal(ticker["lastPrice"]) == Decimal(trades[-1]["p"])
    told = {row[0]: row for row in klines if row[8] > 0}
    expected: dict[int, list[Any]] = {}
    for trade in trades:
        expected.setdefault(trade["T"] // 60_000 * 60_000, []).append(trade)
    assert set(told) == set(expected)
    for minute, rows in expected.items():
        prices = [Decimal(row["p"]) for row in rows]
        assert [Decimal(text) for text in told[minute][1:5]] == [prices[0], max(prices), min(prices), prices[-1]]
        assert Decimal(told[minute][5]) == sum(Decimal(row["q"]) for row in rows)
        assert told[minute][8] == len(rows)


async def test_at_a_given_speed_frames_keep_their_distance(recorded: Callable[[str], Path]) -> None:
    path = recorded(USDM)
    first = list(islice(hftbacktest(path), 3000))
    source = Recording("binance", lambda: first)
    clock = SystemClock()
    async with (
        exchange(source, speed=20.0) as address,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address.stream}/stream?streams=btcusdt@bookTicker") as socket,
    ):
        await socket.receive_str(timeout=10)
        began = clock.monotonic_ns()
        for _ in range(sum(b"bookTicker" in payload[:40] for _, payload in first) - 1):
            await socket.receive_str(timeout=10)
        took = clock.monotonic_ns() - began

    # The frames span some seconds; at twenty times the speed they cannot come sooner than a twentieth of that.
    assert took >= 0.9 * (first[-1][0] - first[0][0]) / 20


async def test_a_capture_of_several_symbols_and_kinds_is_replayed(recorded: Callable[[str], Path]) -> None:
    path = recorded("ws/cryptofeed/BINANCE_FUTURES.ws.1.0.zst")
    source = Recording("binance", lambda: cryptofeed(path))
    wanted = sorted(source.survey.streams)
    counts: dict[str, int] = {}
    async with (
        exchange(source) as address,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{address.stream}/stream?streams={'/'.join(wanted)}") as socket,
    ):
        for _ in range(source.survey.frames):
            stream = json.loads(await socket.receive_str(timeout=10))["stream"]
            kind = stream.split("@")[1]
            counts[kind] = counts.get(kind, 0) + 1

    assert counts == {"aggTrade": 91, "depth": 764, "kline_1m": 67, "bookTicker": 613}
    assert sorted(source.truth.slot_of) == ["AKROUSDT", "CTKUSDT", "KEEPUSDT", "SUSHIUSDT"]
