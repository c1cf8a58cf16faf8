"""Functions are kept with what they close over: callbacks, handlers, timers that nobody takes back."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """By the census: closures by the function that they are."""
    found = [suspect for held, suspect in run.rising if held.kind == "closure"]
    return judge_suspects(run, found, "no function is kept more often than before")
