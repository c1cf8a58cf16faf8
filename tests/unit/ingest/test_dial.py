import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from picows.url import parse_url

from tidemark.ingest.dial import Line


async def test_a_line_can_be_cut_while_another_uses_its_socket() -> None:
    ended = asyncio.Event()

    async def until_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(until_the_end, "127.0.0.1", 0)
    async with server:
        line = Line()
        found = await line.dial(parse_url(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
        line.cut()
        async with asyncio.timeout(5):
            await ended.wait()
        found.close()
        line.cut()


async def test_an_address_that_refuses_is_an_os_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await Line().dial(parse_url(f"ws://127.0.0.1:{taken.getsockname()[1]}/"))


async def test_a_line_that_was_never_dialled_has_nothing_to_cut() -> None:
    Line().cut()


async def peer_of_second_address() -> bool:
    """Whether a name with two addresses, of which the first refuses, ends up connected to the second."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    resolve = loop.getaddrinfo

    async def two_addresses(host: str, *rest: Any, **named: Any) -> Any:
        if host != "example.invalid":
            return await resolve(host, *rest, **named)
        # Port 1 of loopback refuses; the second address is the server's.
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("127.0.0.1", 1)), (*kind, ("127.0.0.1", port))]

    loop.getaddrinfo = two_addresses  # type: ignore[method-assign, assignment]
    async with server:
        found = await Line().dial(parse_url("ws://example.invalid/"))
        is_second = bool(found.getpeername() == ("127.0.0.1", port))
        found.close()
    return is_second


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_all_addresses_are_tried(run: Callable[..., bool]) -> None:
    assert run(peer_of_second_address())
