import msgspec
from tests.samples import dear, held, owner, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.allocator import AllocatorFigures
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.native import judge
from tidemark.units import MIB


def used(at_s: float, each: int = 0) -> Sample:
    """A megabyte a minute, of which sixty entries a minute have so many bytes each."""
    in_use = 18 * MIB + int(at_s * MIB / 60)
    return sample(
        at_s,
        anonymous=50 * MIB + at_s * MIB / 60,
        allocator=AllocatorFigures(held=in_use + MIB, in_use=in_use, mapped=0),
        dear=dear(held("a.rows", int(100 + at_s), "list", each=each)),
    )


def test_what_c_code_uses_and_nothing_of_pythons_explains_is_named_with_the_next_step() -> None:
    answer = judge(run(used))

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name == ("native memory, blocks flat while anonymous rises; next: memray attach --native")


def test_what_python_holds_is_not_blamed_on_c_code() -> None:
    answer = judge(run(lambda at_s: used(at_s, each=16_000)))

    assert (answer.verdict, answer.words) == (Growth.INVALID, "what Python holds explains what is in use")


def test_where_the_c_library_does_not_tell_it_says_so() -> None:
    answer = judge(run(lambda at_s: sample(at_s, allocator=None)))

    assert answer.verdict is Growth.INCONCLUSIVE
    assert "mallinfo2" in answer.words


def test_what_an_owner_holds_is_not_blamed_on_c_code_either() -> None:
    def make(at_s: float) -> Sample:
        line = owner("gaps", used=int(at_s), capacity=100_000, bytes_each=17_000)
        return msgspec.structs.replace(used(at_s), owners=[line])

    assert judge(run(make)).verdict is Growth.INVALID
