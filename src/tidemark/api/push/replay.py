"""The newest messages of every topic, so that a client that was away for a moment gets what it missed."""

from collections import deque
from typing import NamedTuple

from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.units import KIB, MIB, MINUTE

MESSAGES = 500
AGE_NS = 15 * MINUTE
# All topics together.
ITEMS = 8192
MAX_BYTES = 4 * MIB
# More than this is not replayed: a fresh snapshot is less, and has room in a client's line.
MOST_REPLAYED = 100
MOST_REPLAYED_BYTES = 128 * KIB
_OWNER = "push/replay"
# An entry, its numbers and the head of its bytes; a topic, its name and its line.
_ENTRY_BYTES = 240
_FIXED_BYTES = 256 * KIB


class _Kept(NamedTuple):
    seq: int
    at_ns: int
    frame: bytes


class _Line:
    """Those of one topic."""

    def __init__(self) -> None:
        self.kept: deque[_Kept] = deque()  # bounded: `Replay.add` lets the oldest go
        self.bytes = 0


class Replay:
    """At most 500 messages of 15 minutes a topic, and 8,192 of 4 MiB of all of them.

    When all is full, the topic that takes most gives up its oldest.
    """

    def __init__(self, ledger: Ledger, *, items: int = ITEMS, max_bytes: int = MAX_BYTES) -> None:
        self.reservation = self.reserve(items=items, max_bytes=max_bytes)
        self._items = items
        self._max_bytes = max_bytes
        self._lines: dict[str, _Line] = {}  # bounded: topics that live, and those have a bound
        self._count = 0
        self._bytes = 0
        self._peak = 0
        self._evicted = 0
        ledger.open(self)

    @staticmethod
    def reserve(*, items: int = ITEMS, max_bytes: int = MAX_BYTES) -> Reservation:
        """What it takes, without allocating it."""
        return Reservation(
            owner=_OWNER,
            kind="queue",
            capacity=items,
            item_bytes=_ENTRY_BYTES,
            fixed_bytes=max_bytes + _FIXED_BYTES,
            policy="drops the oldest",
        )

    def add(self, topic: str, seq: int, now_ns: int, frame: bytes) -> None:
        """Keep the message after the newest of *topic*; one larger than everything else may be is not kept."""
        if len(frame) > self._max_bytes:
            self.clear(topic)
            return
        line = self._lines.setdefault(topic, _Line())
        line.kept.append(_Kept(seq, now_ns, frame))
        line.bytes += len(frame)
        self._count += 1
        self._bytes += len(frame)
        if len(line.kept) > MESSAGES:
            self._give_up(line)
        while self._count > self._items or self._bytes > self._max_bytes:
            self._give_up(max(self._lines.values(), key=lambda one: one.bytes))
        self._peak = max(self._peak, self._count)

    def since(self, topic: str, seq: int) -> list[bytes] | None:
        """The messages after *seq*, oldest first; None where one of them is gone, or they are too many."""
        line = self._lines.get(topic)
        if line is None or not line.kept or not line.kept[0].seq - 1 <= seq <= line.kept[-1].seq:
            return None
        frames = [kept.frame for kept in line.kept if kept.seq > seq]
        if len(frames) > MOST_REPLAYED or sum(map(len, frames)) > MOST_REPLAYED_BYTES:
            return None
        return frames

    def clear(self, topic: str) -> None:
        """Keep nothing of *topic*."""
        line = self._lines.pop(topic, None)
        if line is not None:
            self._count -= len(line.kept)
            self._bytes -= line.bytes

    def expire(self, now_ns: int) -> None:
        """Let go what is too old."""
        for line in self._lines.values():
            while line.kept and line.kept[0].at_ns < now_ns - AGE_NS:
                self._give_up(line)

    def usage(self) -> Usage:
        """Messages held now."""
        return Usage(
            used=self._count,
            peak=self._peak,
            bytes_used=self._bytes + self._count * _ENTRY_BYTES,
            evicted=self._evicted,
        )

    def _give_up(self, line: _Line) -> None:
        gone = line.kept.popleft()
        line.bytes -= len(gone.frame)
        self._count -= 1
        self._bytes -= len(gone.frame)
        self._evicted += 1
