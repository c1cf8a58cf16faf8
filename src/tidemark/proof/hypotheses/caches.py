"""A cache has no bound, or is kept and never hit."""

from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import absent, unknown
from tidemark.proof.run import Run

# A smaller one is no matter.
_LEAST = 256


def judge(run: Run) -> Answer:
    """Exact: the caches of functions, with their hits. One without a bound is only told when it grows."""
    whole = run.whole
    if whole is None or whole.dear is None:
        return unknown("no whole sample was taken")
    caches = whole.dear.caches
    if not caches:
        return absent("no cache in this process")
    figures = {"caches": float(len(caches)), "entries": float(sum(cache.used for cache in caches))}
    first = run.counts[0].dear
    before = {cache.name: cache.used for cache in first.caches} if first is not None else {}
    unbounded = [cache for cache in caches if cache.most is None and cache.used - before.get(cache.name, 0) >= _LEAST]
    if unbounded:
        words = f"{unbounded[0].name} has no bound and {unbounded[0].used:,} entries"
        return Answer(verdict=Growth.VALID, words=words, figures=figures, is_exact=True)
    useless = [cache for cache in caches if cache.used >= _LEAST and not cache.hits]
    if useless:
        words = f"{useless[0].name} keeps {useless[0].used:,} entries and was never hit in {useless[0].misses:,} calls"
        return Answer(verdict=Growth.VALID, words=words, figures=figures, is_exact=True)
    words = f"{len(caches)} caches hold {figures['entries']:,.0f} entries within their bounds, and are hit"
    return Answer(verdict=Growth.INVALID, words=words, figures=figures, is_exact=True)
