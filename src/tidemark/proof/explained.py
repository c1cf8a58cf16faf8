"""How much of a growth the figures explain that are not hypotheses of their own; bytes a minute."""

from collections.abc import Iterator

from tidemark.memory.ledger import OwnerReport
from tidemark.proof.run import Rise, Run
from tidemark.units import KIB

# These were allocated at the start, whatever they hold of it.
_ALLOCATED = frozenset({"ring", "array", "window"})
# A container, what it holds, and the types of that are the same bytes: the largest of each kind counts.
_KINDS = ("view", "closure", "coroutine", "exception", "instances")


def explained_by_python(run: Run) -> float:
    """What the names of the census grow by: all containers together, or the largest of another kind."""
    by_kind = dict.fromkeys(_KINDS, 0.0)
    containers = 0.0
    for held, suspect in run.rising:
        if held.kind in by_kind:
            by_kind[held.kind] = max(by_kind[held.kind], suspect.bytes_per_minute)
        elif not held.owner:
            containers += suspect.bytes_per_minute
    return max(containers, *by_kind.values())


def filling_owners(run: Run) -> Iterator[tuple[OwnerReport, Rise]]:
    """Every owner that takes memory as it fills, and does; what was allocated at the start does not."""
    for line in run.last.owners:
        if line.kind in _ALLOCATED:
            continue
        rise = run.rise(run.over_looks(lambda sample, name=line.owner: _bytes_of(sample.owners, name)), KIB)  # type: ignore[misc]
        if rise is not None:
            yield line, rise


def explained_by_owners(run: Run) -> float:
    """What registered owners take more of."""
    return sum(rise.per_minute for _, rise in filling_owners(run))


def _bytes_of(lines: list[OwnerReport], name: str) -> int:
    return next((line.bytes_used for line in lines if line.owner == name), 0)


def explained_by_allocator(run: Run) -> float:
    """What the C allocator holds more of, in use or not; 0 where it does not tell."""
    return run.slope(lambda sample: sample.allocator.held if sample.allocator is not None else 0)
