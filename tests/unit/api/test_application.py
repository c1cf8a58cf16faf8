import asyncio
import socket
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from tests.api_process import SYMBOL, Lived
from tests.unit.api.conftest import Client

from tidemark.api import application as module
from tidemark.api.access import SECURITY_HEADERS, RateLimit
from tidemark.api.answering import action_handlers, handlers
from tidemark.api.application import Gate, application
from tidemark.api.problems import Problem
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Scope, Token
from tidemark.api.turns import Turns
from tidemark.errors import TransientError
from tidemark.memory.ledger import Ledger
from tidemark.units import MIB

Give = Callable[[web.Request], Awaitable[web.StreamResponse]]


SCOPES: dict[str, Scope] = {"right": "read", "writes": "write"}


async def verify(token: str, client: str) -> Token | None:
    if token not in SCOPES or client != "127.0.0.1":
        return None
    return Token(id="0" * 8, name=token, scopes=(SCOPES[token],), created_ms=0)


def client_of(process: Lived, *, rate: float = 1000.0, is_guarded: bool = False, **others: Give) -> Client:
    gate = Gate(
        host="127.0.0.1",
        origins=("https://desk.example",),
        rate=RateLimit(rate, process.clock, Ledger()),
        verify=verify if is_guarded else None,
    )
    return TestClient(
        TestServer(
            application(
                handlers(process.monitor, Turns()) | {f"/{name}": give for name, give in others.items()},
                actions=action_handlers(process.monitor),
                gate=gate,
                files=StaticFiles(),
            )
        )
    )


