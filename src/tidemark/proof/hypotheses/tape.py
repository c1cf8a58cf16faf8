"""The tape of the newest trades holds more than its rows."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_owners
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact: the owners under "tape"."""
    return judge_owners(run, lambda line: line.owner.partition("/")[0] == "tape", "no tape in this process")
