from tests.samples import dear, held, owner, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.unexplained import judge
from tidemark.units import MIB


def growing(at_s: float, each: int) -> Sample:
    names = held("a.rows", int(100 + at_s), "list", each=each)
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, dear=dear(names))


def test_growth_without_a_name_is_told() -> None:
    answer = judge(run(lambda at_s: growing(at_s, 100)))

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name.startswith("memory without a name")


def test_growth_that_has_a_name_is_not() -> None:
    assert judge(run(lambda at_s: growing(at_s, 17_000))).words == "97% of the growth has a name"


def test_what_is_beyond_floor_and_ledger_is_told_in_any_case() -> None:
    answer = judge(run(sample))

    assert answer.verdict is Growth.INVALID
    # 50 MB, less a floor of 40 and 500 bytes of the ledger.
    assert answer.figures["unaccounted"] == 10 * MIB - 500
    assert answer.words == "10.0 MB beyond floor and ledger"


def test_an_owner_that_fills_up_is_a_name() -> None:
    def make(at_s: float) -> Sample:
        line = owner("gaps", used=int(at_s), capacity=100_000, bytes_each=17_000)
        return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, owners=[line])

    assert judge(run(make)).words == "96% of the growth has a name"
