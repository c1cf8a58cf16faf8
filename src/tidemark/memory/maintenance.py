"""The round that verifies every limit, gives free memory back, and says whether the process grows."""

import gc
from collections.abc import Callable

import msgspec

from tidemark.memory.growth import GrowthReport, Samples, judge_samples
from tidemark.memory.ledger import Ledger, OwnerReport
from tidemark.memory.process import Process
from tidemark.units import format_bytes


class Trimmed(msgspec.Struct, frozen=True, kw_only=True):
    """Items that an owner held over its capacity."""

    owner: str
    items: int


class MaintenanceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one round found; bytes where nothing else is said.

    `trimmed` names the owners that held more than their capacity: none, by construction, and a bug where there is one,
    which then stands in `violations` too. `unaccounted` is anonymous memory that neither the floor nor an owner
    explains; it may be negative. `collected` counts the objects that the garbage collector freed.
    """

    messages: int
    trimmed: tuple[Trimmed, ...]
    violations: tuple[str, ...]
    rss_before: int
    rss_after: int
    anonymous: int
    unaccounted: int
    collected: int
    elapsed_ms: float
    growth: GrowthReport


class Cleanup(msgspec.Struct, frozen=True, kw_only=True):
    """What all rounds together did: items that were over a capacity, and bytes by which they made RSS smaller."""

    rounds: int = 0
    trimmed: int = 0
    freed: int = 0


class Maintenance:
    """One round at a time; when is the caller's business: once at the start, then every ten minutes.

    `floor` is the anonymous memory before any state, and may be set anew while there is none; `unaccounted_cap` is what
    may stay unexplained; `monotonic_ns` is the clock's.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        process: Process,
        samples: Samples,
        budget: int,
        floor: int,
        unaccounted_cap: int,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._process = process
        self._samples = samples
        self._budget = budget
        self.floor = floor
        self._unaccounted_cap = unaccounted_cap
        self._monotonic_ns = monotonic_ns
        self.cleanup = Cleanup()

    def run(self, messages: int) -> MaintenanceReport:
        """Verify, collect, trim and sample, *messages* messages into the run."""
        started_ns = self._monotonic_ns()
        before = self._process.read()
        violations = self._ledger.violations()
        trimmed = tuple(_excess(self._ledger.report()))
        collected = gc.collect()
        self._process.trim()
        after = self._process.read()
        self.cleanup = Cleanup(
            rounds=self.cleanup.rounds + 1,
            trimmed=self.cleanup.trimmed + sum(entry.items for entry in trimmed),
            freed=self.cleanup.freed + max(0, before.rss - after.rss),
        )
        self._samples.add(messages, after.anonymous, after.blocks)
        unaccounted = after.anonymous - self.floor - self._ledger.used_bytes
        if unaccounted > self._unaccounted_cap:
            violations.append(
                f"unaccounted: {format_bytes(unaccounted)} of anonymous memory belong to no owner, over the bound of"
                f" {format_bytes(self._unaccounted_cap)}"
            )
        if after.rss > self._budget:
            violations.append(
                f"process: {format_bytes(after.rss)} resident, over its budget of {format_bytes(self._budget)}"
            )
        return MaintenanceReport(
            messages=messages,
            trimmed=trimmed,
            violations=tuple(violations),
            rss_before=before.rss,
            rss_after=after.rss,
            anonymous=after.anonymous,
            unaccounted=unaccounted,
            collected=collected,
            elapsed_ms=(self._monotonic_ns() - started_ns) / 1e6,
            growth=judge_samples(self._samples, self._budget),
        )


def _excess(lines: list[OwnerReport]) -> list[Trimmed]:
    """Owners over their capacity; an external one has no items of ours."""
    return [
        Trimmed(owner=line.owner, items=line.used - line.capacity)
        for line in lines
        if line.used > line.capacity and line.kind != "external"
    ]
