"""The log of gaps: what the process writes down at once, and the database is filled from later.

Segments `<number>.gaps` of lines, each a `Gap`; see `lines`.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.gap import Gap
from tidemark.store.lines import line_of, read_lines, whole_bytes
from tidemark.store.segments import SegmentWriter

SUFFIX = ".gaps"
_BUFFER_BYTES = 4096
_DECODER = msgspec.json.Decoder(Gap)


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
        try:
            self._log.append(line_of(gap))
        except OSError as error:
            self.failure = f"{error.strerror} at {self._folder}"
            self.lost += 1
            self.is_owed = True
        else:
            self.failure = None
            self.written += 1


def read_gaps(path: Path, offset: int = 0) -> Iterator[tuple[Gap | None, int]]:
    """The gaps of a segment from *offset* on, see `read_lines`."""
    return read_lines(path, _DECODER.decode, offset)
