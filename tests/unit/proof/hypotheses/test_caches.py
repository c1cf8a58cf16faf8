from tests.samples import dear, recording, sample

from tidemark.live.interpreter import Cache
from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.caches import judge
from tidemark.proof.run import Run


def judged(before: Cache, after: Cache) -> Answer:
    samples = [sample(0, dear=dear(caches=[before])), sample(1, dear=dear(caches=[after]))]
    return judge(Run(recording(samples)))


def cache(used: int, most: int | None, hits: int = 5) -> Cache:
    return Cache(name="a.f", used=used, most=most, hits=hits, misses=used)


def test_a_cache_without_a_bound_is_a_fault_once_it_grows() -> None:
    answer = judged(cache(10, None), cache(1_000, None))

    assert (answer.verdict, answer.is_exact) == (Growth.VALID, True)
    assert answer.words == "a.f has no bound and 1,000 entries"
    assert judged(cache(1_000, None), cache(1_000, None)).verdict is Growth.INVALID


def test_a_cache_that_is_never_hit_is_kept_for_nothing() -> None:
    assert judged(cache(10, 2_000), cache(1_000, 2_000, hits=0)).words == (
        "a.f keeps 1,000 entries and was never hit in 1,000 calls"
    )


def test_a_cache_that_is_bounded_and_hit_is_in_order() -> None:
    assert judged(cache(10, 2_000), cache(1_000, 2_000)).verdict is Growth.INVALID


def test_without_a_whole_sample_nothing_is_known() -> None:
    assert judge(Run(recording([sample(0)]))).verdict is Growth.INCONCLUSIVE
