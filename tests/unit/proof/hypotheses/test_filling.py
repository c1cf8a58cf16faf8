from tests.samples import owner, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.filling import judge
from tidemark.units import MIB


def filling(kind: str, at_s: float) -> Sample:
    """60 KiB a minute, of the megabyte that the process grows by."""
    line = owner("gaps", kind, used=int(at_s), capacity=10_000, bytes_each=10_240)
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, owners=[line, owner("still")])


def test_an_owner_that_fills_up_explains_its_share_and_says_when_it_is_full() -> None:
    answer = judge(run(lambda at_s: filling("map", at_s)))

    assert answer.verdict is Growth.VALID
    # 600 of 10,000 after ten minutes; sixty a minute: 157 minutes are left.
    assert answer.suspects[0].name.startswith("owner gaps, full in 2.6")
    assert answer.suspects[0].share is not None
    assert round(answer.suspects[0].share, 2) == 0.58


def test_what_was_allocated_at_the_start_is_not_growth_when_it_fills() -> None:
    assert judge(run(lambda at_s: filling("ring", at_s))).verdict is Growth.INVALID


def test_owners_that_stay_are_told_so() -> None:
    assert judge(run(sample)).words == "no owner holds more than before"
