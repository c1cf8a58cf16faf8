"""Slow clients, new listings and limits, on a running exchange."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tidemark.clock import SystemClock
from tidemark.sim.generator import generated
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings

START_NS = 1_763_712_000_000_000_000


@asynccontextmanager
async def exchange(settings: SimSettings) -> AsyncIterator[tuple[Address, aiohttp.ClientSession]]:
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as http:
        serving = serve(settings, generated(settings, START_NS), SystemClock(), ready.set_result)
        running = tasks.create_task(serving)
        try:
            yield await ready, http
        finally:
            running.cancel()


async def status(address: Address, http: aiohttp.ClientSession) -> Any:
    return await (await http.get(f"{address.rest}/_sim/status")).json()


async def test_as_fast_as_it_can_a_slow_client_is_waited_for_and_loses_nothing() -> None:
    settings = SimSettings(venue="binance", symbols=5, rate=2000.0, speed=None)
    async with exchange(settings) as (address, http):
        async with http.ws_connect(f"{address.stream}/ws/btcusdt@trade") as socket:
            seen = [json.loads(await socket.receive_str(timeout=10))["t"] for _ in range(100)]
            # While nobody reads, the exchange's time comes to a stand: that is the pressure back.
            stood_still = False
            async with asyncio.timeout(20):
                while not stood_still:
                    before = (await status(address, http))["now_ms"]
                    await asyncio.sleep(0.1)
                    stood_still = (await status(address, http))["now_ms"] == before
            seen += [json.loads(await socket.receive_str(timeout=10))["t"] for _ in range(50_000)]
        after = await status(address, http)

    assert seen == list(range(seen[0], seen[0] + 50_100))
    assert after["cut_for_slowness"] == 0


async def test_at_a_given_speed_a_client_that_does_not_read_is_cut_and_others_go_on() -> None:
    settings = SimSettings(venue="binance", symbols=5, rate=4000.0, speed=20.0)
    async with exchange(settings) as (address, http):
        url = f"{address.stream}/ws/btcusdt@trade"
        async with http.ws_connect(url), http.ws_connect(f"{address.stream}/ws/ethusdt@kline_1m") as healthy:
            async with asyncio.timeout(30):
                while (await status(address, http))["cut_for_slowness"] == 0:
                    await healthy.receive_str(timeout=10)
            assert json.loads(await healthy.receive_str(timeout=10))["e"] == "kline"
            assert (await status(address, http))["clients"] == 1


async def test_a_new_listing_appears_and_can_be_subscribed_at_once() -> None:
    settings = SimSettings(venue="bybit", symbols=20, rate=2000.0, speed=20.0, churn_s=10.0)
    async with exchange(settings) as (address, http):

        async def symbols() -> set[str]:
            reply = await http.get(f"{address.rest}/v5/market/instruments-info?category=linear")
            return {row["symbol"] for row in (await reply.json())["result"]["list"]}

        at_first = await symbols()
        asked: set[str] = set()
        told: list[dict[str, Any]] = []
        # A listing may leave again before it trades: then the next one has to.
        async with asyncio.timeout(60), http.ws_connect(f"{address.stream}/v5/public/linear") as socket:
            while not any("data" in one for one in told):
                for symbol in sorted(await symbols() - at_first - asked):
                    await socket.send_json({"op": "subscribe", "args": [f"publicTrade.{symbol}"], "req_id": "1"})
                    asked.add(symbol)
                with contextlib.suppress(TimeoutError):
                    told.append(await socket.receive_json(timeout=0.2))

    assert all(one["success"] for one in told if "success" in one)
    assert told[-1]["data"][0]["s"] in asked


async def test_a_client_that_subscribes_every_symbol_fits_into_bybits_limit() -> None:
    settings = SimSettings(venue="bybit", symbols=560, speed=1.0)
    async with exchange(settings) as (address, http):
        reply = await http.get(f"{address.rest}/v5/market/instruments-info?category=linear&limit=1000")
        rows = (await reply.json())["result"]["list"]
        topics = [f"publicTrade.{row['symbol']}" for row in rows if row["quoteCoin"] == "USDT"]
        async with http.ws_connect(f"{address.stream}/v5/public/linear") as socket:
            await socket.send_json({"op": "subscribe", "args": topics})
            assert (await socket.receive_json(timeout=10))["success"] is True
            kinds = {(await socket.receive_json(timeout=10))["topic"].split(".")[0] for _ in range(200)}
            more = [topic.replace("publicTrade", kind) for kind in ("tickers", "kline.1") for topic in topics]
            await socket.send_json({"op": "subscribe", "args": more})
            while "success" not in (told := await socket.receive_json(timeout=10)):
                pass

    assert kinds == {"publicTrade"}
    # 562 topics of some 20 characters fit into 21,000; three times as many do not.
    assert told["success"] is False
