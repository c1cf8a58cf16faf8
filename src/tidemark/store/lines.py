"""Lines of JSON with a sum: the CRC-32 of the JSON in eight hexadecimal digits, a space, the JSON.

A line is handed to the operating system as one piece: a killed process leaves whole lines, and what is not whole is no
line.
"""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from tidemark.errors import DECODE_ERRORS

T = TypeVar("T")


def line_of(entry: object) -> bytes:
    """*entry* as one line."""
    body = msgspec.json.encode(entry)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def read_lines(path: Path, decode: Callable[[bytes], T], offset: int = 0) -> Iterator[tuple[T | None, int]]:
    """The lines of a file from *offset* on, each with the bytes up to its end; None for a line that is damaged.

    A last line without an end is on its way, or was cut short: it is left for the next time.
    """
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield _decoded(line[:-1], decode), offset


def whole_bytes(path: Path) -> int:
    """How many bytes of a file are whole lines."""
    return max((end for _, end in read_lines(path, bytes)), default=0)


def _decoded(line: bytes, decode: Callable[[bytes], T]) -> T | None:
    crc, _, body = line.partition(b" ")
    if crc != b"%08x" % zlib.crc32(body):
        return None
    try:
        return decode(body)
    except DECODE_ERRORS:
        return None
