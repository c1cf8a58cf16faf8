"""A registered owner fills up within its bound, and the process grows by it: that ends when it is full."""

from tidemark.memory.ledger import OwnerReport
from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run
from tidemark.units import KIB, format_seconds

# These were allocated at the start, whatever they hold of it.
_ALLOCATED = frozenset({"ring", "array", "window"})


def judge(run: Run) -> Answer:
    """The bytes of every owner that takes memory as it fills."""
    found = []
    for line in run.last.owners:
        if line.kind in _ALLOCATED:
            continue
        rise = run.rise(run.over_looks(lambda sample, name=line.owner: _bytes_of(sample.owners, name)), KIB)  # type: ignore[misc]
        if rise is not None:
            left_s = (line.bytes_reserved - line.bytes_used) / rise.per_minute * 60
            name = f"owner {line.owner}, full in {format_seconds(max(1.0, round(left_s)))}"
            found.append(run.suspect(name, "bytes", rise, 1.0))
    return judge_suspects(run, sorted(found, key=lambda one: -one.bytes_per_minute), "no owner holds more than before")


def _bytes_of(lines: list[OwnerReport], name: str) -> int:
    return next((line.bytes_used for line in lines if line.owner == name), 0)
