import pytest
from tests.samples import run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.memory.maintenance import Cleanup
from tidemark.proof.hypotheses.cleanup import judge
from tidemark.units import MIB


def cleaned(at_s: float, freed: int, rounds: int = 10) -> Sample:
    """Ten megabytes in ten minutes, and so many bytes freed meanwhile."""
    done = Cleanup(rounds=int(rounds * at_s / 600), trimmed=0, freed=int(freed * at_s / 600))
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, cleanup=done)


@pytest.mark.parametrize(("freed", "verdict"), [(0, Growth.INVALID), (MIB // 2, Growth.INVALID), (MIB, Growth.VALID)])
def test_a_cure_frees_a_tenth_of_the_growth_at_least(freed: int, verdict: Growth) -> None:
    assert judge(run(lambda at_s: cleaned(at_s, freed))).verdict is verdict


def test_without_a_round_nothing_is_known() -> None:
    assert judge(run(lambda at_s: cleaned(at_s, 0, rounds=0))).words == "no round of maintenance in this run"


def test_what_does_not_grow_needs_no_cure() -> None:
    assert judge(run(sample)).words == "the process does not grow: nothing needs a cure"


def test_a_run_that_is_too_short_does_not_say_whether_there_is_anything_to_cure() -> None:
    assert judge(run(sample, seconds=60.0)).verdict is Growth.INCONCLUSIVE
