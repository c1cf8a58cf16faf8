"""Push over real sockets, on both event loops, to clients that are not ours; the time is the test's."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import Market

from tidemark.api.push.hub import Hub
from tidemark.units import MIB, SECOND

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
# Longer than anything here takes: a test that hangs fails instead.
LIMIT_S = 20.0
WORD = "open sesame"
Run = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
SILENT = logging.getLogger("tests.push")


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:

        async def limited(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
            async with asyncio.timeout(LIMIT_S):
                await scenario()

        yield lambda scenario: runner.run(limited(scenario))


async def knows(secret: str, address: str) -> bool:
    await asyncio.sleep(0)
    return (secret, address) == (WORD, "127.0.0.1")


class Served:
    """A hub at a port; time passes when the test says so."""

    def __init__(self, clients: int = 10, parts: int = 1, *, is_guarded: bool = False) -> None:
        self.market = Market(parts=parts)
        self.hub = Hub(
            self.market.reads,
            clients=clients,
            series=self.market.series,
            ledger=self.market.ledger,
            authenticate=knows if is_guarded else None,
        )
        self.is_guarded = is_guarded
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self.hub.handle(request, is_authenticated=not self.is_guarded)

    async def pass_time(self, seconds: float, step: float = 0.25) -> None:
        """Let time pass, and the loop do what it has to in between."""
        at = (self.market.clock.now_ns() - MIDNIGHT) / SECOND
        for number in range(1, round(seconds / step) + 1):
            self.market.until(at + number * step)
            await self.hub.turn()
            await asyncio.sleep(0.002)

    async def until_open(self, count: int) -> None:
        while self.hub.figures().open != count:  # noqa: ASYNC110 - figures are read, not awaited
            await asyncio.sleep(0.005)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}/ws"


@asynccontextmanager
async def served(clients: int = 10, parts: int = 1, *, is_guarded: bool = False) -> AsyncIterator[Served]:
    made = Served(clients, parts, is_guarded=is_guarded)
    app = web.Application()
    app.router.add_get("/ws", made.handle)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await made.hub.close("the test has ended")
        await runner.cleanup()


@asynccontextmanager
async def connected(made: Served, **options: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as http, http.ws_connect(made.url, **options) as peer:
        hello = await peer.receive_json()
        assert hello["type"] == "hello"
        yield peer


async def subscribed(peer: aiohttp.ClientWebSocketResponse, topic: str, **more: Any) -> list[dict[str, Any]]:
    """What comes at once."""
    await peer.send_json({"op": "subscribe", "topic": topic, **more})
    answer = await peer.receive_json()
    assert answer["type"] == "subscribed"
    return [] if "since" in more else [await peer.receive_json()]


class Listener(WSListener):
    """A client of another library; what it hears is in `messages`, how it ended in `closed`."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        assert frame.fin
        if frame.msg_type == WSMsgType.TEXT:
            self.messages.put_nowait(json.loads(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            message = frame.get_close_message()
            self.closed.set_result((frame.get_close_code().value, bytes(message or b"").decode()))
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()


def test_a_client_of_another_library_reads_snapshots_deltas_and_the_reason_of_the_end(run: Run) -> None:
    async def scenario() -> None:
        async with served() as made:
            transport, peer = await ws_connect(Listener, made.url, logger_name=SILENT)
            assert isinstance(peer, Listener)
            for topic in ("overview", "health", "candle.BTCUSDT.1m", "book.BTCUSDT", "score.BTCUSDT", "memory"):
                transport.send(WSMsgType.TEXT, json.dumps({"op": "subscribe", "topic": topic}).encode())
            kinds = [(await peer.messages.get())["type"] for _ in range(13)]
            made.market.trade(T(0.1, 100.0))
            await made.pass_time(1.0)
            changed: set[str] = set()
            while changed != {"overview", "health", "candle", "book", "score", "memory"}:
                delta = await peer.messages.get()
                assert delta["type"] == "delta"
                changed.add(delta["topic"].partition(".")[0])
            await made.hub.close("the process stops")

            assert kinds == ["hello", *["subscribed", "snapshot"] * 6]
            assert await peer.closed == (1001, "the process stops")
            await transport.wait_disconnected()

    run(scenario)


def test_who_comes_back_gets_what_was_missed(run: Run) -> None:
    async def scenario() -> None:
        async with served() as made:
            async with connected(made) as peer:
                (snapshot,) = await subscribed(peer, "overview")
            await made.until_open(0)
            made.market.trade(T(0.1, 100.0))
            await made.pass_time(1.0)
            async with connected(made) as peer:
                await subscribed(peer, "overview", since=snapshot["seq"])
                delta = await peer.receive_json()

            assert (delta["type"], delta["seq"]) == ("delta", snapshot["seq"] + 1)
            assert delta["c"]["price"][delta["i"].index(0)] == 100.0

    run(scenario)


def test_who_stops_reading_is_gone_soon_costs_little_and_holds_up_nobody(run: Run) -> None:
    async def scenario() -> None:
        # A message of some 40 KB a second for each of two topics.
        async with served(parts=5000) as made, connected(made) as other:
            await subscribed(other, "health")
            loop = asyncio.get_running_loop()
            with socket.socket() as stalled:
                stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stalled.setblocking(False)
                await loop.sock_connect(stalled, ("127.0.0.1", made.port))
                await loop.sock_sendall(stalled, raw_handshake() + raw_text(b'{"op":"subscribe","topic":"health"}'))
                await made.until_open(2)
                most, seconds, heard = 0, 0, 0
                while made.hub.figures().open > 1:
                    await made.pass_time(1.0)
                    most = max(most, made.hub.figures().waiting_bytes)
                    heard += (await other.receive_json())["type"] == "delta"
                    seconds += 1

                assert made.hub.figures().closed == {"slow": 1}
                assert most < MIB
                assert seconds <= 25
                assert heard == seconds
                with suppress(ConnectionResetError):
                    while await loop.sock_recv(stalled, 65536):
                        pass

    run(scenario)


def test_a_full_house_answers_503_and_has_room_when_somebody_has_left(run: Run) -> None:
    async def scenario() -> None:
        async with served(clients=2) as made, connected(made):
            async with connected(made), aiohttp.ClientSession() as http, http.get(made.page) as refused:
                assert refused.status == 503
                assert refused.headers["Retry-After"] == "5"
                assert refused.content_type == "application/problem+json"
                assert "all 2 slots" in (await refused.json())["detail"]
            await made.until_open(1)
            async with connected(made) as late:
                assert await subscribed(late, "health")
            assert made.hub.figures().refused == 1

    run(scenario)


def test_what_is_no_handshake_is_refused_and_leaves_no_slot_taken(run: Run) -> None:
    async def scenario() -> None:
        async with served(clients=1) as made, aiohttp.ClientSession() as http:
            for _ in range(3):
                async with http.get(made.page) as refused:
                    assert refused.status == 400
            async with connected(made):
                assert made.hub.figures().open == 1

    run(scenario)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (bytes([0x81, 0xFE, 0x10, 0x01]) + bytes(4) + b"x" * 4097, 1009),
        (bytes([0xB1, 0x80]) + bytes(4), 1002),
    ],
    ids=["too long", "reserved bits"],
)
def test_a_frame_that_is_none_ends_the_connection_with_its_code(run: Run, frame: bytes, code: int) -> None:
    async def scenario() -> None:
        async with served() as made:
            reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
            writer.write(raw_handshake() + frame)
            told = await reader.read()
            writer.close()
            await writer.wait_closed()
            await made.until_open(0)

            assert code.to_bytes(2) in told[-60:]
            assert made.hub.figures().closed == {"malformed": 1}

    run(scenario)


