"""A registered owner fills up within its bound, and the process grows by it: that ends when it is full."""

from tidemark.proof.explained import filling_owners
from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run
from tidemark.units import format_seconds


def judge(run: Run) -> Answer:
    """The bytes of every owner that takes memory as it fills."""
    found = []
    for line, rise in filling_owners(run):
        left_s = (line.bytes_reserved - line.bytes_used) / rise.per_minute * 60
        name = f"owner {line.owner}, full in {format_seconds(max(1.0, round(left_s)))}"
        found.append(run.suspect(name, "bytes", rise, 1.0))
    return judge_suspects(run, sorted(found, key=lambda one: -one.bytes_per_minute), "no owner holds more than before")
