"""Seals damaged contents with the checksums that belong to them, so that what lies behind these is reached as well."""

import re
import zlib

import numpy as np

from tidemark.store.framing import Framing

_CRC = re.compile(rb'"crc":\d+')


def rows(data: bytes, framing: Framing) -> bytes:
    """Whole rows from *data* as one block of a log."""
    count = len(data) // framing.dtype.itemsize
    return framing.block(np.frombuffer(data, framing.dtype, count) if count else np.zeros(0, framing.dtype))


def lines(data: bytes) -> bytes:
    """Each line of *data* behind its checksum."""
    return b"".join(b"%08x %b\n" % (zlib.crc32(line), line) for line in data.split(b"\n"))


def state(data: bytes) -> bytes:
    """A first line and arrays with both checksums of a state."""
    line, _, body = data.partition(b"\n")
    line = _CRC.sub(b'"crc":%d' % zlib.crc32(body), line, count=1)
    return b"%08x %b\n%b" % (zlib.crc32(line), line, body)
