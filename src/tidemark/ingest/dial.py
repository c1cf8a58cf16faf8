"""Opens the TCP connection under a WebSocket, so that it can be cut before there is a WebSocket to close."""

import asyncio
import contextlib
import socket

from picows.url import WSParsedURL

# What one address may take: where the first one is a black hole, the next one gets its turn.
ADDRESS_TIMEOUT_S = 4.0
CLOSE_AFTER_S = 0.1


class Line:
    """One TCP connection, from the first attempt to connect on."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    async def dial(self, url: WSParsedURL) -> socket.socket:
        """A connected socket to the first address of *url* that answers. Raises OSError."""
        loop = asyncio.get_running_loop()
        refusal = OSError(f"{url.host} has no address")
        for family, kind, protocol, _, address in await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM):
            candidate = socket.socket(family, kind, protocol)
            candidate.setblocking(False)
            try:
                async with asyncio.timeout(ADDRESS_TIMEOUT_S):
                    await loop.sock_connect(candidate, address)
                self._socket = candidate
            except OSError as error:
                refusal = error
                # uvloop lets go of a descriptor one turn later; closed before that, its number goes to the next socket.
                await asyncio.sleep(0)
            finally:
                if self._socket is None:
                    candidate.close()
            if self._socket is not None:
                return self._socket
        raise refusal

    def cut(self) -> None:
        """End the connection, whoever uses it by now; whoever does sees its end at once."""
        if self._socket is not None:
            # Closed by its user already: then there is nothing to cut.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            # A transport that has it sees the end and closes it first; without one, nobody else would.
            asyncio.get_running_loop().call_later(CLOSE_AFTER_S, self._socket.close)
