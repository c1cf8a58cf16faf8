"""A snapshot of what the process holds beside candles, as one small file: named arrays, one entry a symbol, and texts.

The file: a line with the CRC-32 of its rest in eight hexadecimal digits and JSON (format, time, symbols, arrays with
dtype and shape, CRC-32 of what follows), and the arrays' bytes, one after the other. It is replaced as a whole, so that
a kill leaves the former one.
"""

import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.errors import DECODE_ERRORS
from tidemark.store.atomic import write_whole

FORMAT = "tidemark-state"
# No state is larger: what claims to be is damage.
_LARGEST = 1 << 28
_AT_ONCE = 64
# Numbers and truth values: numpy would read any other text as a program of its own.
_PLAIN = re.compile(r"[<|][biuf][1248]")

Array = npt.NDArray[Any]


class _Column(msgspec.Struct, frozen=True):
    name: str
    dtype: str
    shape: tuple[int, ...]


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    format: str
    version: int
    taken_at: int
    crc: int
    symbols: tuple[str, ...]
    columns: tuple[_Column, ...]
    texts: dict[str, str]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot. `taken_at` in nanoseconds since the epoch; entry i of every array belongs to `symbols[i]`.

    `texts` are for what is no array, by name: open gaps as JSON, say.
    """

    taken_at: int
    symbols: tuple[str, ...]
    arrays: Mapping[str, Array]
    texts: Mapping[str, str]


class StateFile:
    """One snapshot on disk. A full or broken disk does not stop the process: `failure` then says why."""

    def __init__(self, path: Path) -> None:
        self.failure: str | None = None
        self._path = path

    def write(
        self,
        taken_at: int,
        symbols: Sequence[str],
        arrays: Mapping[str, Array],
        texts: Mapping[str, str] | None = None,
        rows: Array | None = None,
    ) -> bool:
        """Replace the snapshot; false, with `failure` set and the former one kept, where that cannot be.

        Entry `rows[i]` of every array belongs to `symbols[i]`, or entry i where no rows are told; it holds nothing
        but numbers: ValueError. Memory: 64 rows of the widest array, whatever there is in all.
        """
        chosen = np.arange(len(symbols)) if rows is None else rows
        for name, array in arrays.items():
            entries = array.shape[:1] if rows is None else chosen.shape
            if not _PLAIN.fullmatch(array.dtype.str) or array.ndim < 1 or entries != (len(symbols),):
                raise ValueError(f"state {name!r} is {array.dtype} of shape {array.shape} for {len(symbols)} symbols")
        crc = 0
        for piece in _pieces(arrays, chosen):
            crc = zlib.crc32(piece, crc)
        header = _Header(
            format=FORMAT,
            version=1,
            taken_at=taken_at,
            crc=crc,
            symbols=tuple(symbols),
            columns=tuple(
                _Column(name, array.dtype.str, (len(chosen), *array.shape[1:])) for name, array in arrays.items()
            ),
            texts=dict(texts or {}),
        )
        line = msgspec.json.encode(header)

        def put(file: IO[bytes]) -> None:
            file.write(b"%08x %b\n" % (zlib.crc32(line), line))
            for piece in _pieces(arrays, chosen):
                file.write(piece)

        try:
            write_whole(self._path, put)
        except OSError as error:
            self.failure = f"{error.strerror} at {self._path}"
            return False
        self.failure = None
        return True

    def read(self) -> State | None:
        """The snapshot; None when there is none, and with `failure` set when it is damaged or cannot be read."""
        try:
            if self._path.stat().st_size > _LARGEST:
                self.failure = f"{self._path} is no state: it is larger than any"
                return None
            line, _, body = self._path.read_bytes().partition(b"\n")
            crc, _, line = line.partition(b" ")
            if crc != b"%08x" % zlib.crc32(line):
                self.failure = f"{self._path} is damaged in its first line"
                return None
            header = msgspec.json.decode(line, type=_Header)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.failure = f"{error.strerror} at {self._path}"
            return None
        except DECODE_ERRORS as error:
            self.failure = f"{self._path} is damaged: {error}"
            return None
        if header.format != FORMAT or header.version != 1 or zlib.crc32(body) != header.crc:
            self.failure = f"{self._path} is damaged, or of another version"
            return None
        try:
            arrays = _arrays(header, body)
        except (TypeError, ValueError) as error:
            self.failure = f"{self._path} is damaged: {error}"
            return None
        return State(taken_at=header.taken_at, symbols=header.symbols, arrays=arrays, texts=header.texts)


def _pieces(arrays: Mapping[str, Array], rows: Array) -> Iterator[bytes]:
    """The bytes of these rows of every array, a few rows at a time: all at once would be megabytes for a moment."""
    for array in arrays.values():
        for start in range(0, len(rows), _AT_ONCE):
            yield array[rows[start : start + _AT_ONCE]].tobytes()


def _arrays(header: _Header, body: bytes) -> dict[str, Array]:
    arrays = {}
    at = 0
    for column in header.columns:
        is_plain = _PLAIN.fullmatch(column.dtype) is not None
        if not is_plain or not column.shape or column.shape[0] != len(header.symbols) or min(column.shape) < 0:
            raise ValueError(f"{column.name} is {column.dtype!r} of shape {column.shape}"[:200])
        dtype, count = np.dtype(column.dtype), math.prod(column.shape)
        if count * dtype.itemsize > len(body) - at:
            raise ValueError(f"{column.name} has {count} entries, which are not there")
        arrays[column.name] = np.frombuffer(body, dtype, count, at).reshape(column.shape).copy()
        at += count * dtype.itemsize
    return arrays
