"""Each fault as a client sees it, switched on while the local exchange runs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tidemark.clock import SystemClock
from tidemark.sim.faults import Faults
from tidemark.sim.generator import generated
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings

START_NS = 1_763_712_000_000_000_000
TIMES = {"bybit": "/v5/market/time", "binance": "/fapi/v1/time"}


class Here:
    """A running exchange and a client session."""

    def __init__(self, venue: str, address: Address, http: aiohttp.ClientSession) -> None:
        self.venue = venue
        self.address = address
        self.http = http

    async def switch(self, **faults: Any) -> None:
        reply = await self.http.post(f"{self.address.rest}/_sim/faults", json=faults)
        assert reply.status == 200, await reply.text()

    async def status(self) -> Any:
        return await (await self.http.get(f"{self.address.rest}/_sim/status")).json()

    async def time(self) -> aiohttp.ClientResponse:
        return await self.http.get(f"{self.address.rest}{TIMES[self.venue]}")

    def trades(self, **options: Any) -> Any:
        return self.http.ws_connect(f"{self.address.stream}/ws/btcusdt@trade", max_msg_size=0, **options)


@asynccontextmanager
async def exchange(venue: str = "binance", rate: float = 500.0, **faults: Any) -> AsyncIterator[Here]:
    settings = SimSettings(venue=venue, symbols=3, rate=rate, faults=Faults(**faults), speed=2.0)
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as http:
        serving = serve(settings, generated(settings, START_NS), SystemClock(), ready.set_result)
        running = tasks.create_task(serving)
        try:
            yield Here(venue, await ready, http)
        finally:
            running.cancel()


async def numbers(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[int]:
    return [json.loads(await socket.receive_str(timeout=10))["t"] for _ in range(count)]


async def drained(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Read what was on its way; return when nothing comes any more."""
    while True:
        try:
            await socket.receive(timeout=0.5)
        except TimeoutError:
            return


async def test_without_a_fault_no_trade_is_missing() -> None:
    async with exchange() as here, here.trades() as socket:
        seen = await numbers(socket, 500)

    assert seen == list(range(seen[0], seen[0] + 500))


