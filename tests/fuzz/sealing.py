"""Seals damaged contents with the checksums that belong to them, so that what lies behind these is reached as well."""

import re
import zlib

import numpy as np

from tidemark.store.journal import BLOCK

_CRC = re.compile(rb'"crc":\d+')


def rows(data: bytes, kind: np.dtype, magic: bytes) -> bytes:
    """Whole rows of *kind* from *data* as one block of a log."""
    body = data[: len(data) // kind.itemsize * kind.itemsize]
    return BLOCK.pack(magic, zlib.crc32(body), len(body), 0) + body


def lines(data: bytes) -> bytes:
    """Each line of *data* behind its checksum."""
    return b"".join(b"%08x %b\n" % (zlib.crc32(line), line) for line in data.split(b"\n"))


def state(data: bytes) -> bytes:
    """A first line and arrays with both checksums of a state."""
    line, _, body = data.partition(b"\n")
    line = _CRC.sub(b'"crc":%d' % zlib.crc32(body), line, count=1)
    return b"%08x %b\n%b" % (zlib.crc32(line), line, body)