def test_who_says_too_much_is_told_so(run: Run) -> None:
    async def scenario() -> None:
        async with served() as made, connected(made) as peer:
            for _ in range(60):
                await peer.send_str('{"op":"pong"}')
            message = await peer.receive()

            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1008)
            assert message.extra == "more than 20 messages a second"

    run(scenario)


def test_a_ping_of_the_protocol_is_answered_and_a_close_is_returned(run: Run) -> None:
    async def scenario() -> None:
        async with served() as made, connected(made, autoping=False) as peer:
            await peer.ping(b"there?")
            pong = await peer.receive()
            await peer.send_bytes(b"{}")
            binary = await peer.receive_json()
            await peer.close(code=1000)
            await made.until_open(0)

            assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"there?")
            assert binary["type"] == "error"
            assert peer.close_code == 1000
            assert made.hub.figures().closed == {}

    run(scenario)


def test_nothing_is_compressed_though_it_is_offered(run: Run) -> None:
    async def scenario() -> None:
        async with served() as made, connected(made, compress=15) as peer:
            assert peer.compress == 0
            assert await subscribed(peer, "overview")

    run(scenario)


def test_a_stranger_says_his_token_first(run: Run) -> None:
    async def scenario() -> None:
        async with served(is_guarded=True) as made:
            async with connected(made) as peer:
                await peer.send_json({"op": "authenticate", "token": WORD})
                assert await subscribed(peer, "health")
            async with connected(made) as peer:
                await peer.send_json({"op": "authenticate", "token": "x"})
                message = await peer.receive()
                assert (message.data, message.extra) == (1008, "the token is wrong")

    run(scenario)