async def test_a_dropped_connection_ends_without_a_close_frame_and_can_be_opened_again() -> None:
    async with exchange() as here:
        async with here.trades() as socket:
            await numbers(socket, 5)
            await here.switch(drop_once=True)
            while (message := await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert socket.close_code == 1006
        assert message.type is aiohttp.WSMsgType.CLOSED
        async with here.trades() as socket:
            assert len(await numbers(socket, 5)) == 5


async def test_connections_are_dropped_again_and_again() -> None:
    async with exchange(drop_every_s=0.3) as here:
        for _ in range(2):
            async with here.trades() as socket:
                while (await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                    pass
                assert socket.close_code == 1006


@pytest.mark.parametrize("answer_pings", [True, False])
async def test_a_silent_connection_stays_open(*, answer_pings: bool) -> None:
    async with exchange() as here, here.trades(autoping=False) as socket:
        await numbers(socket, 5)
        await here.switch(silent=True, answer_pings=answer_pings)
        await drained(socket)
        await socket.ping(b"there?")
        if answer_pings:
            assert (await socket.receive(timeout=10)).type is aiohttp.WSMsgType.PONG
        else:
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.5)
        assert not socket.closed
        await here.switch(silent=False)
        resumed = await socket.receive(timeout=10)
        assert json.loads(resumed.data)["e"] == "trade"


async def test_duplicates_gaps_and_reordering_are_seen_and_counted() -> None:
    async with exchange(duplicate=0.1, gap=0.1, reorder=0.1, reorder_ms=100) as here, here.trades() as socket:
        seen = await numbers(socket, 1500)
        status = await here.status()

    assert len(set(seen)) < len(seen)
    assert max(seen) - min(seen) + 1 > len(set(seen))
    assert seen != sorted(seen)
    assert min(status["lost"], status["duplicated"], status["reordered"]) > 50


async def test_malformed_frames_come_among_good_ones() -> None:
    async with exchange(malformed=0.2) as here, here.trades() as socket:
        kinds = set()
        good = 0
        for _ in range(400):
            message = await socket.receive(timeout=10)
            if message.type is aiohttp.WSMsgType.BINARY:
                kinds.add("binary")
                continue
            if len(message.data) > 1 << 20:
                kinds.add("oversized")
                continue
            try:
                told = json.loads(message.data)
            except RecursionError:
                kinds.add("deep")
            except ValueError:
                kinds.add("truncated")
            else:
                if told.get("p") == "NaN":
                    kinds.add("not_a_number")
                elif told.get("e") != "trade":
                    kinds.add("unknown or wrong types")
                else:
                    good += 1

    assert kinds == {"binary", "oversized", "deep", "truncated", "not_a_number", "unknown or wrong types"}
    assert good > 250


async def test_a_delay_holds_frames_back() -> None:
    async with exchange() as here, here.trades() as socket:
        await numbers(socket, 5)
        await here.switch(delay_ms=1000)
        before = (await here.status())["now_ms"]
        late: list[int] = []
        while not late:
            told = json.loads(await socket.receive_str(timeout=10))
            now_ms = (await here.status())["now_ms"]
            if told["T"] > before:
                late.append(now_ms - told["T"])

    assert late[0] >= 1000


async def test_a_burst_multiplies_the_rate_and_ends() -> None:
    async with exchange(rate=100.0) as here, here.trades() as socket:
        await numbers(socket, 5)
        before = await here.status()
        await here.switch(burst_s=1.0)
        while (after := await here.status())["now_ms"] < before["now_ms"] + 3000:
            await numbers(socket, 50)

    trades = after["trades"]["BTCUSDT"] - before["trades"]["BTCUSDT"]
    # At 100 messages a second BTCUSDT makes about 60 trades a second; a second of burst makes thousands.
    assert trades > 2500


async def test_a_clock_skew_shows_in_server_time_and_events() -> None:
    async with exchange(clock_skew_ms=60_000) as here, here.trades() as socket:
        before_ms = (await here.status())["now_ms"]
        told = json.loads(await socket.receive_str(timeout=10))
        server_ms = (await (await here.time()).json())["serverTime"]
        after_ms = (await here.status())["now_ms"]

    assert before_ms <= server_ms - 60_000 <= after_ms
    assert START_NS // 1_000_000 <= told["T"] - 60_000 <= after_ms


@pytest.mark.parametrize(
    ("venue", "faults", "status", "code"),
    [
        ("bybit", {"too_many_requests": 1.0}, 429, 10006),
        ("binance", {"too_many_requests": 1.0}, 429, -1003),
        ("binance", {"too_many_requests": 1.0, "banned": True}, 418, -1003),
    ],
)
async def test_too_many_requests_in_the_form_of_the_venue(
    venue: str, faults: dict[str, Any], status: int, code: int
) -> None:
    async with exchange(venue, retry_after_s=7, **faults) as here:
        reply = await here.time()
        told = await reply.json()

    assert reply.status == status
    assert reply.headers["Retry-After"] == "7"
    assert told.get("retCode", told.get("code")) == code
    counted = "X-Bapi-Limit-Status" if venue == "bybit" else "X-MBX-USED-WEIGHT-1M"
    assert reply.headers[counted].isdigit()


async def test_server_errors_and_slow_replies() -> None:
    async with exchange(server_error=1.0) as here:
        assert (await here.time()).status == 503
        await here.switch(server_error=0.0, rest_delay_s=30.0)
        with pytest.raises(TimeoutError):
            await here.http.get(f"{here.address.rest}/fapi/v1/time", timeout=aiohttp.ClientTimeout(total=0.3))
