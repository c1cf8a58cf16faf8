import numpy as np
from tests.samples import recording, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.canary import Canary, plant
from tidemark.proof.run import Run
from tidemark.units import MIB

RNG = np.random.default_rng(7)


def test_in_a_quiet_run_a_small_leak_is_seen_and_a_plateau_is_not_called_one() -> None:
    memory, blocks = plant(run(sample))

    # Four times the growth that matters: half a percent of 256 MB, and 200 blocks.
    assert memory == Canary(series="anonymous memory, bytes", least=4 * 0.005 * 256 * MIB, plateau=memory.plateau)
    assert blocks.least == 800.0
    assert memory.is_sound
    assert blocks.is_sound


def test_a_leak_under_test_is_not_taken_for_the_canary() -> None:
    leaking = run(lambda at_s: sample(at_s, anonymous=50 * MIB + at_s * MIB, blocks=200_000 + int(at_s * 10_000)))

    assert all(canary.is_sound for canary in plant(leaking))


def test_noise_that_hides_every_leak_makes_the_canary_unsound() -> None:
    def make(at_s: float) -> Sample:
        return sample(at_s, blocks=200_000 + int(RNG.normal(0.0, 100_000.0)))

    _, blocks = plant(run(make))

    assert blocks.least is None
    assert not blocks.is_sound


def test_more_noise_hides_smaller_leaks() -> None:
    def make(at_s: float) -> Sample:
        return sample(at_s, blocks=200_000 + int(RNG.normal(0.0, 800.0)))

    _, blocks = plant(run(make))

    assert blocks.least is not None
    assert blocks.least > 800.0


def test_a_plateau_that_is_called_a_leak_makes_the_canary_unsound() -> None:
    assert not Canary(series="blocks", least=800.0, plateau=Growth.VALID).is_sound
    assert Canary(series="blocks", least=800.0, plateau=Growth.INCONCLUSIVE).is_sound


def test_without_enough_samples_nothing_is_planted() -> None:
    assert plant(Run(recording([sample(0), sample(1)]))) == ()
