import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from tidemark.api import conversation
from tidemark.api.access import SECURITY_HEADERS
from tidemark.api.conversation import Conversation
from tidemark.api.problems import Problem

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def well(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="well")


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    """The port at which *handler* answers."""
    manager = web.Server(handler)
    server = await asyncio.get_running_loop().create_server(lambda: Conversation(manager), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await manager.shutdown(1.0)


async def said(port: int, text: bytes) -> bytes:
    """All that is answered to *text*, until it is hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


GARBAGE = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    "a header with a zero": b"GET / HTTP/1.1\r\nHost: x\r\nX: secret\x00\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a long line": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 1000 + b"\r\n",
}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
async def test_what_is_no_request_is_refused_in_one_shape_without_a_line_in_the_log(
    text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as lines:
        async with served(well) as port:
            head, _, body = (await said(port, text)).partition(b"\r\n\r\n")

    told = msgspec.json.decode(body, type=Problem)
    assert (told.status, told.detail) == (400, "this is no request")
    assert head.startswith(b"HTTP/1.0 400 Bad Request\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    assert SECURITY_HEADERS.items() <= headers.items()
    assert headers["Server"] == "tidemark"
    assert (lines, caplog.records) == ([], [])


async def test_a_body_is_not_unpacked() -> None:
    request = (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde"
    )
    with capture_logs() as lines:
        async with served(well) as port:
            answer = await said(port, request)

    assert answer.endswith(b"\r\n\r\nwell")
    assert lines == []


async def test_a_fault_beside_the_routes_is_logged_and_tells_nothing_of_us() -> None:
    async def broken(_: web.BaseRequest) -> web.StreamResponse:
        raise ValueError("secret")

    with capture_logs() as lines:
        async with served(broken) as port:
            answer = await said(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    told = msgspec.json.decode(answer.partition(b"\r\n\r\n")[2], type=Problem)
    assert (told.status, told.detail) == (500, "a fault of ours; the log has it")
    assert [line["last"] for line in lines] == ["ValueError('secret')"]


async def test_after_half_an_answer_nothing_follows() -> None:
    async def broken(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise ValueError

    async with served(broken) as port:
        with capture_logs():
            answer = await said(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.count(b"HTTP/1.1") == 1
    assert answer.endswith(b"4\r\nhalf\r\n")


async def test_a_client_that_leaves_is_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    left = asyncio.Event()

    async def leaving(_: web.BaseRequest) -> web.StreamResponse:
        left.set()
        raise ConnectionResetError

    with capture_logs() as lines:
        async with served(leaving) as port:
            assert await said(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""

    assert left.is_set()
    assert (lines, caplog.records) == ([], [])


@pytest.mark.parametrize("said_so_far", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"GET / HT"])
async def test_who_does_not_finish_what_he_says_is_hung_up_on(
    said_so_far: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "_KEEP_ALIVE_S", 0.1)

    async with served(well) as port:
        assert await said(port, said_so_far) == b""
