from tests.api_process import Lived
from tests.scraped import scraped, value

from tidemark.api.metrics.exposition import Exposition
from tidemark.api.metrics.memory import tell_memory, tell_owners, tell_process
from tidemark.memory.ledger import Ledger
from tidemark.memory.queue import BoundedQueue, Policy
from tidemark.units import SECOND


async def test_what_is_explained_and_what_is_not_make_up_the_anonymous_memory(process: Lived) -> None:
    to, sample = Exposition(), process.parts.probe.look()

    tell_memory(to, process.parts, sample)

    found = scraped(to.text())
    parts = [value(found, f"tidemark_memory_{name}_bytes") or 0.0 for name in ("floor", "used", "unaccounted")]
    assert sum(parts) == value(found, "tidemark_memory_anonymous_bytes") == sample.process.anonymous
    assert value(found, "tidemark_memory_budget_bytes") == process.parts.settings.memory.budget
    assert value(found, "tidemark_memory_reserved_bytes") == process.parts.ledger.reserved_bytes
    # 5 % of the budget of 2 GB.
    assert value(found, "tidemark_memory_unaccounted_cap_bytes") == 107_374_182
    assert value(found, "tidemark_memory_pressure_level") == 0
    assert value(found, "tidemark_memory_trimmed_items_total") == 0


async def test_growth_is_not_told_before_it_is_known(process: Lived) -> None:
    to = Exposition()

    tell_memory(to, process.parts, process.parts.probe.look())

    assert "# TYPE tidemark_memory_growth_bytes_per_second gauge" in to.text()
    assert value(scraped(to.text()), "tidemark_memory_growth_bytes_per_second") is None


async def test_a_process_has_the_names_that_all_processes_have(process: Lived) -> None:
    to = Exposition()

    tell_process(to, process.parts, process.parts.probe.look(), 1_700_000_000 * SECOND)

    found = scraped(to.text())
    assert value(found, "process_start_time_seconds") == 1_700_000_000
    assert (value(found, "process_resident_memory_bytes") or 0) > 1_000_000
    assert (value(found, "process_open_fds") or 0) > 2
    assert (value(found, "process_cpu_seconds_total") or 0) > 0


async def test_an_owner_tells_what_it_did_when_it_was_full() -> None:
    ledger, to = Ledger(), Exposition()
    queue = BoundedQueue[bytes]("rows", items=2, max_bytes=64, size=len, policy=Policy.DROP_OLDEST)
    ledger.open(queue)
    for _ in range(5):
        await queue.put(b"x")

    tell_owners(to, ledger.report())

    found = scraped(to.text())
    row = {"owner": "rows", "kind": "queue"}
    assert value(found, "tidemark_owner_items", **row) == 2
    assert value(found, "tidemark_owner_items_peak", **row) == 2
    assert value(found, "tidemark_owner_capacity", **row) == 2
    assert value(found, "tidemark_owner_dropped_total", **row) == 3
    assert value(found, "tidemark_owner_evicted_total", **row) == 0
    assert value(found, "tidemark_owner_rejected_total", **row) == 0
    assert value(found, "tidemark_owner_coalesced_total", **row) == 0
    assert value(found, "tidemark_owner_used_bytes", **row) == queue.usage().bytes_used
    assert value(found, "tidemark_owner_reserved_bytes", **row) == queue.reservation.bytes
    assert value(found, "tidemark_owner_capacity", owner="transient", kind="transient") == 32 * 1024 * 1024
