from tests.samples import run, sample

from tidemark.live.interpreter import Logging
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.log_queue import judge


def test_without_a_queue_it_says_that_there_is_none() -> None:
    assert judge(run(sample)).words == "no log queue in this process: lines are written as they come"


def test_a_queue_without_a_limit_is_a_fault_however_long_it_is() -> None:
    answer = judge(run(lambda at_s: sample(at_s, logging=Logging(handlers=[], queued=3, queue_limit=0))))

    assert (answer.verdict, answer.is_exact) == (Growth.VALID, True)
    assert answer.words == "a log queue has no limit; 3 lines wait"


def test_a_queue_that_becomes_longer_is_told_and_one_that_stays_is_not() -> None:
    longer = run(lambda at_s: sample(at_s, logging=Logging(handlers=[], queued=int(at_s), queue_limit=1000)))
    still = run(lambda at_s: sample(at_s, logging=Logging(handlers=[], queued=5, queue_limit=1000)))

    assert judge(longer).verdict is Growth.VALID
    assert (judge(still).verdict, judge(still).words) == (Growth.INVALID, "5 lines waiting, and no more with time")
