"""Opens the TCP connection under a WebSocket, so that it can be cut before there is a WebSocket to close."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from picows.url import WSParsedURL

# What one address may take: where the first one is a black hole, the next one gets its turn.
ADDRESS_TIMEOUT_S = 4.0
CLOSE_AFTER_S = 0.1


# Gives a connected socket to the host of an address, or raises OSError.
Reach = Callable[[WSParsedURL], Awaitable[socket.socket]]


async def reach(url: WSParsedURL) -> socket.socket:
    """A connected socket to the first address of *url* that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    refusal = OSError(f"{url.host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM):
        candidate = socket.socket(family, kind, protocol)
        candidate.setblocking(False)
        is_connected = False
        try:
            async with asyncio.timeout(ADDRESS_TIMEOUT_S):
                await loop.sock_connect(candidate, address)
            is_connected = True
        except OSError as error:
            refusal = error
            # uvloop lets go of a descriptor one turn later; closed before that, its number goes to the next socket.
            await asyncio.sleep(0)
        finally:
            if not is_connected:
                candidate.close()
        if is_connected:
            return candidate
    raise refusal


class Line:
    """One connection, from the first attempt to connect on."""

    def __init__(self, reach: Reach = reach) -> None:
        self._reach = reach
        self._socket: socket.socket | None = None

    async def dial(self, url: WSParsedURL) -> socket.socket:
        """A connected socket to the host of *url*. Raises OSError."""
        self._socket = await self._reach(url)
        return self._socket

    def cut(self) -> None:
        """End the connection, whoever uses it by now; whoever does sees its end at once."""
        if self._socket is not None:
            # Closed by its user already: then there is nothing to cut.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            # A transport that has it sees the end and closes it first; without one, nobody else would.
            asyncio.get_running_loop().call_later(CLOSE_AFTER_S, self._socket.close)
