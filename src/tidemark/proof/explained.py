"""How much of a growth the figures explain that are not hypotheses of their own; bytes a minute."""

from tidemark.proof.run import Run

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


def explained_by_allocator(run: Run) -> float:
    """What the C allocator holds more of, in use or not; 0 where it does not tell."""
    return run.slope(lambda sample: sample.allocator.held if sample.allocator is not None else 0)
