import asyncio
import socket as sockets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import aiohttp.test_utils
import pytest
from aiohttp import web

from tidemark.clock import SystemClock
from tidemark.errors import AddressError, SettingsError
from tidemark.sim.faults import Faults
from tidemark.sim.generator import Generator, generated
from tidemark.sim.server import Exchange, serve
from tidemark.sim.settings import Address, SimSettings

START_NS = 1_763_712_000_000_000_000


@asynccontextmanager
async def exchange(venue: str, **faults: Any) -> AsyncIterator[tuple[Address, aiohttp.ClientSession]]:
    settings = SimSettings(venue=venue, symbols=5, rate=300.0, faults=Faults(**faults))
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as http:
        serving = serve(settings, generated(settings, START_NS), SystemClock(), ready.set_result)
        running = tasks.create_task(serving)
        try:
            yield await ready, http
        finally:
            running.cancel()


async def test_rest_and_stream_answer_on_one_port() -> None:
    async with exchange("bybit") as (address, http):
        time = await (await http.get(f"{address.rest}/v5/market/time")).json()
        async with http.ws_connect(f"{address.stream}/v5/public/linear") as socket:
            await socket.send_json({"op": "ping", "req_id": "1"})
            pong = await socket.receive_json(timeout=5)

    assert address.rest.removeprefix("http") == address.stream.removeprefix("ws")
    assert 0 <= int(time["result"]["timeSecond"]) - START_NS // 10**9 < 60
    assert pong["ret_msg"] == "pong"


async def test_an_acknowledgement_comes_before_the_data() -> None:
    async with exchange("binance") as (address, http), http.ws_connect(f"{address.stream}/ws") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 1})
        first = await socket.receive_json(timeout=5)
        second = await socket.receive_json(timeout=5)

    assert first == {"result": None, "id": 1}
    assert second["e"] == "aggTrade"


async def test_a_combined_stream_wraps_and_a_raw_one_does_not() -> None:
    async with exchange("binance") as (address, http):
        async with http.ws_connect(f"{address.stream}/stream?streams=btcusdt@trade") as combined:
            wrapped = await combined.receive_json(timeout=5)
        async with http.ws_connect(f"{address.stream}/ws/btcusdt@trade") as raw:
            plain = await raw.receive_json(timeout=5)

    assert list(wrapped) == ["stream", "data"]
    assert wrapped["stream"] == "btcusdt@trade"
    assert wrapped["data"]["e"] == plain["e"] == "trade"