def test_clients_that_come_and_go_leave_nothing_behind(run: Run) -> None:
    async def scenario() -> None:
        async with served(clients=5) as made:
            for _ in range(15):
                async with connected(made) as peer:
                    await subscribed(peer, "overview")
                    await subscribed(peer, "health")
                await made.until_open(0)
                # Gone without a word, with all that was sent unread.
                reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
                writer.write(raw_handshake() + raw_text(b'{"op":"subscribe","topic":"overview"}'))
                await reader.readuntil(b"snapshot")
                writer.transport.abort()
                await made.until_open(0)
            await made.pass_time(1.0)

            assert made.hub.figures().closed == {}
            assert made.hub.figures().topics == 2
            assert made.hub.figures().waiting_bytes == 0
            assert {line.owner: line.used for line in made.market.ledger.report()}["push/clients"] == 0
            assert made.market.ledger.violations() == []

    run(scenario)


def test_the_end_does_not_wait_for_who_does_not_read(run: Run) -> None:
    async def scenario() -> None:
        async with served(parts=5000) as made:
            loop = asyncio.get_running_loop()
            with socket.socket() as stalled:
                stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stalled.setblocking(False)
                await loop.sock_connect(stalled, ("127.0.0.1", made.port))
                await loop.sock_sendall(stalled, raw_handshake() + raw_text(b'{"op":"subscribe","topic":"health"}'))
                await made.until_open(1)
                await made.pass_time(4.0)
                await made.hub.close("the process stops")
                await made.until_open(0)

            assert made.hub.figures().closed == {"shutdown": 1}
            async with aiohttp.ClientSession() as http:
                with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                    await http.ws_connect(made.url)

    run(scenario)


def test_it_follows_the_clock_by_itself(run: Run) -> None:
    async def scenario() -> None:
        async with served() as made, asyncio.TaskGroup() as group:
            following = group.create_task(made.hub.follow())
            async with connected(made) as peer:
                await subscribed(peer, "health")
                for second in (1, 2):
                    made.market.until(second)
                    assert (await peer.receive_json())["type"] == "delta"
            following.cancel()

    run(scenario)


def raw_handshake() -> bytes:
    return (
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def raw_text(payload: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload
