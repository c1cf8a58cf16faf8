from tests.samples import run, sample

from tidemark.live.descriptors import Descriptors
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.descriptors import judge


def test_files_that_nobody_closes_are_named() -> None:
    answer = judge(
        run(
            lambda at_s: sample(
                at_s,
                descriptors=Descriptors(
                    kinds={"socket": 3, "file": int(2 + at_s / 10)},
                    files={"bybit/gaps": 1, "bybit/a.log": int(1 + at_s / 10)},
                ),
            )
        )
    )

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name == "open descriptors of kind file, most often bybit/a.log"


def test_sockets_that_come_and_go_are_in_order() -> None:
    answer = judge(
        run(lambda at_s: sample(at_s, descriptors=Descriptors(kinds={"socket": 3 + int(at_s) % 2}, files={})))
    )

    assert answer.verdict is Growth.INVALID


def test_a_system_that_lists_none_is_told_so() -> None:
    answer = judge(run(lambda at_s: sample(at_s, descriptors=Descriptors(kinds={}, files={}))))

    assert answer.verdict is Growth.INCONCLUSIVE
    assert answer.words == "this system does not list a process's descriptors"
