"""Samples of a process as a test makes them up: what is not said is that of a process in order."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tidemark.live.descriptors import Descriptors, SocketBuffers
from tidemark.live.interpreter import Collector, Logging
from tidemark.live.probe import Dear, Sample
from tidemark.memory.allocator import AllocatorFigures
from tidemark.memory.census import Held
from tidemark.memory.ledger import OwnerReport
from tidemark.memory.maintenance import Cleanup
from tidemark.memory.process import ProcessFigures
from tidemark.proof.recording import Recording
from tidemark.proof.run import Run
from tidemark.units import MIB, SECOND


def owner(name: str, kind: str = "map", *, used: int = 5, capacity: int = 10, bytes_each: int = 100) -> OwnerReport:
    return OwnerReport(
        owner=name,
        kind=kind,
        policy="refuses",
        capacity=capacity,
        used=used,
        peak=used,
        bytes_reserved=capacity * bytes_each,
        bytes_used=used * bytes_each,
        evicted=0,
        dropped=0,
        rejected=0,
        coalesced=0,
    )


def held(name: str, entries: int, kind: str = "dict", *, size: int = 0, each: int = 0, owner: str = "") -> Held:
    return Held(name=name, kind=kind, count=1, entries=entries, bytes=size, bytes_each=each, owner=owner)


def dear(*names: Held, **figures: Any) -> Dear:
    given: dict[str, Any] = {
        "objects": 1_000,
        "held": list(names),
        "sockets": SocketBuffers(sockets=1, kernel_in=0, kernel_out=0, fullest=0, transports=1, library=0),
        "caches": [],
        "pools": None,
        "traced": [],
        "took_ms": 1.0,
        "longest_ms": 1.0,
    }
    return Dear(**given | figures)


def sample(at_s: float, *, anonymous: float = 50 * MIB, blocks: int = 200_000, **figures: Any) -> Sample:
    """A sample after *at_s* seconds, in which a thousand messages came each; `figures` replace its other fields."""
    given: dict[str, Any] = {
        "lived_ns": int(at_s * SECOND),
        "messages": int(at_s * 1_000),
        "budget": 256 * MIB,
        "floor": 40 * MIB,
        "process": ProcessFigures(
            rss=int(anonymous) + 20 * MIB,
            anonymous=int(anonymous),
            uss=int(anonymous),
            blocks=blocks,
            limit=None,
            source="smaps_rollup",
        ),
        "allocator": AllocatorFigures(held=20 * MIB, in_use=18 * MIB, mapped=MIB),
        "owners": [owner("gaps")],
        "cleanup": Cleanup(),
        "collector": Collector(collections=10, collected=100, uncollectable=0, garbage=0),
        "tasks": {"tidemark.live.rounds.beat": 1},
        "threads": {"MainThread": 1},
        "descriptors": Descriptors(kinds={"socket": 3}, files={}),
        "logging": Logging(handlers=[], queued=0, queue_limit=None),
        "took_ms": 1.0,
    }
    return Sample(**given | figures)


def recording(samples: Iterable[Sample]) -> Recording:
    made = Recording()
    for one in samples:
        made.add(one)
    return made


def run(make: Callable[[float], Sample], seconds: float = 600.0, count: int = 120) -> Run:
    """A run of *count* samples over so many seconds."""
    return Run(recording(series(make, seconds, count)))


def series(make: Callable[[float], Sample], seconds: float = 600.0, count: int = 120) -> list[Sample]:
    """What *make* gives at *count* moments; every tenth of those that have no dear part gets one."""
    made = [make(seconds * number / (count - 1)) for number in range(count)]
    return [
        msgspec.structs.replace(one, dear=dear()) if number % 10 == 0 and one.dear is None else one
        for number, one in enumerate(made)
    ]
