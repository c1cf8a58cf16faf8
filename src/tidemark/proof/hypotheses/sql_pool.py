"""A pool of database connections lends more and more, and gets none back."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import absent, judge_count, unknown
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """The pools that the census found, where the library for them was imported at all."""
    whole = run.whole
    if whole is None or whole.dear is None:
        return unknown("no whole sample was taken")
    if whole.dear.pools is None:
        return absent("no SQL pool in this process: its library was never imported")
    if not whole.dear.pools:
        return absent("no SQL pool in this process")
    points = run.over_counts(lambda sample: sum(pool.lent for pool in (sample.dear and sample.dear.pools) or ()))
    return judge_count(run, "SQL pool", "connections lent", points, 2.0)
