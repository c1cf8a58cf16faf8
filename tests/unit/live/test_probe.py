import asyncio
import gc
import tracemalloc
from collections.abc import Callable

import msgspec
import pytest
from tests.unit.live.test_rounds import build

from tidemark.clock import EventClock
from tidemark.errors import TransientError
from tidemark.live.assembly import begin
from tidemark.live.probe import Probe, Sample
from tidemark.settings.settings import Settings
from tidemark.units import MIB, SECOND

Make = Callable[..., Settings]


class Kept:
    def __init__(self) -> None:
        self.rows = [bytes(1_000) + bytes([number]) for number in range(100)]


def probe(chosen: Settings) -> Probe:
    upkeep = begin(chosen, clock := EventClock(5 * SECOND))  # type: ignore[arg-type]
    return Probe(
        ledger=upkeep.ledger,
        process=upkeep.process,
        maintenance=upkeep.maintenance,
        clock=clock,
        budget=chosen.memory.budget,
        messages=lambda: 7,
        lived_ns=clock.now_ns,
    )


async def test_a_look_holds_every_figure_that_is_cheap(settings: Make) -> None:
    sample = probe(settings()).look()

    assert (sample.messages, sample.lived_ns, sample.budget) == (7, 5 * SECOND, 4096 * MIB)
    assert {line.owner for line in sample.owners} == {"transient", "maintenance"}
    assert sample.process.anonymous >= sample.floor > MIB
    assert sample.descriptors.count > 0
    assert sum(sample.tasks.values()) >= 1
    assert sample.threads["MainThread"] == 1
    assert sample.dear is None


class Cycle:
    def __init__(self) -> None:
        self.me = self


async def test_what_only_waits_for_the_collector_is_not_in_a_sample_that_collects(settings: Make) -> None:
    taken = probe(settings())
    gc.collect()
    before = taken.look(collects=True).process.blocks

    gc.disable()
    try:
        for _ in range(1_000):
            Cycle()
        waiting = taken.look().process.blocks - before
        collected = taken.look(collects=True).process.blocks - before
    finally:
        gc.enable()

    assert waiting > 1_000
    assert collected < 500


async def test_a_count_holds_the_rest_with_the_asked_entries_weighed(settings: Make) -> None:
    kept = Kept()
    name = f"{__name__}.Kept.rows"

    sample = await probe(settings()).count({f"list {name}"})

    assert sample.dear is not None
    (held,) = [one for one in sample.dear.held if one.name == name]
    assert held.entries == len(kept.rows)
    assert 1_000 < held.bytes_each < 1_100
    assert sample.dear.objects > 1_000
    assert sample.dear.traced is None
    assert sample.dear.caches != []


async def test_a_sample_goes_through_json_as_it_is(settings: Make) -> None:
    sample = await probe(settings()).count()

    assert msgspec.json.decode(msgspec.json.encode(sample), type=Sample) == sample


async def test_other_work_goes_on_during_a_count(settings: Make) -> None:
    turns = 0

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(work())
    sample = await probe(settings()).count()
    task.cancel()

    assert sample.dear is not None
    assert turns > sample.dear.objects // 1_000


async def test_a_count_is_refused_while_its_memory_is_not_to_be_had(settings: Make) -> None:
    parts = await build(settings())
    share = settings().memory.transient

    with parts.ledger.transient(share - MIB), pytest.raises(TransientError) as refused:
        await parts.probe.count()

    assert refused.value.retry


async def test_the_more_objects_there_are_the_more_memory_a_count_asks_for(settings: Make) -> None:
    parts = await build(settings(memory__transient="32MB"))
    kept: list[object] = [[[]] for _ in range(200_000)]

    with pytest.raises(TransientError) as refused:
        await parts.probe.count()

    assert len(kept) == 200_000
    # More than there ever is of it, and yet: the process may hold fewer objects by then.
    assert refused.value.retry


async def test_the_files_that_hold_the_most_are_told_while_python_traces(settings: Make) -> None:
    tracemalloc.start()
    try:
        sample = await probe(settings()).count()
    finally:
        tracemalloc.stop()

    assert sample.dear is not None
    assert sample.dear.traced
