from tests.samples import run, sample

from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.threads import judge


def test_threads_that_become_more_are_named() -> None:
    answer = judge(run(lambda at_s: sample(at_s, threads={"MainThread": 1, "reader": int(at_s / 30)})))

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name == "threads called reader"


def test_threads_that_come_and_go_are_in_order() -> None:
    answer = judge(run(lambda at_s: sample(at_s, threads={"MainThread": 1, "reader": int(at_s) % 3})))

    assert answer.verdict is Growth.INVALID
