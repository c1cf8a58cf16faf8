"""The rounds of maintenance give back what the process grows by."""

from tidemark.memory.growth import Growth
from tidemark.proof.findings import LEAST_SHARE, Answer
from tidemark.proof.run import Run
from tidemark.units import format_bytes


def judge(run: Run) -> Answer:
    """What the rounds trimmed and freed during the run, against its growth: a cure frees a tenth of it at least."""
    first, last = run.looks[0].cleanup, run.last.cleanup
    rounds, trimmed, freed = last.rounds - first.rounds, last.trimmed - first.trimmed, last.freed - first.freed
    grown = run.last.process.anonymous - run.looks[0].process.anonymous
    figures = {"rounds": float(rounds), "trimmed": float(trimmed), "freed": float(freed), "grown": float(grown)}
    if run.growth.growth is Growth.INCONCLUSIVE:
        return Answer(
            verdict=Growth.INCONCLUSIVE, words="whether there is anything to cure is not known", figures=figures
        )
    if run.growth.growth is Growth.INVALID:
        return Answer(verdict=Growth.INVALID, words="the process does not grow: nothing needs a cure", figures=figures)
    if not rounds:
        return Answer(verdict=Growth.INCONCLUSIVE, words="no round of maintenance in this run", figures=figures)
    words = (
        f"{rounds} rounds trimmed {trimmed:,} items and freed {format_bytes(freed)}, while {format_bytes(grown)} came"
    )
    is_cure = freed >= LEAST_SHARE * max(grown, 1)
    return Answer(verdict=Growth.VALID if is_cure else Growth.INVALID, words=words, figures=figures)
