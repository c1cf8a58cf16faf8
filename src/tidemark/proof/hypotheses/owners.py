"""A registered owner holds more than it declared."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_owners
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact: every owner of every sample, items against capacity and bytes against its reservation."""
    return judge_owners(run, lambda _: True, "the process has no ledger")