async def test_after_unsubscribing_nothing_comes() -> None:
    async with exchange("binance") as (address, http), http.ws_connect(f"{address.stream}/ws/btcusdt@trade") as socket:
        await socket.receive_json(timeout=5)
        await socket.send_json({"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 2})
        while "result" not in await socket.receive_json(timeout=5):
            pass
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.4)


async def test_a_ping_frame_is_answered() -> None:
    async with (
        exchange("binance") as (address, http),
        http.ws_connect(f"{address.stream}/ws", autoping=False) as socket,
    ):
        await socket.ping(b"hello")
        message = await socket.receive(timeout=5)

    assert (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"hello")


async def test_who_talks_too_much_is_closed_with_1008() -> None:
    async with exchange("binance") as (address, http), http.ws_connect(f"{address.stream}/ws") as socket:
        for k in range(11):
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": k})
        replies = [await socket.receive(timeout=5) for _ in range(11)]

    assert [m.type for m in replies[:10]] == [aiohttp.WSMsgType.TEXT] * 10
    assert (replies[10].type, replies[10].data) == (aiohttp.WSMsgType.CLOSE, 1008)


class Leaping(SystemClock):
    """The clock of this machine, which can be put forward."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.ahead_ns


async def test_too_many_streams_in_the_address_are_refused() -> None:
    names = "/".join(f"s{k}@trade" for k in range(1025))
    async with (
        exchange("binance") as (address, http),
        http.ws_connect(f"{address.stream}/stream?streams={names}") as socket,
    ):
        messages = [await socket.receive(timeout=5) for _ in range(2)]

    assert messages[0].json() == {"error": {"code": 4, "msg": "Too many subscriptions"}}
    assert (messages[1].type, messages[1].data) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_the_server_pings_and_cuts_who_does_not_answer_within_ten_minutes(make: Callable[..., Generator]) -> None:
    clock = Leaping()
    exchange_ = Exchange(SimSettings(venue="binance"), make("binance"), clock)
    exchange_.venue.ping_every_s = 0.0
    runner = web.AppRunner(exchange_.application())
    await runner.setup()
    try:
        # The runner closes what it listens on.
        listener = sockets.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listener).start()
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/market/ws"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, autoping=False) as socket:
            message = await socket.receive(timeout=5)
            clock.ahead_ns = 601 * 1_000_000_000
            while (last := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.PING:
                pass
    finally:
        await runner.cleanup()

    assert message.type is aiohttp.WSMsgType.PING
    assert (last.type, socket.close_code) == (aiohttp.WSMsgType.CLOSED, 1006)
    # Its payload is the exchange's time in milliseconds.
    assert int(bytes(message.data)) == START_NS // 1_000_000


async def test_an_unknown_path_is_404() -> None:
    async with exchange("binance") as (address, http):
        assert (await http.get(f"{address.rest}/fapi/v1/nosuch")).status == 404
        with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
            await http.ws_connect(f"{address.stream}/nosuch")


async def test_the_weight_used_is_told_and_enforced() -> None:
    async with exchange("binance") as (address, http):
        statuses = []
        for _ in range(62):
            reply = await http.get(f"{address.rest}/fapi/v1/ticker/24hr")
            statuses.append((reply.status, int(reply.headers["X-MBX-USED-WEIGHT-1M"])))
        refused = await http.get(f"{address.rest}/fapi/v1/ticker/24hr")

    # The minute of the clock may change in between, so the weight is looked at where it had room to grow.
    spent = [used for _, used in statuses]
    assert spent[0] == 40
    assert all(status == (200 if used <= 2400 else 429) for status, used in statuses)
    if refused.status == 429:
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await refused.json())["code"] == -1003


async def test_faults_are_switched_while_running_and_wrong_ones_refused() -> None:
    async with exchange("bybit") as (address, http):
        good = await http.post(f"{address.rest}/_sim/faults", json={"server_error": 1.0})
        broken = await http.get(f"{address.rest}/v5/market/time")
        bad = await http.post(f"{address.rest}/_sim/faults", json={"nosuch": 1})
        text = await bad.text()
        await http.post(f"{address.rest}/_sim/faults", json={"server_error": 0.0})
        fine = await http.get(f"{address.rest}/v5/market/time")
        status = await (await http.get(f"{address.rest}/_sim/status?symbol=BTCUSDT&minute=²")).json()

    assert (good.status, broken.status, bad.status, fine.status) == (200, 503, 400, 200)
    assert "nosuch" in text
    assert status["requests"] == 2
    assert status["candle"]["symbol"] == "BTCUSDT"


async def test_a_source_of_another_venue_is_refused(make: Callable[..., Generator]) -> None:
    with pytest.raises(SettingsError, match="'binance', but the source speaks 'bybit'"):
        await serve(SimSettings(venue="binance"), make("bybit"), SystemClock(), lambda address: None)


async def test_a_taken_port_is_named(make: Callable[..., Generator]) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"127.0.0.1:{port}"):
            await serve(SimSettings(venue="bybit", port=port), make("bybit"), SystemClock(), lambda address: None)


async def test_data_pages_do_not_spend_the_budget_of_weights() -> None:
    path = "/futures/data/openInterestHist?symbol=BTCUSDT&period=5m"
    async with exchange("binance") as (address, http):
        before = await http.get(f"{address.rest}/fapi/v1/ticker/24hr")
        replies = [await http.get(f"{address.rest}{path}") for _ in range(1001)]

    assert [reply.status for reply in replies[:1000]] == [200] * 1000
    # The window of five minutes may begin anew in between.
    assert replies[1000].status in {200, 429}
    used = [int(reply.headers["X-MBX-USED-WEIGHT-1M"]) for reply in (before, *replies)]
    assert used[0] == 40
    assert set(used) <= {0, 40}


async def test_faults_at_the_exchange_itself_are_switched_too() -> None:
    path = "/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1&limit=100&end=1763711999999"
    async with exchange("bybit") as (address, http):
        true = (await (await http.get(f"{address.rest}{path}")).json())["result"]["list"]
        await http.post(f"{address.rest}/_sim/faults", json={"kline_wrong": 1.0, "symbols": ["BTCUSDT"]})
        told = (await (await http.get(f"{address.rest}{path}")).json())["result"]["list"]
        shown = await (await http.get(f"{address.rest}/_sim/faults")).json()

    assert len(true) == 100
    assert all(a != b for a, b in zip(true, told, strict=True))
    assert shown["faults"]["symbols"] == ["BTCUSDT"]


async def test_who_is_gone_before_the_handshake_is_answered_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    settings = SimSettings(venue="bybit", symbols=5, rate=300.0)
    made = Exchange(settings, generated(settings, START_NS), SystemClock())
    made.refuses = True
    async with aiohttp.test_utils.TestServer(made.application()) as server, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            await http.ws_connect(server.make_url("/v5/public/linear"))

    assert [record.getMessage() for record in caplog.records if record.name.startswith("aiohttp")] == []
