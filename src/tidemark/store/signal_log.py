"""The log of signals: what is written down at once; the database is filled from it, and a restart goes on by it.

Segments `<number>.signals` of lines, each a `Record`; see `lines`.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.signal import Outcome, Record, Signal, Transition
from tidemark.store.lines import line_of, read_lines, whole_bytes
from tidemark.store.segments import SegmentWriter, numbered
from tidemark.units import MIB

SUFFIX = ".signals"
OWNER = "signal log"
# What waits for a disk that takes things again: some thousand records.
WAITING_BYTES = 2 * MIB
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class Place(NamedTuple):
    """Behind so many bytes of a segment."""

    segment: str
    read_bytes: int


class SignalLog:
    """Appends records, within *max_bytes* on disk; the oldest eighth goes first.

    A full or broken disk does not stop the process: `failure` then says why, and what was not written waits within
    `WAITING_BYTES` and is written first when the disk takes things again. What finds no place there counts in `lost`.
    """

    def __init__(self, folder: Path, max_bytes: int, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        self.failure: str | None = None
        self.written = 0
        self.lost = 0
        # What was told since the start, by rule and kind of record.
        self.told: dict[tuple[str, str], int] = {}  # bounded: the rules, and four kinds
        self.folder = folder
        self._waiting: deque[bytes] = deque()  # bounded: WAITING_BYTES
        self._waiting_bytes = 0
        self._peak = 0
        try:
            self._log = SegmentWriter(folder, SUFFIX, max_bytes, whole_bytes, lambda _: None)
        except OSError as error:
            raise StoreError(
                f"cannot keep the log of signals in {folder}: {error.strerror}; name another folder with store.folder"
            ) from error
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What a log takes in memory: what waits."""
        return Reservation(
            owner=OWNER, kind="external", capacity=WAITING_BYTES, item_bytes=1, policy="holds what a full disk refuses"
        )

    def usage(self) -> Usage:
        """The bytes that wait. `rejected` counts the records that were not written."""
        return Usage(
            used=self._waiting_bytes, peak=self._peak, bytes_used=self._waiting_bytes, rejected=self.lost
        )  # fmt: skip

    @property
    def place(self) -> Place:
        """Behind what was written."""
        held = numbered(self.folder, SUFFIX)
        return Place(held[-1].name, held[-1].stat().st_size) if held else Place("", 0)

    def offer(self, records: Sequence[Record]) -> None:
        """Write records down, behind those that wait. Never raises: what cannot be written waits, or is counted."""
        for record in records:
            what = (rule_of(record), _kind_of(record))
            self.told[what] = self.told.get(what, 0) + 1
            line = line_of(record)
            if self._waiting_bytes + len(line) > WAITING_BYTES:
                self.lost += 1
                continue
            self._waiting.append(line)
            self._waiting_bytes += len(line)
        self._peak = max(self._peak, self._waiting_bytes)
        self.flush()

    def flush(self) -> None:
        """Write what waits, in one piece."""
        if not self._waiting:
            return
        try:
            self._log.append(b"".join(self._waiting))
        except OSError as error:
            self.failure = f"{error.strerror} at {self.folder}"
            return
        self.failure = None
        self.written += len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0


def rule_of(record: Record) -> str:
    """Whose it is; that of a transition stands in its id, which is made of symbol, rule, name and second."""
    return record.id.rsplit("-", 3)[1] if isinstance(record, Transition) else record.rule


def _kind_of(record: Record) -> str:
    if isinstance(record, Outcome):
        return "random" if record.is_null else "outcome"
    return "signal" if isinstance(record, Signal) else "transition"


def read_records(path: Path, offset: int = 0) -> Iterator[tuple[Record | None, int]]:
    """The records of a segment from *offset* on, see `read_lines`."""
    return read_lines(path, _DECODER.decode, offset)


def records_since(folder: Path, place: Place) -> Iterator[Record]:
    """The records behind *place*, oldest first; all there are where its segment is no more."""
    found = numbered(folder, SUFFIX)
    if place.segment not in {path.name for path in found}:
        place = Place("", 0)
    for path in found:
        if path.name < place.segment:
            continue
        start = place.read_bytes if path.name == place.segment else 0
        if start <= path.stat().st_size:
            yield from (record for record, _ in read_records(path, start) if record is not None)
