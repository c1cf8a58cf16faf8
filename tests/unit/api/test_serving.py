import asyncio
import socket
from contextlib import AsyncExitStack

import pytest
from aiohttp import web

from tidemark.api.application import application
from tidemark.api.serving import Doors, address_of, listen, serve
from tidemark.errors import AddressError
from tidemark.memory.ledger import Ledger, OwnerReport

ASK = b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_a_port_that_is_taken_is_said_or_another_one_found() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            AddressError, match=rf"port {port}: Address already in use; name another one with api\.port"
        ):
            listen("127.0.0.1", port)
        with listen("127.0.0.1", port, any_port=True) as other:
            assert other.getsockname()[1] != port
            assert address_of(other) == f"http://127.0.0.1:{other.getsockname()[1]}"


def test_a_name_that_nobody_knows_is_said() -> None:
    with pytest.raises(AddressError, match=r"api\.host 'no such host' is no address"):
        listen("no such host", 1)


def test_a_slow_reader_holds_little_and_is_noticed() -> None:
    with listen("127.0.0.1", 0) as made:
        # The kernel doubles what is asked for.
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * 64 * 1024
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000


def test_before_it_serves_and_beyond_its_number_a_connection_is_hung_up_on() -> None:
    ledger = Ledger()
    doors = Doors(2, ledger)

    doors()

    (line,) = [one for one in ledger.report() if one.owner == "api/connections"]
    assert (line.used, line.rejected, line.capacity) == (0, 1, 2)


class Busy:
    """A port with two doors, behind which whoever asks is answered when `answer` is set."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.answer = asyncio.Event()
        self.asked = 0
        self.listening = listen("127.0.0.1", 0)
        self.doors = Doors(2, self.ledger)
        self._writers: list[asyncio.StreamWriter] = []

    async def run(self) -> None:
        async def close() -> None:
            self.listening.close()

        await serve(application({"/slow": self._slow}), self.listening, self.doors, [asyncio.Event().wait], close)  # type: ignore[list-item]  # it never gives its value

    async def connect(self, say: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection(*self.listening.getsockname())
        writer.write(say)
        self._writers.append(writer)
        return reader

    def end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def until(self, open_now: int, asked: int = 0) -> None:
        while True:
            if (self.line.used, self.asked) == (open_now, asked):
                return
            await asyncio.sleep(0)

    @property
    def line(self) -> OwnerReport:
        (line,) = [one for one in self.ledger.report() if one.owner == "api/connections"]
        return line

    async def _slow(self, _: web.Request) -> web.StreamResponse:
        self.asked += 1
        await self.answer.wait()
        return web.Response(text="answered")


async def is_hung_up(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


async def test_who_opens_doors_and_asks_nothing_makes_room_for_who_does() -> None:
    busy = Busy()
    async with asyncio.timeout(30), AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        task = group.create_task(busy.run())
        oldest = await busy.connect()
        await busy.until(1)
        idle = await busy.connect(b"GET /slow HT")
        await busy.until(2)

        asking = await busy.connect(ASK)

        assert await is_hung_up(oldest)
        await busy.until(2, asked=1)
        other = await busy.connect(ASK)
        assert await is_hung_up(idle)
        await busy.until(2, asked=2)
        refused = await busy.connect(ASK)
        assert await is_hung_up(refused)
        busy.answer.set()
        for reader in (asking, other):
            assert (await reader.readuntil(b"answered")).startswith(b"HTTP/1.1 200")
        assert (busy.line.evicted, busy.line.rejected, busy.line.peak) == (2, 1, 2)
        busy.end()
        task.cancel()
