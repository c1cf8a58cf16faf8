"""Arrays in files of numpy: written without being held, mapped, and given back to the system while they are read.

What is mapped counts as memory of the process for as long as its pages are there. They are the system's to take, but
whoever watches the process sees them, so they are let go as soon as they were read.
"""

import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

import numpy as np

from tidemark.backtest.bars import Array


class Writer:
    """A file of an array of *shape*, in whose last axis rows come one after the other. Use it in `with`."""

    def __init__(self, path: Path, dtype: type, shape: tuple[int, ...]) -> None:
        self._dtype, self._shape, self._at = np.dtype(dtype), shape, 0
        self._file: IO[bytes] = path.open("wb", buffering=0)
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(self._file, header)
        self._begin = self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def put(self, columns: Sequence[Array]) -> None:
        """The next rows: an array of each place of the first axis, or the only one."""
        length = self._shape[-1]
        for number, column in enumerate(columns):
            place = self._begin + (number * length + self._at) * self._dtype.itemsize
            _write(self._file.fileno(), np.ascontiguousarray(column, self._dtype).data.cast("B"), place)
        self._at += len(columns[0])


class Mapped:
    """The array in a file, over mapped memory. `array`: read only."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            count = int(np.prod(shape))
            self.array: Array = np.frombuffer(self._map, dtype, count, file.tell()).reshape(shape)

    def release(self) -> None:
        """Let the pages go that are there; they come again when they are read."""
        # Where the system has no such call, it takes them itself.
        with suppress(AttributeError, OSError):
            self._map.madvise(mmap.MADV_DONTNEED)


def _write(file: int, data: memoryview, place: int) -> None:
    while data:
        written = os.pwrite(file, data, place)
        data, place = data[written:], place + written
