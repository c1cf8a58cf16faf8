"""The way to a venue's REST side, against a server on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from tidemark.ingest.http import MAX_BODY_BYTES, Http, Reply


class Server:
    """Answers by path, and remembers who asked how."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.peers: set[object] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        match request.path:
            case "/long":
                return web.Response(body=bytes(MAX_BODY_BYTES + 1000))
            case "/elsewhere":
                return web.Response(status=302, headers={"Location": "/here"})
            case "/packed":
                return web.Response(body=b"\x1f\x8b packed", headers={"Content-Encoding": "gzip"})
            case "/never":
                await asyncio.sleep(30)
            case "/trickle":
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b".")
                    await asyncio.sleep(0.05)
                return response
        return web.Response(body=b"{}", headers={"X-Used": "3", "Set-Cookie": "a=b"})


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Server, Http]]:
    server, app = Server(), web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    http = Http(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield server, http
    finally:
        await http.close()
        await runner.cleanup()


async def test_a_reply_has_its_status_its_headers_in_small_letters_and_its_body() -> None:
    async with served() as (server, http):
        told = await http.get("/time", (("symbol", "A B&C"), ("limit", "5")), 5.0)

    assert (told.status, told.headers["x-used"], told.body) == (200, "3", b"{}")
    assert list(server.asked[0].query.items()) == [("symbol", "A B&C"), ("limit", "5")]
    assert server.asked[0].headers["accept-encoding"] == "identity"


async def test_connections_are_kept_and_cookies_are_not() -> None:
    async with served() as (server, http):
        for _ in range(5):
            await http.get("/time", (), 5.0)

    assert len(server.peers) == 1
    assert not any("cookie" in request.headers for request in server.asked)


async def test_nothing_is_followed_and_nothing_unpacked() -> None:
    async with served() as (server, http):
        assert (await http.get("/elsewhere", (), 5.0)).status == 302
        assert (await http.get("/packed", (), 5.0)).body == b"\x1f\x8b packed"

    assert [request.path for request in server.asked] == ["/elsewhere", "/packed"]


async def test_a_body_is_cut_and_the_next_request_is_answered() -> None:
    async with served() as (_, http):
        assert len((await http.get("/long", (), 5.0)).body) == MAX_BODY_BYTES + 1
        assert (await http.get("/time", (), 5.0)).body == b"{}"


async def test_silence_and_a_trickle_come_to_an_end() -> None:
    async with served() as (_, http):
        for path in ("/never", "/trickle"):
            with pytest.raises(TimeoutError):
                await http.get(path, (), 0.2)


async def test_why_nobody_can_be_reached_is_said() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        http = Http(f"http://127.0.0.1:{held.getsockname()[1]}")
        with pytest.raises(OSError, match=r"Connect call failed") as refused:
            await http.get("/time", (), 5.0)
        await http.close()
    assert not isinstance(refused.value, TimeoutError)


async def test_an_answer_that_is_no_http_is_an_error_of_the_way() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x00\xffno\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        http = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(OSError, match=r"."):
            await http.get("/time", (), 5.0)
        await http.close()


async def test_the_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as (server, http):
        monkeypatch.setenv("http_proxy", str(http.base))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        beyond = Http("http://exchange.invalid")
        assert (await beyond.get("/time", (), 5.0)).status == 200
        await beyond.close()

    assert server.asked[0].host == "exchange.invalid"


async def test_a_host_that_the_environment_wants_without_a_proxy_is_asked_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with served() as (_, http):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
        assert (await http.get("/time", (), 5.0)).status == 200


async def test_names_of_headers_lose_their_capitals() -> None:
    assert Reply.of(429, [("Retry-After", "5")], b"") == Reply(429, {"retry-after": "5"}, b"")


async def test_after_closing_it_opens_again() -> None:
    async with served() as (_, http):
        await http.get("/time", (), 5.0)
        await http.close()
        assert (await http.get("/time", (), 5.0)).status == 200
