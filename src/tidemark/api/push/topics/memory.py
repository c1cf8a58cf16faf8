"""`memory`: the ledger and the process, owner by owner, once a second."""

import re
from collections.abc import Mapping

import msgspec

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads


class MemorySnapshot(Snapshot, frozen=True, kw_only=True):
    """memory: as REST gives it."""

    memory: msgspec.Struct


class MemoryDelta(Delta, frozen=True, kw_only=True):
    """All of it again."""

    memory: msgspec.Struct


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"memory")
    PERIOD_MS = 1000
    MOST = 1
    IS_WHOLE = True
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._reads = reads

    def open(self, names: Mapping[str, str]) -> "_Memory":
        """See topics.base."""
        del names
        return _Memory(self._reads)


class _Memory:
    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        return MemoryDelta(topic=at.topic, seq=at.seq, ts=at.ts, memory=self._reads.memory())

    def whole(self, at: Stamp) -> Snapshot:
        return MemorySnapshot(topic=at.topic, seq=at.seq, ts=at.ts, memory=self._reads.memory())
