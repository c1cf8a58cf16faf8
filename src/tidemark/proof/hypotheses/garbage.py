"""Garbage piles up that the collector cannot free."""

from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact: what it counts as uncollectable, and what it keeps for that reason."""
    first, last = run.looks[0].collector, run.last.collector
    figures = {
        "collections": float(last.collections - first.collections),
        "collected": float(last.collected - first.collected),
        "uncollectable": float(last.uncollectable),
        "garbage": float(last.garbage),
    }
    if last.garbage or last.uncollectable:
        words = f"{last.uncollectable:,} objects are uncollectable, {last.garbage:,} are kept in gc.garbage"
        return Answer(verdict=Growth.VALID, words=words, figures=figures, is_exact=True)
    words = f"{figures['collections']:,.0f} collections freed {figures['collected']:,.0f} objects and left none"
    return Answer(verdict=Growth.INVALID, words=words, figures=figures, is_exact=True)
