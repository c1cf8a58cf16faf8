"""The socket under a push client: how much the system may buffer for it, and how long it waits for an answer."""

import asyncio
import socket
from contextlib import suppress

from tidemark.units import KIB

# Without these a client that stops reading costs what the system lets its buffers grow to, and is never found out.
SEND_BUFFER_BYTES = 64 * KIB
USER_TIMEOUT_MS = 20_000


def bound(transport: asyncio.BaseTransport) -> None:
    """Set both, where the system has them; what is no TCP socket keeps what it had."""
    connection = transport.get_extra_info("socket")
    if connection is None:
        return
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
