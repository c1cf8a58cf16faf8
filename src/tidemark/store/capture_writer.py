"""Writes a recording in segments, within a bound on disk."""

import contextlib
import errno
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from tidemark.errors import CaptureError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.events import MarketEvent
from tidemark.store.capture import FORMAT, HEADER, SUFFIX, Header, Kind
from tidemark.units import SECOND, format_bytes

# What a zstd compressor of level 3 holds at most, with its output buffer.
_COMPRESSOR_BYTES = 5 * 1024 * 1024
# A crash loses at most what was received since the last flush.
_FLUSH_NS = SECOND
_SEGMENTS = 8


class CaptureWriter:
    """Appends records; closes a segment at an eighth of *max_bytes*, and removes the oldest to stay within it.

    A full disk ends the capture, not the process: `failure` then says why, and `lost` counts what was not recorded.
    """

    def __init__(self, folder: Path, *, venue: str, stream: str, max_bytes: int, now_ns: int, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        ledger.open(self)
        self.failure: str | None = None
        self.records = 0
        self.lost = 0
        self.bytes = 0
        self._folder = folder
        self._venue = venue
        self._stream = stream
        self._max_bytes = max_bytes
        self._flushed_at = now_ns
        self._began_at = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._raw, self._zip = self._begin(now_ns)
        except OSError as error:
            raise CaptureError(f"cannot record into {folder}: {error.strerror}; give a folder to write to") from error

    @staticmethod
    def reserve() -> Reservation:
        """What a capture takes in memory: its compressor."""
        return Reservation(
            owner="capture", kind="external", capacity=_COMPRESSOR_BYTES, item_bytes=1, policy="writes in segments"
        )

    def usage(self) -> Usage:
        """The compressor, as its library declares it."""
        return Usage(used=_COMPRESSOR_BYTES, peak=_COMPRESSOR_BYTES, bytes_used=_COMPRESSOR_BYTES)

    def frame(self, connection: int, payload: bytes | memoryview, ts_recv: int, ts_event: int) -> None:
        """Record one frame as it was received."""
        self._write(Kind.FRAME, ts_recv, ts_event, connection, payload)

    def event(self, event: MarketEvent) -> None:
        """Record something that happened and is not in any frame: a gap, a listing, a tick."""
        self._write(Kind.EVENT, event.ts_recv, event.ts_event, 0, msgspec.json.encode(event))

    def close(self) -> None:
        """Write what is owed."""
        if self.failure is None:
            self._attempt(self._end)

    def _write(self, kind: Kind, ts_recv: int, ts_event: int, connection: int, payload: bytes | memoryview) -> None:
        if self.failure is not None:
            self.lost += 1
            return

        def append() -> None:
            self._raw.write(self._zip.compress(HEADER.pack(kind, ts_recv, ts_event, connection, len(payload))))
            self._raw.write(self._zip.compress(payload))
            # A clock that was set back flushes too.
            if abs(ts_recv - self._flushed_at) >= _FLUSH_NS:
                self._flushed_at = ts_recv
                self._raw.write(self._zip.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
                self._raw.flush()
                if self._raw.tell() >= self._max_bytes // _SEGMENTS:
                    self._end()
                    self._make_room()
                    self._raw, self._zip = self._begin(ts_recv)

        if self._attempt(append):
            self.records += 1
            self.bytes += HEADER.size + len(payload)
        else:
            self.lost += 1

    def _attempt(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            self.failure = f"{'the disk is full' if full else error.strerror} at {self._folder}"
            # What is buffered cannot be written either.
            with contextlib.suppress(OSError):
                self._raw.close()
            return False
        return True

    def _begin(self, now_ns: int) -> tuple[IO[bytes], "zstandard.ZstdCompressionObj"]:
        # The names are in the order of writing, also where a clock was set back.
        self._began_at = max(now_ns, self._began_at + 1)
        raw = (self._folder / f"{self._venue}-{self._began_at:019d}{SUFFIX}").open("xb")
        zipped = zstandard.ZstdCompressor(level=3).compressobj()
        header = Header(format=FORMAT, version=1, venue=self._venue, stream=self._stream, started_at=now_ns)
        raw.write(zipped.compress(msgspec.json.encode(header) + b"\n"))
        return raw, zipped

    def _end(self) -> None:
        self._raw.write(self._zip.flush())
        self._raw.close()

    def _make_room(self) -> None:
        segments = sorted(self._folder.glob(f"{self._venue}-*{SUFFIX}"))
        held = sum(segment.stat().st_size for segment in segments)
        allowed = self._max_bytes - self._max_bytes // _SEGMENTS
        for segment in segments:
            if held <= allowed:
                return
            held -= segment.stat().st_size
            segment.unlink()

    def __str__(self) -> str:
        lost = f", {self.lost} lost: {self.failure}" if self.failure is not None else ""
        return f"{self.records} records, {format_bytes(self.bytes)} before compression, in {self._folder}{lost}"
