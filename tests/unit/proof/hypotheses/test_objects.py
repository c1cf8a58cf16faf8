from tests.samples import dear, held, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.objects import judge
from tidemark.units import KIB, MIB


def kept(at_s: float, rate: float) -> Sample:
    """Ten KiB behind each of *rate* more a second, in a process that grows by a megabyte a minute."""
    count = int(50 + rate * at_s)
    names = (
        held("a.b", count, "instances", each=10 * KIB),
        held("a.rows", count, "list", each=10 * KIB),
    )
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, dear=dear(*names))


def test_what_becomes_more_is_named() -> None:
    answer = judge(run(lambda at_s: kept(at_s, 1.0)))

    assert answer.verdict is Growth.VALID
    assert [(suspect.name, suspect.what) for suspect in answer.suspects] == [("instances a.b", "objects")]
    assert answer.suspects[0].share is not None
    assert round(answer.suspects[0].share, 1) == 0.6


def test_what_stays_is_not() -> None:
    answer = judge(run(lambda at_s: kept(at_s, 0.0)))

    assert (answer.verdict, answer.suspects) == (Growth.INVALID, ())
