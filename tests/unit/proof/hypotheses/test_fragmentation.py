from tests.samples import run, sample

from tidemark.live.probe import Sample
from tidemark.memory.allocator import AllocatorFigures
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.fragmentation import judge
from tidemark.units import MIB


def fragmented(at_s: float, anonymous: float) -> Sample:
    held = 20 * MIB + int(at_s * MIB / 60)
    return sample(at_s, anonymous=anonymous, allocator=AllocatorFigures(held=held, in_use=18 * MIB, mapped=0))


def test_what_is_held_and_in_nobodys_use_is_named() -> None:
    answer = judge(run(lambda at_s: fragmented(at_s, 50 * MIB + at_s * MIB / 60)))

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].share is not None
    assert round(answer.suspects[0].share, 1) == 1.0


def test_what_is_free_and_was_given_back_to_the_system_is_no_growth() -> None:
    answer = judge(run(lambda at_s: fragmented(at_s, 50 * MIB)))

    assert answer.verdict is Growth.INVALID
    assert answer.words.endswith("; the process does not grow by it")


def test_where_the_c_library_does_not_tell_it_says_so() -> None:
    answer = judge(run(lambda at_s: sample(at_s, allocator=None)))

    assert answer.verdict is Growth.INCONCLUSIVE
    assert "mallinfo2" in answer.words
