"""Blocks of rows in a file that is appended to: a head with magic, CRC-32 and length, then the rows as they are."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

HEAD = struct.Struct("<4sIII")
Rows = npt.NDArray[Any]


class Framing(NamedTuple):
    """One kind of blocks: rows of *dtype*, at most *largest* bytes in each."""

    magic: bytes
    dtype: np.dtype[Any]
    largest: int

    def block(self, rows: Rows) -> bytes:
        """*rows* as one block."""
        body = rows.tobytes()
        return HEAD.pack(self.magic, zlib.crc32(body), len(body), 0) + body

    def blocks(self, path: Path, offset: int = 0) -> Iterator[Rows]:
        """The whole blocks of a file from *offset* on, in order; it ends before the first cut short or damaged.

        None of a file that is not there: while one process reads them, the one that writes them drops its oldest.
        """
        try:
            opened = path.open("rb")
        except FileNotFoundError:
            return
        with opened as file:
            file.seek(offset)
            while True:
                head = file.read(HEAD.size)
                if len(head) < HEAD.size:
                    return
                magic, crc, length, _ = HEAD.unpack(head)
                if magic != self.magic or length > self.largest or length % self.dtype.itemsize:
                    return
                body = file.read(length)
                if len(body) < length or zlib.crc32(body) != crc:
                    return
                yield np.frombuffer(body, self.dtype)

    def whole_bytes(self, path: Path) -> int:
        """How many bytes of a file are whole blocks: what comes after them is cut off before it is written to again."""
        return sum(HEAD.size + rows.nbytes for rows in self.blocks(path))
