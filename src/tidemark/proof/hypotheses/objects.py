"""Objects of one type become ever more."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """By the census: objects by type, but for those of the language itself, which are in everything."""
    found = [suspect for held, suspect in run.rising if held.kind == "instances"]
    return judge_suspects(run, found, "of no type are there more objects than before")
