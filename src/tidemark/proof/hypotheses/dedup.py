"""A window that knows trade ids again holds more of them than it may."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_owners
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact: the owners of kind "window"."""
    return judge_owners(run, lambda line: line.kind == "window", "no window of ids in this process")
