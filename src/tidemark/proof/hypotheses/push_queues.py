"""A queue to those who are pushed to holds more than it may."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_owners
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact: the owners of kind "queue" and "slots"; the ledger lists every one."""
    return judge_owners(run, lambda line: line.kind in {"queue", "slots"}, "no push queue in this process")
