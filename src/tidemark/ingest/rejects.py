"""Frames that could not be used: counted by kind, and a few of each kept in a small file for whoever wants to see."""

import os
from pathlib import Path

import msgspec

from tidemark.ingest.venues.frame import FrameKind
from tidemark.units import HOUR, MIB

# What is kept of one frame; enough to see what it was.
SAMPLE_BYTES = 2048


class Sample(msgspec.Struct, frozen=True):
    """One line of the file."""

    ts_recv: int
    kind: str
    connection_id: str
    message: str
    size: int
    frame: str


class Rejects:
    """Counts of refused frames, and samples of them.

    Memory: two numbers per kind. Disk: at most *max_bytes*; the older half is dropped when the file is full. A
    disk that cannot be written to costs the samples, not the process: `unwritten` counts them.
    """

    def __init__(self, path: Path, max_bytes: int = MIB, per_hour: int = 10) -> None:
        self.counts = dict.fromkeys(FrameKind, 0)  # bounded: a closed set
        self.unwritten = 0
        self._path = path
        self._max_bytes = max_bytes
        self._per_hour = per_hour
        self._hour = 0
        self._sampled = dict.fromkeys(FrameKind, 0)  # bounded: a closed set

    def add(self, kind: str, message: str, frame: bytes | memoryview, connection_id: str, ts_recv: int) -> None:
        """Count a frame that was refused as *kind*, and keep it if few of its kind came this hour."""
        known = FrameKind(kind)
        self.counts[known] += 1
        if (hour := ts_recv // HOUR) != self._hour:
            self._hour = hour
            self._sampled = dict.fromkeys(FrameKind, 0)
        if self._sampled[known] >= self._per_hour:
            return
        self._sampled[known] += 1
        text = bytes(frame[:SAMPLE_BYTES]).decode(errors="backslashreplace")
        sample = Sample(ts_recv, known.value, connection_id, message[:500], len(frame), text)
        try:
            self._write(msgspec.json.encode(sample) + b"\n")
        except OSError:
            self.unwritten += 1

    def _write(self, line: bytes) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            size = 0
            self._path.parent.mkdir(parents=True, exist_ok=True)
        if size + len(line) > self._max_bytes:
            self._drop_older_half(size)
        with self._path.open("ab") as file:
            file.write(line)

    def _drop_older_half(self, size: int) -> None:
        """Rewrite the file with its younger half, from the next whole line on."""
        with self._path.open("rb") as file:
            file.seek(max(size - self._max_bytes // 2, 0))
            file.readline()
            rest = file.read(self._max_bytes // 2)
        fresh = self._path.with_name(self._path.name + ".part")
        fresh.write_bytes(rest)
        os.replace(fresh, self._path)  # noqa: PTH105
