"""A sample of everything that may grow in this process: the cheap part always, the dear part when it is asked for."""

import asyncio
import gc
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from tidemark.clock import Clock
from tidemark.errors import TransientError
from tidemark.live.descriptors import (
    Descriptors,
    SocketBuffers,
    is_transport,
    read_descriptors,
    read_socket_buffers,
)
from tidemark.live.interpreter import (
    Cache,
    Collector,
    Logging,
    Pool,
    is_cache,
    is_pool,
    read_caches,
    read_collector,
    read_logging,
    read_pools,
    read_tasks,
    read_threads,
)
from tidemark.memory.allocator import Allocator, AllocatorFigures
from tidemark.memory.census import Census, Held, transient_bytes
from tidemark.memory.ledger import Ledger, OwnerReport
from tidemark.memory.maintenance import Cleanup, Maintenance
from tidemark.memory.process import Process, ProcessFigures
from tidemark.memory.tracing import TracedFile, is_tracing, traced_files
from tidemark.units import MILLISECOND

# Between two slices of a census the loop does its other work.
_PAUSE_S = 0.001


class Dear(msgspec.Struct, frozen=True, kw_only=True):
    """What takes longer to find out. `traced` None: Python does not trace its allocations.

    `pools` None: no library for databases was imported. `took_ms` from its begin to its end, in slices of which the
    longest kept the loop for `longest_ms`; the cheap part with its full collection is one of them.
    """

    objects: int
    held: list[Held]
    sockets: SocketBuffers
    caches: list[Cache]
    pools: list[Pool] | None
    traced: list[TracedFile] | None
    took_ms: float
    longest_ms: float


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a process.

    `lived_ns`: by its clock, which a simulation makes pass faster. `messages` since the start. Memory in
    bytes; `floor` is the anonymous memory before any state. `took_ms`: what the cheap part took.
    """

    lived_ns: int
    messages: int
    budget: int
    floor: int
    process: ProcessFigures
    allocator: AllocatorFigures | None
    owners: list[OwnerReport]
    cleanup: Cleanup
    collector: Collector
    tasks: dict[str, int]
    threads: dict[str, int]
    descriptors: Descriptors
    logging: Logging
    took_ms: float
    dear: Dear | None = None


class Probe:
    """Takes samples of this process. *messages* and *lived_ns* say how far it has come."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        process: Process,
        maintenance: Maintenance,
        clock: Clock,
        budget: int,
        messages: Callable[[], int],
        lived_ns: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._process = process
        self._maintenance = maintenance
        self._clock = clock
        self._budget = budget
        self._messages = messages
        self._lived_ns = lived_ns
        self._allocator = Allocator()
        self._is_counting = asyncio.Lock()

    def look(self, *, collects: bool = False) -> Sample:
        """The cheap part: some milliseconds.

        With *collects* it begins with a full collection, which takes some tens more: what only waits for the collector
        is no growth.
        """
        began = self._clock.monotonic_ns()
        if collects:
            gc.collect()
        sample = Sample(
            lived_ns=self._lived_ns(),
            messages=self._messages(),
            budget=self._budget,
            floor=self._maintenance.floor,
            process=self._process.read(),
            allocator=self._allocator.read(),
            owners=self._ledger.report(),
            cleanup=self._maintenance.cleanup,
            collector=read_collector(),
            tasks=read_tasks(),
            threads=read_threads(),
            descriptors=read_descriptors(),
            logging=read_logging(),
            took_ms=0.0,
        )
        return msgspec.structs.replace(sample, took_ms=(self._clock.monotonic_ns() - began) / MILLISECOND)

    async def count(self, weigh: Collection[str] = ()) -> Sample:
        """Both parts, after a full collection; one such count at a time, others wait. *weigh*: see `Census`.

        TransientError when the memory that a census takes is not to be had: the more objects there are, the more it is.
        A retry may help whatever is asked for: they may have become fewer.
        """
        async with self._is_counting:
            with self._room():
                # The cheap part comes first: it must not see what the census takes.
                began = self._clock.monotonic_ns()
                sample = self.look(collects=True)
                dear = await self._dear(weigh, began, self._clock.monotonic_ns() - began)
        return msgspec.structs.replace(sample, dear=dear)

    @contextmanager
    def _room(self) -> Iterator[None]:
        """The memory for a census of what there is now."""
        with ExitStack() as held:
            try:
                held.enter_context(self._ledger.transient(transient_bytes(len(gc.get_objects()))))
            except TransientError as error:
                error.retry = True
                raise
            yield

    async def _dear(self, weigh: Collection[str], began: int, longest: int) -> Dear:
        slice_began = self._clock.monotonic_ns()
        census = Census(self._ledger.owners(), frozenset(weigh), _is_wanted)
        for _ in census.walk():
            longest = max(longest, self._clock.monotonic_ns() - slice_began)
            await asyncio.sleep(_PAUSE_S)
            slice_began = self._clock.monotonic_ns()
        found = census.kept
        held = census.held()
        sockets = read_socket_buffers(one for one in found if is_transport(type(one)))
        caches, pools = read_caches(found), read_pools(found)
        longest = max(longest, self._clock.monotonic_ns() - slice_began)
        traced = await asyncio.to_thread(traced_files) if is_tracing() else None
        return Dear(
            objects=census.objects,
            held=held,
            sockets=sockets,
            caches=caches,
            pools=pools,
            traced=traced,
            took_ms=(self._clock.monotonic_ns() - began) / MILLISECOND,
            longest_ms=longest / MILLISECOND,
        )


def _is_wanted(kind: type[Any]) -> bool:
    return is_transport(kind) or is_cache(kind) or is_pool(kind)
