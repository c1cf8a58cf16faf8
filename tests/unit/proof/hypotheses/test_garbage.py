from tests.samples import recording, sample

from tidemark.live.interpreter import Collector
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.garbage import judge
from tidemark.proof.run import Run


def between(first: Collector, last: Collector) -> Run:
    return Run(recording([sample(0, collector=first), sample(1, collector=last)]))


def test_what_cannot_be_freed_is_told_at_once() -> None:
    before = Collector(collections=1, collected=5, uncollectable=0, garbage=0)
    after = Collector(collections=3, collected=9, uncollectable=2, garbage=1)

    answer = judge(between(before, after))

    assert (answer.verdict, answer.is_exact) == (Growth.VALID, True)
    assert answer.words == "2 objects are uncollectable, 1 are kept in gc.garbage"


def test_what_was_freed_is_told() -> None:
    before = Collector(collections=1, collected=5, uncollectable=0, garbage=0)
    after = Collector(collections=3, collected=9, uncollectable=0, garbage=0)

    assert judge(between(before, after)).words == "2 collections freed 4 objects and left none"
