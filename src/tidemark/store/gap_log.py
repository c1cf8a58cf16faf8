"""The log of gaps: what the process writes down at once, and the database is filled from later.

Segments `<number>.gaps` of lines: the CRC-32 of the JSON in eight hexadecimal digits, a space, a `Gap` as JSON. A line
is handed to the operating system as one piece: a killed process leaves whole lines, and what is not whole is no line.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tidemark.errors import DECODE_ERRORS, StoreError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.gap import Gap
from tidemark.store.segments import SegmentWriter

SUFFIX = ".gaps"
_BUFFER_BYTES = 4096


class GapLog:
    """Appends gaps, within *max_bytes* on disk; the oldest eighth goes first.

    A full or broken disk does not stop the process: gaps are then counted in `lost`, `failure` says why, and `is_owed`
    stays until somebody has offered them again.
    """

    def __init__(self, folder: Path, max_bytes: int, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        self.failure: str | None = None
        self.written = 0
        self.lost = 0
        self.is_owed = False
        self._folder = folder
        try:
            self._log = SegmentWriter(folder, SUFFIX, max_bytes, whole_bytes, lambda _: None)
        except OSError as error:
            raise StoreError(
                f"cannot keep the log of gaps in {folder}: {error.strerror}; name another folder with store.folder"
            ) from error
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What a log takes in memory: one line on its way out."""
        return Reservation(
            owner="gap log", kind="external", capacity=_BUFFER_BYTES, item_bytes=1, policy="writes line by line"
        )

    def usage(self) -> Usage:
        """Nothing is held between two lines. `rejected` counts the gaps that were not written."""
        return Usage(used=0, peak=0, bytes_used=0, rejected=self.lost)

    def offer(self, gap: Gap) -> None:
        """Write one gap down. Never raises: what cannot be written is counted."""
        body = msgspec.json.encode(gap)
        try:
            self._log.append(b"%08x %b\n" % (zlib.crc32(body), body))
        except OSError as error:
            self.failure = f"{error.strerror} at {self._folder}"
            self.lost += 1
            self.is_owed = True
        else:
            self.failure = None
            self.written += 1


def read_gaps(path: Path, offset: int = 0) -> Iterator[tuple[Gap | None, int]]:
    """The lines of a segment from *offset* on, each with the bytes up to its end; None for a line that is damaged.

    A last line without an end is on its way, or was cut short: it is left for the next time.
    """
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield _gap(line[:-1]), offset


def whole_bytes(path: Path) -> int:
    """How many bytes of a segment are whole lines."""
    return max((end for _, end in read_gaps(path)), default=0)


def _gap(line: bytes) -> Gap | None:
    crc, _, body = line.partition(b" ")
    if crc != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=Gap)
    except DECODE_ERRORS:
        return None