async def problem_of(client: Client, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with client.get(path, headers=headers) as response:
        assert response.content_type == "application/problem+json"
        told = msgspec.json.decode(await response.read(), type=Problem)
        assert told.status == response.status
        return told.status, told.detail


async def test_a_name_that_a_stranger_gave_our_address_is_refused(client: Client) -> None:
    assert await problem_of(client, "/health", {"Host": "evil.example"}) == (
        421,
        "this is no name that Tidemark is served under",
    )


async def test_who_asks_too_much_is_told_how_long_to_wait(process: Lived) -> None:
    async with client_of(process, rate=1.0) as client:
        for _ in range(10):
            async with client.get("/health/live") as response:
                assert response.status == 200
        async with client.get("/health/live") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")


async def test_with_tokens_only_the_page_and_that_it_lives_are_open(process: Lived) -> None:
    async with client_of(process, is_guarded=True) as client:
        for path, open_to_all in (("/health/live", True), ("/health", False), ("/api/v1/memory", False)):
            async with client.get(path) as response:
                assert (response.status == 200) is open_to_all, path
        async with client.get("/api/v1/memory") as response:
            assert response.headers["WWW-Authenticate"] == "Bearer"
        for token, status in (("right", 200), ("wrong", 401)):
            async with client.get("/api/v1/memory", headers={"Authorization": f"Bearer {token}"}) as response:
                assert response.status == status


@pytest.mark.parametrize(
    ("token", "origin", "kind", "status", "words"),
    [
        (None, None, "application/json", 401, "a token is asked for"),
        ("wrong", None, "application/json", 401, "a token is asked for"),
        ("right", None, "application/json", 403, "this token is for reading"),
        ("writes", "https://evil.example", "application/json", 403, "a page of another origin"),
        ("writes", None, "text/plain", 415, "what is posted here is JSON"),
        ("writes", None, "application/x-www-form-urlencoded", 415, "what is posted here is JSON"),
        ("writes", "https://desk.example", "application/json", 409, "no sink is configured"),
        ("writes", None, "application/json", 409, "no sink is configured"),
    ],
)
async def test_who_may_write_and_what(
    token: str | None, origin: str | None, kind: str, status: int, words: str, process: Lived
) -> None:
    """409: it got as far as to those who would do it."""
    headers = {"Content-Type": kind}
    headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
    headers |= {} if origin is None else {"Origin": origin}
    async with (
        client_of(process, is_guarded=True) as client,
        client.post("/api/v1/notifications/read", data=b'{"ids":null}', headers=headers) as response,
    ):
        told = msgspec.json.decode(await response.read(), type=Problem)

    assert (response.status, response.content_type) == (status, "application/problem+json")
    assert words in told.detail


async def test_on_loopback_a_page_of_another_origin_may_not_post(process: Lived) -> None:
    async with client_of(process) as client:
        asked = {"Content-Type": "application/json", "Origin": "https://evil.example"}
        async with client.post("/api/v1/notifications/read", data=b'{"ids":null}', headers=asked) as response:
            assert response.status == 403
        async with client.options("/api/v1/notifications/read", headers=asked) as response:
            assert response.status == 405
            assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_path_that_there_is_not_is_a_problem_like_any_other(client: Client) -> None:
    assert await problem_of(client, "/api/v1/nothing") == (
        404,
        "there is no /api/v1/nothing; /openapi.json lists what can be asked",
    )


async def test_a_fault_of_ours_ends_the_request_and_tells_nothing_of_us(
    process: Lived, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process.parts.feed, "status", lambda: 1 / 0)

    assert await problem_of(client, "/api/v1/connections") == (500, "a fault of ours; the log has it")


async def test_the_document_is_served(client: Client) -> None:
    async with client.get("/openapi.json") as response:
        told = await response.json()

    assert told["openapi"] == "3.1.0"
    assert "/api/v1/symbols/{symbol}/candles" in told["paths"]


async def whole(_: web.Request) -> web.StreamResponse:
    """More than the system takes from us before the client reads."""
    return web.Response(body=bytes(16 * MIB))


async def in_pieces(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(bytes(MIB))


@pytest.mark.parametrize("give", [whole, in_pieces])
async def test_who_takes_an_answer_too_slowly_is_cut_off_and_gets_nothing_behind_half_of_it(
    give: Give, process: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DEADLINE_S", 0.2)
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    async def watched(request: web.Request) -> web.StreamResponse:
        assert request.task is not None
        request.task.add_done_callback(lambda _: over.set())
        return await give(request)

    async with client_of(process, big=watched) as client:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.setblocking(False)
            await loop.sock_connect(slow, (client.host, client.port))
            await loop.sock_sendall(slow, b"GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            async with asyncio.timeout(10):
                await over.wait()
            taken = bytearray()
            while chunk := await loop.sock_recv(slow, MIB):
                taken += chunk

        assert taken.count(b"HTTP/1.1") == 1
        assert len(taken) < 16 * MIB
        assert not taken.endswith(b"\r\n0\r\n\r\n")
        async with client.get("/health/live") as response:
            assert response.status == 200


async def test_a_fault_behind_half_an_answer_ends_the_connection(process: Lived) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise TransientError("no memory is left")

    async with client_of(process, broken=broken) as client:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(b"GET /broken HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        taken = bytearray()
        try:
            while chunk := await reader.read(4096):
                taken += chunk
        except ConnectionResetError:
            pass
        writer.close()

    assert taken.count(b"HTTP/1.1") <= 1
    assert b"memory" not in taken


async def test_an_answer_in_pieces_and_a_handshake_have_the_headers_of_every_answer(process: Lived) -> None:
    async def handshake(request: web.Request) -> web.StreamResponse:
        response = web.WebSocketResponse()
        await response.prepare(request)
        await response.close()
        return response

    async with client_of(process, ws=handshake) as client:
        async with client.get(f"/api/v1/symbols/{SYMBOL}/candles?format=csv") as export:
            assert {**SECURITY_HEADERS, "Server": "tidemark"}.items() <= export.headers.items()
        async with client.ws_connect("/ws") as push:
            assert {**SECURITY_HEADERS, "Server": "tidemark"}.items() <= push._response.headers.items()


async def test_an_answer_names_the_life_of_the_process_that_gave_it_where_it_has_a_name() -> None:
    async def give(_: web.Request) -> web.Response:
        return web.Response(text="here")

    for instance in ("0123abcd", None):
        async with TestClient(TestServer(application({"/here": give}, instance=instance))) as client:
            for path in ("/here", "/nowhere"):
                async with client.get(path) as response:
                    assert response.headers.get("Tidemark-Instance") == instance
