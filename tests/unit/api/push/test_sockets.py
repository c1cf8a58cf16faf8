import asyncio
import socket

import pytest

from tidemark.api.push.sockets import SEND_BUFFER_BYTES, USER_TIMEOUT_MS, bound


class Over(asyncio.BaseTransport):
    """A transport over *connection*."""

    def __init__(self, connection: socket.socket | None) -> None:
        super().__init__({"socket": connection})


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such option")
def test_the_system_buffers_little_and_gives_up_on_who_is_gone() -> None:
    with socket.socket() as connection:
        bound(Over(connection))

        # Linux keeps twice of what it was asked for, for its own bookkeeping.
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER_BYTES
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == USER_TIMEOUT_MS


def test_what_is_no_tcp_socket_keeps_what_it_had() -> None:
    bound(Over(None))
    left, right = socket.socketpair()
    with left, right:
        bound(Over(left))
        left.sendall(b"x")

        assert right.recv(1) == b"x"
