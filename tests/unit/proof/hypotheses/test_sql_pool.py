from tests.samples import dear, recording, run, sample

from tidemark.live.interpreter import Pool
from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.sql_pool import judge
from tidemark.proof.run import Run


def with_pool(at_s: float, lent: int) -> Sample:
    return sample(at_s, dear=dear(pools=[Pool(name="QueuePool", size=5, lent=lent, overflow=0)]))


def test_connections_that_nobody_gives_back_are_told() -> None:
    assert judge(run(lambda at_s: with_pool(at_s, int(at_s / 60)))).verdict is Growth.VALID


def test_connections_that_are_given_back_are_in_order() -> None:
    answer = judge(run(lambda at_s: with_pool(at_s, int(at_s) % 2)))

    assert answer.verdict is Growth.INVALID


def test_without_a_pool_it_says_why_there_is_none() -> None:
    imported = run(lambda at_s: sample(at_s, dear=dear(pools=[])))

    assert judge(run(sample)).words == "no SQL pool in this process: its library was never imported"
    assert judge(imported).words == "no SQL pool in this process"
    assert judge(Run(recording([sample(0)]))).verdict is Growth.INCONCLUSIVE
