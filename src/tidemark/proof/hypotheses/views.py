"""Small views keep large arrays alive."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """By the census: views that show less than a quarter of a buffer of 64 KiB and more, by what keeps them."""
    found = [suspect for held, suspect in run.rising if held.kind == "view"]
    return judge_suspects(run, found, "no view pins more than before")
