from tests.samples import dear, held, owner, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.census import Held
from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.containers import judge
from tidemark.units import MIB


def judged(*names: Held, used: int = 5) -> Answer:
    """What is said of names that hold so many entries more with every second."""

    def make(at_s: float) -> Sample:
        grown = [held(one.name, int(one.entries * at_s), one.kind, each=10_000, owner=one.owner) for one in names]
        line = owner("gaps", used=used, capacity=10**6)
        return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, dear=dear(*grown), owners=[line])

    return judge(run(make))


def test_a_container_that_no_ledger_knows_is_named_by_the_attribute_that_keeps_it() -> None:
    answer = judged(held("tidemark.a.B.c", 1))

    assert answer.verdict is Growth.VALID
    assert answer.words.startswith("unregistered dict tidemark.a.B.c, +60 entries a minute, ")


def test_what_an_owner_answers_for_is_left_out() -> None:
    assert judged(held("tidemark.a.B.c", 1, owner="gaps"), used=600).verdict is Growth.INVALID


def test_what_an_owner_does_not_count_is_named_with_the_owner() -> None:
    answer = judged(held("tidemark.a.B.c", 1, owner="gaps"), used=5)

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name == "a dict in the owner gaps: tidemark.a.B.c"


def test_what_is_no_container_is_for_other_hypotheses() -> None:
    assert judged(held("a.f", 1, "closure"), held("a.E", 1, "exception"), held("a.O", 1, "instances")).verdict is (
        Growth.INVALID
    )
