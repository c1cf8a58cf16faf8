"""Recordings of raw frames: our own format, written in bounded segments, and two layouts of others, read only.

Our format, inside one zstd stream a segment: a header line of JSON, then records. A record is `<BqqHI` (kind, ts_recv,
ts_event, connection, length) and that many bytes: a frame as it was received, or a control event as JSON. Times are
nanoseconds since the epoch; `ts_event` 0 means that the frame does not say.
"""

import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import IO, cast

import msgspec
import zstandard

from tidemark.errors import DECODE_ERRORS, CaptureError

HEADER = struct.Struct("<BqqHI")
FORMAT = "tidemark-capture"
SUFFIX = ".tmcap.zst"
# No frame and no event is larger: what claims to be is damage.
_LARGEST = 1 << 21
# A time after 2116, or before 1970, is damage as well: the sum of two others is an int64.
_LATEST_NS = 1 << 62
_CHUNK = 1 << 18
# Read in small steps, so that little of what is whole is lost where a stream breaks off.
_READ = 1 << 12
# What a stream that was cut short or damaged raises.
_BROKEN = (EOFError, zlib.error, zstandard.ZstdError)
# Lines of the two foreign layouts: "<ns> <json>" and "<seconds>: <payload>".
_NANOSECONDS = re.compile(rb"(\d{19}) (.+)", re.DOTALL)
_SECONDS = re.compile(rb"(\d{9,10}\.\d+): (.+)", re.DOTALL)


class Kind(IntEnum):
    """What a record holds."""

    FRAME = 1
    EVENT = 2


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a segment. `started_at` in nanoseconds since the epoch."""

    format: str
    version: int
    venue: str
    stream: str
    started_at: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """One thing that was received, or that happened."""

    kind: Kind
    ts_recv: int
    ts_event: int
    connection: int
    payload: bytes


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording is: its files in order, its venue, and which of the venue's trade streams it carries."""

    files: tuple[Path, ...]
    layout: str
    venue: str
    stream: str


def find(path: Path) -> Recording:
    """Recognise the recording at *path*, a file or a folder of segments. CaptureError says what is wrong with it."""
    if not path.exists():
        raise CaptureError(f"no recording at {path}; give the path of a file, or of a folder of {SUFFIX} files")
    files = tuple(sorted(path.glob(f"*{SUFFIX}"))) if path.is_dir() else (path,)
    if not files:
        raise CaptureError(f"the folder {path} holds no {SUFFIX} file; give one that `tidemark capture` wrote")
    # A crash can leave a segment that has not even its header.
    first = next((file for file in files if file.stat().st_size), files[0])
    with _open(first) as stream:
        head = _first_bytes(stream, first)
    if head.startswith(b'{"format":"' + FORMAT.encode()):
        header = _header(head.partition(b"\n")[0], first)
        return Recording(files=files, layout="tidemark", venue=header.venue, stream=header.stream)
    sample = head.split(b"\n")[:-1] or [head]
    layout = next((name for name, line in _LAYOUTS.items() if any(line.fullmatch(text) for text in sample)), None)
    venue = "binance" if b'"e":"' in head else "bybit" if b'"topic":"' in head else None
    if layout is None or venue is None:
        raise CaptureError(
            f"{path} is not a recording that Tidemark knows; it reads its own {SUFFIX} files, lines of"
            " '<receive time in ns> <json>' (gzip) and of '<receive time in s>: <json>' (zstd), of Bybit or Binance"
        )
    stream_name = "aggTrade" if b'"e":"aggTrade"' in head or venue == "bybit" else "trade"
    return Recording(files=files, layout=layout, venue=venue, stream=stream_name)


def read(recording: Recording) -> Iterator[Record]:
    """Its records in the order they were written; a segment cut short by a crash ends at its last whole record."""
    for path in recording.files:
        with _open(path) as stream:
            if recording.layout == "tidemark":
                yield from _records(stream, path)
            else:
                yield from _lines(stream, _LAYOUTS[recording.layout])


_LAYOUTS = {"nanoseconds": _NANOSECONDS, "seconds": _SECONDS}


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            magic = raw.read(4)
            raw.seek(0)
            if magic[:2] == b"\x1f\x8b":
                with gzip.GzipFile(fileobj=raw) as unzipped:
                    yield cast("IO[bytes]", unzipped)
            elif magic == b"\x28\xb5\x2f\xfd":
                with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as unzipped:
                    yield unzipped
            else:
                yield raw
    except OSError as error:
        raise CaptureError(f"the recording {path} cannot be read: {error}") from error


def _first_bytes(stream: IO[bytes], path: Path) -> bytes:
    """The first chunk; CaptureError when there is nothing whole in it."""
    head, error = _gather(stream)
    if error is not None and not head:
        raise CaptureError(f"the recording {path} is damaged at its beginning: {error}") from error
    return head


def _gather(stream: IO[bytes]) -> tuple[bytes, Exception | None]:
    """A chunk, shorter only at the end of the stream or where it breaks off, with what it broke off by."""
    gathered = bytearray()
    while len(gathered) < _CHUNK:
        try:
            part = stream.read(_READ)
        except _BROKEN as error:
            return bytes(gathered), error
        if not part:
            break
        gathered += part
    return bytes(gathered), None


def _header(line: bytes, path: Path) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except DECODE_ERRORS as error:
        raise CaptureError(f"the recording {path} has a damaged header: {error}") from error
    if header.version != 1:
        raise CaptureError(f"the recording {path} has version {header.version}; this Tidemark reads version 1")
    return header


def _records(stream: IO[bytes], path: Path) -> Iterator[Record]:
    rest = _first_bytes(stream, path)
    line, end, rest = rest.partition(b"\n")
    if not end:
        return
    _header(line, path)
    while True:
        at = 0
        while len(rest) - at >= HEADER.size:
            kind, ts_recv, ts_event, connection, length = HEADER.unpack_from(rest, at)
            if kind not in _KINDS or length > _LARGEST or not 0 <= ts_recv <= _LATEST_NS:
                raise CaptureError(
                    f"the recording {path} is damaged: a record of kind {kind} and {length} bytes at {ts_recv}"
                )
            end = at + HEADER.size + length
            if end > len(rest):
                break
            yield Record(_KINDS[kind], ts_recv, ts_event, connection, rest[at + HEADER.size : end])
            at = end
        more = _chunk(stream)
        if not more:
            return
        rest = rest[at:] + more


_KINDS = {kind.value: kind for kind in Kind}


def _chunk(stream: IO[bytes]) -> bytes:
    """The next bytes; none at the end, also at one that a crash made."""
    return _gather(stream)[0]


def _lines(stream: IO[bytes], layout: re.Pattern[bytes]) -> Iterator[Record]:
    """Records of a foreign layout; lines of other forms (headers, what the client sent) are passed over."""
    rest = b""
    while True:
        more = _chunk(stream)
        *lines, rest = (rest + more).split(b"\n")
        if not more:
            lines = [rest]
        if len(rest) > _LARGEST:
            raise CaptureError(f"a recorded line is longer than {_LARGEST} bytes")
        for line in lines:
            match = layout.fullmatch(line)
            if match:
                whole, _, fraction = match[1].partition(b".")
                ts_recv = int(whole + fraction.ljust(9, b"0")[:9]) if fraction else int(whole)
                if ts_recv <= _LATEST_NS:
                    yield Record(Kind.FRAME, ts_recv, 0, 0, match[2])
        if not more:
            return
