from tests.samples import dear, recording, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.memory.tracing import TracedFile
from tidemark.proof.hypotheses.traced import judge
from tidemark.proof.run import Run
from tidemark.units import KIB, MIB


def traced(at_s: float, rate: float) -> Sample:
    files = [
        TracedFile(file="a/b/c.py", bytes=int(rate * at_s * KIB), blocks=1),
        TracedFile(file="a/b/d.py", bytes=MIB, blocks=1),
    ]
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, dear=dear(traced=files))


def test_a_file_that_holds_ever_more_is_named() -> None:
    answer = judge(run(lambda at_s: traced(at_s, 10.0)))

    assert answer.verdict is Growth.VALID
    assert [suspect.name for suspect in answer.suspects] == ["file a/b/c.py"]


def test_files_that_hold_no_more_are_in_order() -> None:
    assert judge(run(lambda at_s: traced(at_s, 0.0))).words == "no file holds more than before"


def test_without_tracing_it_says_how_to_have_it() -> None:
    answer = judge(run(lambda at_s: sample(at_s, dear=dear(traced=None))))

    assert answer.verdict is Growth.INCONCLUSIVE
    assert "PYTHONTRACEMALLOC=1" in answer.words
    assert judge(Run(recording([sample(0)]))).words == "no whole sample was taken"
