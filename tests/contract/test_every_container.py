"""What every container of `tidemark.memory` promises, whichever it is."""

import asyncio
import contextlib
import importlib
import inspect
import pkgutil
import sys
import tracemalloc
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tidemark.memory
from tidemark.clock import EventClock
from tidemark.errors import SlowConsumerError, TaskLimitError, TransientError
from tidemark.memory.growth import Samples
from tidemark.memory.ledger import Ledger, Owner, Reservation, SlotAccount, Usage
from tidemark.memory.map import BoundedMap
from tidemark.memory.queue import BoundedQueue, Policy
from tidemark.memory.ring import Ring
from tidemark.memory.table import Layout, Table
from tidemark.memory.tasks import TaskRegistry
from tidemark.memory.window import DedupWindow, Numbering

ITEMS = 512
ITEM_BYTES = 300
MAX_BYTES = ITEMS * ITEM_BYTES
COLUMNS = {"price": np.int64, "size": np.float32, "flag": np.uint8}


@dataclass(frozen=True)
class Case:
    """A container and how to use it: `write(container, n)` offers the n-th of ever different items, all worst cases.

    `accounted` counts the items that are held or that a counter tells the fate of. `calibrated` is
    false where the bytes are those of what a slot stands for. `has_items` is false where every slot always counts as
    used: nothing comes or goes.
    """

    name: str
    build: Callable[[], Any]
    reserve: Callable[[], Reservation]
    write: Callable[[Any, int], None]
    accounted: Callable[[Any], int]
    clear: Callable[[Any], Coroutine[Any, Any, None]]
    oversized: Callable[[Any], None] | None = None
    calibrated: bool = True
    has_items: bool = True


def from_usage(container: Owner) -> int:
    usage = container.usage()
    return usage.used + usage.evicted + usage.dropped + usage.rejected + usage.coalesced


async def clear_all(container: BoundedMap[str, bytes] | BoundedQueue[bytes] | Samples) -> None:
    container.clear()


def payload(n: int) -> bytes:
    """A value of exactly the largest size that 512 of fit the byte bound, and none is shared."""
    return n.to_bytes(8, "little") + bytes(ITEM_BYTES - sys.getsizeof(b"") - 8)


