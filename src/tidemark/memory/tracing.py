"""The files that hold the most memory, while Python traces its allocations: `PYTHONTRACEMALLOC=1` before the start."""

import tracemalloc
from pathlib import PurePath

import msgspec

_MOST_FILES = 40


class TracedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was allocated in one file and is still held. `file`: its last three parts."""

    file: str
    bytes: int
    blocks: int


def is_tracing() -> bool:
    """Whether Python traces its allocations; it has to be asked to before the process starts."""
    return tracemalloc.is_tracing()


def traced_files() -> list[TracedFile]:
    """The forty files that hold the most, the largest first; empty when nothing is traced.

    Takes half a second and more; to be called from a thread.
    """
    if not tracemalloc.is_tracing():
        return []
    statistics = tracemalloc.take_snapshot().statistics("filename")
    return [
        TracedFile(file="/".join(PurePath(one.traceback[0].filename).parts[-3:]), bytes=one.size, blocks=one.count)
        for one in statistics[:_MOST_FILES]
    ]
