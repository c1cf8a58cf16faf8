"""Books, liquidations and marks over real sockets, read by the watcher's own parsers where it has them."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tidemark.clock import SystemClock
from tidemark.ingest.venues.base import Channel
from tidemark.ingest.venues.binance import subscribe as binance
from tidemark.ingest.venues.bybit import subscribe as bybit
from tidemark.sim.faults import Faults
from tidemark.sim.generator import generated
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings

START_NS = 1_763_712_000_000_000_000
Sides = dict[str, dict[str, str]]


@asynccontextmanager
async def exchange(
    venue: str, rate: float = 1600.0, **faults: Any
) -> AsyncIterator[tuple[Address, aiohttp.ClientSession]]:
    settings = SimSettings(venue=venue, symbols=5, rate=rate, speed=1.0, churn_s=0.0, faults=Faults(**faults))
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as http:
        serving = serve(settings, generated(settings, START_NS), SystemClock(), ready.set_result)
        running = tasks.create_task(serving)
        try:
            yield await ready, http
        finally:
            running.cancel()


def apply(sides: Sides, data: Any) -> None:
    for side in "ba":
        for price, size in data[side]:
            if float(size):
                sides[side][price] = size
            else:
                sides[side].pop(price, None)


async def get(address: Address, http: aiohttp.ClientSession, path: str) -> Any:
    reply = await http.get(f"{address.rest}{path}")
    assert reply.status == 200, await reply.text()
    return await reply.json()


async def test_a_bybit_book_from_the_socket_is_that_of_rest() -> None:
    async with exchange("bybit") as (address, http):
        url = f"{address.stream}/v5/public/linear"
        topics = [topic.name for topic in bybit.topics(["BTCUSDT"], [Channel.BOOKS], "", 1000)]
        async with http.ws_connect(url) as socket:
            await socket.send_str(bybit.message("subscribe", topics, 1).decode())
            sides: Sides = {}
            update_id, matched = 0, 0
            async with asyncio.timeout(30):
                while matched < 3:
                    told = await socket.receive_json(timeout=10)
                    if "topic" not in told:
                        continue
                    data = told["data"]
                    if told["type"] == "snapshot":
                        sides = {side: dict(data[side]) for side in "ba"}
                    else:
                        assert data["u"] == update_id + 1
                        apply(sides, data)
                    update_id = data["u"]
                    rest = (await get(address, http, "/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=1000"))[
                        "result"
                    ]
                    if rest["u"] == update_id:
                        assert {side: dict(rest[side]) for side in "ba"} == sides
                        matched += 1


async def test_the_documented_procedure_of_binance_works_over_the_wire() -> None:
    # Few enough events that often none falls between a message and the reply of REST.
    async with exchange("binance", rate=40.0) as (address, http):
        sockets = binance.sockets(address.stream, ["BTCUSDT"], [Channel.BOOKS], "")
        assert [socket.url for socket in sockets] == [f"{address.stream}/public/stream"]
        async with http.ws_connect(sockets[0].url) as socket:
            await socket.send_str(binance.message("SUBSCRIBE", [sockets[0].topics[0].name], 1).decode())
            buffered: list[Any] = []
            while len(buffered) < 2:
                told = await socket.receive_json(timeout=10)
                if "data" in told:
                    buffered.append(told["data"])
            book = await get(address, http, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000")
            sides = {"b": dict(book["bids"]), "a": dict(book["asks"])}
            while buffered[-1]["u"] < book["lastUpdateId"]:
                buffered.append((await socket.receive_json(timeout=10))["data"])
            fresh = [one for one in buffered if one["u"] >= book["lastUpdateId"]]
            assert fresh[0]["U"] <= book["lastUpdateId"] <= fresh[0]["u"]
            previous = fresh[0]["pu"]
            async with asyncio.timeout(30):
                while True:
                    for one in fresh:
                        assert one["pu"] == previous
                        previous = one["u"]
                        apply(sides, one)
                        assert max(map(float, sides["b"])) < min(map(float, sides["a"]))
                    again = await get(address, http, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000")
                    if again["lastUpdateId"] == previous:
                        assert (dict(again["bids"]), dict(again["asks"])) == (sides["b"], sides["a"])
                        return
                    fresh = [(await socket.receive_json(timeout=10))["data"]]


async def test_binance_tells_books_only_on_the_public_side_and_marks_only_on_the_other() -> None:
    names = "btcusdt@depth@100ms/btcusdt@markPrice@1s"
    async with exchange("binance") as (address, http):
        seen: dict[str, set[str]] = {}
        for side in ("public", "market"):
            async with http.ws_connect(f"{address.stream}/{side}/stream?streams={names}") as socket:
                seen[side] = {(await socket.receive_json(timeout=10))["stream"] for _ in range(4)}
        async with http.ws_connect(f"{address.stream}/stream?streams={names}") as socket, asyncio.timeout(20):
            seen["old"] = set()
            while len(seen["old"]) < 2:
                seen["old"].add((await socket.receive_json(timeout=10))["stream"])

    assert seen == {
        "public": {"btcusdt@depth@100ms"},
        "market": {"btcusdt@markPrice@1s"},
        "old": {"btcusdt@depth@100ms", "btcusdt@markPrice@1s"},
    }


async def test_a_dead_book_channel_leaves_the_trades_of_its_socket_alive() -> None:
    async with (
        exchange("bybit", silent=True, channels=("book",), symbols=("BTCUSDT",)) as (address, http),
        http.ws_connect(f"{address.stream}/v5/public/linear") as socket,
    ):
        topics = ["orderbook.50.BTCUSDT", "orderbook.50.ETHUSDT", "publicTrade.BTCUSDT"]
        await socket.send_json({"op": "subscribe", "args": topics})
        kinds: dict[tuple[str, str], int] = {}
        for _ in range(200):
            told = await socket.receive_json(timeout=10)
            if "topic" in told:
                key = (told["topic"], told["type"])
                kinds[key] = kinds.get(key, 0) + 1

    # The snapshot is the answer to the subscription; no delta follows it.
    assert ("orderbook.50.BTCUSDT", "delta") not in kinds
    assert kinds["orderbook.50.ETHUSDT", "delta"] > 5
    assert kinds["publicTrade.BTCUSDT", "snapshot"] > 5


async def test_broken_and_crossed_books_are_counted() -> None:
    async with (
        exchange("binance", book_break=0.3, book_cross=0.3) as (address, http),
        http.ws_connect(f"{address.stream}/ws/btcusdt@depth@100ms") as socket,
    ):
        told = [await socket.receive_json(timeout=10) for _ in range(60)]
        status = await get(address, http, "/_sim/status?symbol=BTCUSDT")

    breaks = sum(b["pu"] != a["u"] for a, b in itertools.pairwise(told))
    crossed = sum(bool(one["b"] and one["a"]) and float(one["b"][0][0]) > float(one["a"][-1][0]) * 1.1 for one in told)
    assert breaks > 5
    assert crossed > 5
    assert status["books_spoiled"] >= crossed
    assert len(status["symbol"]["book"]["bids"]) == 20


async def test_missing_trades_are_missing_at_every_asking_but_true() -> None:
    async with (
        exchange("bybit", trade_missing=0.3) as (address, http),
        http.ws_connect(f"{address.stream}/v5/public/linear") as socket,
    ):
        await socket.send_json({"op": "subscribe", "args": ["publicTrade.BTCUSDT"]})
        streamed: list[str] = []
        while len(streamed) < 300:
            told = await socket.receive_json(timeout=10)
            streamed += [row["i"] for row in told.get("data", [])]
        rest = await get(address, http, "/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=1000")

    told_ids = [row["execId"] for row in reversed(rest["result"]["list"])]
    span = told_ids[told_ids.index(streamed[0]) : told_ids.index(streamed[-1]) + 1]
    assert set(streamed) <= set(span)
    assert 0.2 < 1.0 - len(streamed) / len(span) < 0.4


async def test_wrong_candles_are_wrong_at_every_asking() -> None:
    path = "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=500&endTime=1763711999999"
    async with exchange("binance", kline_wrong=0.1) as (address, http):
        first, second = [await get(address, http, path) for _ in range(2)]
        await http.post(f"{address.rest}/_sim/faults", json={"kline_wrong": 0.0})
        true = await get(address, http, path)
        told = await get(address, http, "/_sim/faults")

    assert first == second
    assert 20 < sum(a != b for a, b in zip(first, true, strict=True)) < 90
    assert told["faults"]["kline_wrong"] == 0.0
    assert any("kline_wrong" in line for line in told["help"])