def ring_case() -> Case:
    async def clear(ring: Ring) -> None:
        for series in range(ring.series):
            ring.clear(series)

    return Case(
        name="ring",
        build=lambda: Ring("x", series=4, rows=ITEMS // 4, columns=COLUMNS),
        reserve=lambda: Ring.reserve("x", series=4, rows=ITEMS // 4, columns=COLUMNS),
        write=lambda ring, n: ring.append(n % 4, price=n, size=n, flag=1),
        accounted=from_usage,
        clear=clear,
    )


def map_case(ttl_ns: int | None) -> Case:
    def write(bounded: BoundedMap[str, bytes], n: int) -> None:
        bounded[f"key-{n:010}"] = bytes(ITEM_BYTES - sys.getsizeof(b"") - 63)

    def oversized(bounded: BoundedMap[str, bytes]) -> None:
        bounded["large"] = bytes(MAX_BYTES)

    return Case(
        name="map" if ttl_ns is None else "map-ttl",
        build=lambda: BoundedMap[str, bytes](
            "x",
            items=ITEMS,
            max_bytes=MAX_BYTES,
            size=lambda key, value: sys.getsizeof(key) + sys.getsizeof(value),
            ttl_ns=ttl_ns,
            clock=None if ttl_ns is None else EventClock(),
        ),
        reserve=lambda: BoundedMap.reserve("x", items=ITEMS, max_bytes=MAX_BYTES, ttl_ns=ttl_ns),
        write=write,
        accounted=from_usage,
        clear=clear_all,
        oversized=oversized,
    )


def put_now(queue: BoundedQueue[bytes], item: bytes) -> None:
    """Put, and go away like a cancelled producer where that would wait."""
    work = queue.put(item)
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()


def queue_case(policy: Policy) -> Case:
    def put(queue: BoundedQueue[bytes], item: bytes) -> None:
        taken_in = queue.taken_in
        with contextlib.suppress(SlowConsumerError):
            put_now(queue, item)
        if queue.taken_in == taken_in:
            assert policy is Policy.BLOCK
            queue.rejected += 1  # a producer that gave up is nobody's count; this test counts every write
            queue.taken_in += 1

    return Case(
        name=f"queue-{policy.name.lower()}",
        build=lambda: BoundedQueue[bytes](
            "x",
            items=ITEMS,
            max_bytes=MAX_BYTES,
            size=sys.getsizeof,
            policy=policy,
            key=(lambda item: item[:8]) if policy is Policy.COALESCE else None,
        ),
        reserve=lambda: BoundedQueue.reserve("x", items=ITEMS, max_bytes=MAX_BYTES, policy=policy),
        write=lambda queue, n: put(queue, payload(n)),
        accounted=from_usage,
        clear=clear_all,
        oversized=lambda queue: put(queue, bytes(MAX_BYTES)),
    )


class MarkedWindow(DedupWindow):
    """A window that remembers how many rows it called fresh."""

    marked_fresh = 0


def window_case(numbering: Numbering) -> Case:
    def write(window: MarkedWindow, n: int) -> None:
        fresh = np.zeros(1, np.uint8)
        window.mark(np.array([n % 2], np.int32), np.array([n + 1], np.uint64), 1, fresh)
        window.marked_fresh += int(fresh[0])

    async def clear(window: DedupWindow) -> None:
        window.clear(0)
        window.clear(1)

    return Case(
        name=f"window-{numbering.value}",
        build=lambda: MarkedWindow("x", numbering=numbering, series=2),
        reserve=lambda: DedupWindow.reserve("x", numbering=numbering, series=2),
        write=write,
        accounted=lambda window: window.marked_fresh + window.duplicates + window.stale,
        clear=clear,
    )


def tasks_case() -> Case:
    def report(name: str, error: BaseException) -> None:
        raise AssertionError(name) from error

    async def waits() -> None:
        await asyncio.Event().wait()

    def write(tasks: TaskRegistry, n: int) -> None:
        with contextlib.suppress(TaskLimitError):
            tasks.create(f"task-{n}", waits())

    async def clear(tasks: TaskRegistry) -> None:
        await tasks.cancel_all()

    return Case(
        name="tasks",
        build=lambda: TaskRegistry("x", limit=64, on_error=report),
        reserve=lambda: TaskRegistry.reserve("x", limit=64),
        write=write,
        accounted=from_usage,
        clear=clear,
    )


def slots_case() -> Case:
    def write(slots: SlotAccount, n: int) -> None:
        with contextlib.suppress(TransientError):
            slots.take()

    async def clear(slots: SlotAccount) -> None:
        for _ in range(slots.usage().used):
            slots.give_back()

    return Case(
        name="slots",
        build=lambda: Ledger().slots("x", 8, 1000),
        reserve=lambda: SlotAccount.reserve("x", 8, 1000),
        write=write,
        accounted=from_usage,
        clear=clear,
        calibrated=False,
    )


def samples_case() -> Case:
    return Case(
        name="samples",
        build=lambda: Samples("x", 64),
        reserve=lambda: Samples.reserve("x", 64),
        write=lambda samples, n: samples.add(n, n, n),
        accounted=from_usage,
        clear=clear_all,
    )


def table_case() -> Case:
    columns: Layout = {name: (dtype, (2,)) for name, dtype in COLUMNS.items()}

    def write(table: Table, n: int) -> None:
        for column in table.columns.values():
            column[n % ITEMS] = n % 100

    async def clear(table: Table) -> None:
        for slot in range(ITEMS):
            table.clear(slot)

    return Case(
        name="table",
        build=lambda: Table("x", slots=ITEMS, columns=columns),
        reserve=lambda: Table.reserve("x", slots=ITEMS, columns=columns),
        write=write,
        accounted=from_usage,
        clear=clear,
        has_items=False,
    )


CASES = [
    ring_case(),
    map_case(None),
    map_case(10**9),
    *(queue_case(policy) for policy in Policy),
    *(window_case(numbering) for numbering in Numbering),
    tasks_case(),
    slots_case(),
    samples_case(),
    table_case(),
]
every_holder = pytest.mark.parametrize("case", [case for case in CASES if case.has_items], ids=lambda case: case.name)
every_container = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def check(usage: Usage, reservation: Reservation) -> None:
    assert 0 <= usage.used <= usage.peak <= reservation.capacity
    assert 0 <= usage.bytes_used <= reservation.bytes


@every_container
async def test_the_bound_holds_at_every_write_and_after_ten_times_as_many(case: Case) -> None:
    container = case.build()
    for n in range(10 * container.reservation.capacity):
        case.write(container, n)
        if n % 97 == 0:
            check(container.usage(), container.reservation)
    check(container.usage(), container.reservation)
    assert container.usage().used > 0
    await case.clear(container)


@every_holder
async def test_every_write_is_held_or_counted(case: Case) -> None:
    container = case.build()
    writes = 3 * container.reservation.capacity + 1
    for n in range(writes):
        case.write(container, n)
    assert case.accounted(container) == writes
    await case.clear(container)


@pytest.mark.parametrize("case", [case for case in CASES if case.oversized], ids=lambda case: case.name)
async def test_the_bound_holds_on_the_first_oversized_write(case: Case) -> None:
    container = case.build()
    assert case.oversized is not None
    case.oversized(container)
    usage = container.usage()
    assert (usage.used, usage.rejected) == (0, 1)
    check(usage, container.reservation)
    case.write(container, 0)
    assert container.usage().used == 1


@every_holder
async def test_a_cleared_container_is_empty_and_usable(case: Case) -> None:
    container = case.build()
    for n in range(2 * container.reservation.capacity):
        case.write(container, n)
    await case.clear(container)
    assert container.usage().used == 0
    assert container.usage().peak > 0
    case.write(container, 10**6)
    assert container.usage().used == 1
    check(container.usage(), container.reservation)
    await case.clear(container)


@every_container
async def test_the_reservation_is_known_before_it_is_built(case: Case) -> None:
    container = case.build()
    assert case.reserve() == container.reservation
    assert container.reservation.policy


@every_container
async def test_the_ledger_lists_it_and_finds_nothing_wrong(case: Case) -> None:
    container = case.build()
    ledger = Ledger(transient_bytes=1)
    if container.reservation.kind != "slots":
        ledger.open(container)
        assert [line.owner for line in ledger.report()] == ["x", "transient"]
    assert ledger.violations() == []


@pytest.mark.parametrize("case", [case for case in CASES if case.calibrated], ids=lambda case: case.name)
async def test_filled_with_its_worst_items_it_measures_no_more_than_it_declared(case: Case) -> None:
    warm = case.build()  # what the interpreter makes once, on the way, is not this container's
    for n in range(2 * warm.reservation.capacity):
        case.write(warm, n)
    await case.clear(warm)
    declared = warm.reservation.bytes
    # the whole process is traced, and its other threads only ever add to the container's own: the least one is nearest
    measured = min([await measured_bytes(case) for _ in range(5)])
    assert measured <= declared, f"{measured / declared:.2f} of what it declared"


async def measured_bytes(case: Case) -> int:
    """What was allocated, by whichever thread, while a container of `case` was built and filled twice over."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    container = case.build()
    for n in range(2 * container.reservation.capacity):
        case.write(container, n)
    if container.reservation.kind == "tasks":
        await asyncio.sleep(0)  # each has begun and waits
    measured = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    await case.clear(container)
    return measured


def test_every_container_there_is_stands_in_this_suite() -> None:
    found = set()
    for module in pkgutil.iter_modules(tidemark.memory.__path__, "tidemark.memory."):
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and hasattr(kind, "usage") and kind is not Owner and name[0] != "_":
                found.add(kind)
    assert found == {Ring, BoundedMap, BoundedQueue, DedupWindow, TaskRegistry, SlotAccount, Samples, Table}
