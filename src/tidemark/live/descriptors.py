"""What this process has open: descriptors by kind, and what waits in the buffers of its sockets."""

import asyncio
import contextlib
import fcntl
import os
import stat
import struct
import termios
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

# Linux and macOS list them in different places.
_LISTS = (Path("/proc/self/fd"), Path("/dev/fd"))
_KINDS = (
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISCHR, "device"),
)
_MOST_FILES = 20


class Descriptors(msgspec.Struct, frozen=True, kw_only=True):
    """Open descriptors by kind, and the files that are open most often, by name."""

    kinds: dict[str, int]
    files: dict[str, int]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.kinds.values())


class SocketBuffers(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that wait in the sockets of this process, summed, and the fullest of them.

    `kernel_in` has arrived and was not read, `kernel_out` was sent and not acknowledged; `library` was handed to a
    transport and not to the kernel yet.
    """

    sockets: int
    kernel_in: int
    kernel_out: int
    fullest: int
    transports: int
    library: int


def read_descriptors() -> Descriptors:
    """What is open now."""
    kinds: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for number, mode in _open():
        kind = next((name for matches, name in _KINDS if matches(mode)), "other")
        kinds[kind] += 1
        if kind == "file":
            files[_name_of(number)] += 1
    return Descriptors(kinds=dict(sorted(kinds.items())), files=dict(files.most_common(_MOST_FILES)))


def read_socket_buffers(transports: Iterable[Any]) -> SocketBuffers:
    """What waits now, in the kernel and in the write buffers of *transports*, of whatever library."""
    waiting = [
        (_ask(number, termios.FIONREAD), _ask(number, termios.TIOCOUTQ))
        for number, mode in _open()
        if stat.S_ISSOCK(mode)
    ]
    library = []
    for transport in transports:
        # One that is closing may have no buffer any more.
        with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError, TypeError):
            library.append(int(transport.get_write_buffer_size()))
    return SocketBuffers(
        sockets=len(waiting),
        kernel_in=sum(arrived for arrived, _ in waiting),
        kernel_out=sum(sent for _, sent in waiting),
        fullest=max((max(pair) for pair in waiting), default=0),
        transports=len(library),
        library=sum(library),
    )


def _open() -> Iterator[tuple[int, int]]:
    """Number and mode of every open descriptor."""
    folder = next((one for one in _LISTS if one.is_dir()), None)
    if folder is None:
        return
    for entry in list(folder.iterdir()):
        # The one that listed them is closed by now.
        with contextlib.suppress(OSError):
            yield int(entry.name), os.fstat(int(entry.name)).st_mode


def _name_of(number: int) -> str:
    """The last two parts of a file's path."""
    try:
        parts = (_LISTS[0] / str(number)).readlink().parts
    except OSError:
        return "a file"
    return "/".join(parts[-2:])


def _ask(number: int, question: int) -> int:
    """Bytes that wait in one socket; a listening one has none."""
    answer = bytearray(4)
    try:
        fcntl.ioctl(number, question, answer)
    except OSError:
        return 0
    return max(0, int(struct.unpack("=i", answer)[0]))


def is_transport(kind: type) -> bool:
    """Whether *kind* has a write buffer of its own before the kernel's."""
    return kind is not asyncio.WriteTransport and callable(getattr(kind, "get_write_buffer_size", None))
