import asyncio
import socket
from pathlib import Path

import pytest

from tidemark.live import descriptors
from tidemark.live.descriptors import Descriptors, is_transport, read_descriptors, read_socket_buffers


def test_open_descriptors_are_counted_by_kind(tmp_path: Path) -> None:
    before = read_descriptors()
    near, far = socket.socketpair()
    with near, far, (tmp_path / "rows.bin").open("wb"), (tmp_path / "rows.bin").open("rb"):
        during = read_descriptors()

    assert during.kinds["socket"] - before.kinds.get("socket", 0) == 2
    assert during.count - before.count == 4
    assert during.files[f"{tmp_path.name}/rows.bin"] == 2


def test_where_nothing_lists_them_none_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "_LISTS", (Path("/nowhere/fd"),))

    assert read_descriptors() == Descriptors(kinds={}, files={})


def test_what_waits_in_the_kernel_is_counted() -> None:
    before = read_socket_buffers(())
    near, far = socket.socketpair()
    with near, far:
        near.sendall(bytes(5_000))
        during = read_socket_buffers(())

    assert during.sockets - before.sockets == 2
    assert during.kernel_in - before.kernel_in == 5_000
    assert during.fullest >= 5_000


async def test_what_waits_in_a_library_is_counted() -> None:
    near, far = socket.socketpair()
    with far:
        _, writer = await asyncio.open_connection(sock=near)
        writer.write(bytes(4_000_000))

        told = read_socket_buffers([writer.transport])

        assert told.transports == 1
        assert 0 < told.library < 4_000_000
        writer.transport.abort()


def test_a_transport_that_cannot_tell_is_left_out() -> None:
    class Closing:
        def get_write_buffer_size(self) -> int:
            raise RuntimeError("it is closing")

    assert is_transport(Closing)
    assert not is_transport(int)
    assert read_socket_buffers([Closing()]).transports == 0
