"""Exceptions are kept, and with each the frames that it went through."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """By the census: exceptions by their kind and by the function that raised them."""
    found = [suspect for held, suspect in run.rising if held.kind == "exception"]
    return judge_suspects(run, found, "no exception is kept more often than before")
