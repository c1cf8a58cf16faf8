import numpy as np
import pytest
from numpy.typing import NDArray

from tidemark.memory.growth import Growth, Samples, judge, judge_samples, theil_sen
from tidemark.units import KIB, MIB

BUDGET = 256 * MIB
THETA = 0.005 * BUDGET
SEEDS = range(40)
LENGTHS = pytest.mark.parametrize("count", [240, 720])

Series = NDArray[np.float64]


def noise(seed: int, count: int) -> Series:
    return np.random.default_rng(seed).normal(50 * MIB, 0.3 * MIB, count)


def plateau(seed: int, count: int, time_constant: float) -> Series:
    rise: Series = 40 * MIB * (1 - np.exp(-np.arange(count) / count / time_constant))
    return noise(seed, count) + rise


def leak(seed: int, count: int, per_run: float) -> Series:
    return plateau(seed, count, 0.05) + per_run * np.arange(count) / count


def allocator_steps(seed: int, count: int) -> Series:
    generator = np.random.default_rng(seed)
    values = noise(seed, count)
    at = count * generator.uniform(0.01, 0.02)
    while at < count:
        values[int(at) :] += 4 * MIB
        at *= generator.uniform(1.5, 2.5)
    return values


def share(growth: Growth, runs: list[Series]) -> float:
    verdicts = [judge(run, THETA).growth for run in runs]
    return verdicts.count(growth) / len(verdicts)


def test_theil_sen_is_the_median_slope_and_bounds_it() -> None:
    slope, lower, upper = theil_sen(np.array([0.0, 2.0, 4.0, 100.0, 8.0, 10.0]))
    assert slope == 2.0
    assert lower <= 2.0 <= upper
    assert theil_sen(np.arange(10.0)) == (1.0, 1.0, 1.0)


@LENGTHS
def test_a_flat_line_does_not_grow(count: int) -> None:
    verdict = judge(np.full(count, 50.0 * MIB), THETA)
    assert verdict.growth is Growth.INVALID
    assert verdict.slope is not None
    assert (verdict.slope.value, verdict.slope.lower, verdict.slope.upper) == (0.0, 0.0, 0.0)
    assert verdict.needed == 0


@LENGTHS
def test_noise_does_not_grow(count: int) -> None:
    assert share(Growth.INVALID, [noise(seed, count) for seed in SEEDS]) == 1.0


@LENGTHS
def test_a_leak_of_12_mib_a_run_grows(count: int) -> None:
    assert share(Growth.VALID, [leak(seed, count, 12 * MIB) for seed in SEEDS]) == 1.0


@LENGTHS
def test_a_smaller_leak_is_never_called_flat(count: int) -> None:
    assert share(Growth.INVALID, [leak(seed, count, 4.8 * MIB) for seed in SEEDS]) == 0.0


@LENGTHS
@pytest.mark.parametrize("time_constant", [0.02, 0.05, 0.1, 0.2, 0.3])
def test_a_warm_up_that_levels_off_is_never_called_growth(count: int, time_constant: float) -> None:
    assert share(Growth.VALID, [plateau(seed, count, time_constant) for seed in SEEDS]) == 0.0


@LENGTHS
def test_the_steps_of_an_allocator_are_not_called_growth(count: int) -> None:
    assert share(Growth.VALID, [allocator_steps(seed, count) for seed in SEEDS]) == 0.0


def test_the_slope_is_per_run_and_between_its_bounds() -> None:
    slope = judge(leak(1, 720, 12 * MIB), THETA).slope
    assert slope is not None
    assert slope.lower < slope.value < slope.upper
    assert slope.value == pytest.approx(12 * MIB, rel=0.05)


def test_too_few_samples_say_how_many_are_missing() -> None:
    verdict = judge(np.zeros(90), THETA)
    assert (verdict.growth, verdict.slope, verdict.samples, verdict.needed) == (Growth.INCONCLUSIVE, None, 90, 6)
    assert judge(np.zeros(96), THETA).growth is Growth.INVALID


def test_an_inconclusive_run_has_to_be_twice_as_long() -> None:
    verdict = judge(plateau(1, 240, 0.2), THETA)
    assert (verdict.growth, verdict.needed) == (Growth.INCONCLUSIVE, 240)


def filled(blocks_per_message: float, messages_per_sample: int, anonymous: int = 50 * MIB) -> Samples:
    samples = Samples()
    for n in range(240):
        messages = n * messages_per_sample
        samples.add(messages, anonymous, 100_000 + int(messages * blocks_per_message))
    return samples


def test_one_leaked_object_in_500_messages_is_seen_in_the_blocks() -> None:
    report = judge_samples(filled(1 / 500, 5_000), BUDGET)
    assert report.memory.growth is Growth.INVALID
    assert report.blocks.growth is Growth.VALID
    assert report.growth is Growth.VALID


def test_blocks_below_200_a_million_messages_are_noise() -> None:
    report = judge_samples(filled(100 / 1_000_000, 50_000), BUDGET)
    assert report.blocks.threshold == pytest.approx(200 * 11.95)
    assert report.growth is Growth.INVALID


def test_a_small_budget_has_a_threshold_of_256_kib() -> None:
    assert judge_samples(filled(0, 1), 32 * MIB).memory.threshold == 256 * KIB
    assert judge_samples(filled(0, 1), BUDGET).memory.threshold == THETA


def test_no_samples_at_all_are_inconclusive() -> None:
    report = judge_samples(Samples(), BUDGET)
    assert report.growth is Growth.INCONCLUSIVE
    assert report.memory.needed == 96


def test_a_full_sampler_keeps_every_other_sample_and_doubles_its_stride() -> None:
    samples = Samples(capacity=8)
    for n in range(8):
        samples.add(n, n * 10, n * 100)
    assert (len(samples), samples.stride) == (8, 1)
    for n in range(8, 13):
        samples.add(n, n * 10, n * 100)
    assert samples.column(0).tolist() == [0, 2, 4, 6, 8, 10, 12]
    assert samples.column(1).tolist() == [0, 20, 40, 60, 80, 100, 120]
    assert samples.column(2).tolist() == [0, 200, 400, 600, 800, 1000, 1200]
    assert samples.stride == 2


@pytest.mark.parametrize("capacity", [7, 8])
def test_samples_stay_equally_spaced_over_a_run_of_any_length(capacity: int) -> None:
    samples = Samples(capacity=capacity)
    for n in range(10_000):
        samples.add(n, 0, 0)
        assert len(samples) <= capacity
    gaps = set(np.diff(samples.column(0)).tolist())
    assert gaps == {samples.stride}
    assert samples.column(0)[0] == 0
    assert samples.usage().evicted > 0


@pytest.mark.parametrize("capacity", [3, 8, 64])
def test_who_takes_only_samples_that_are_due_keeps_the_same(capacity: int) -> None:
    every, due = Samples(capacity=capacity), Samples(capacity=capacity)
    for n in range(5_000):
        every.add(n, 2 * n, 3 * n)
        if due.is_due:
            due.add(n, 2 * n, 3 * n)
        else:
            due.skip()
    assert due.column(0).tolist() == every.column(0).tolist()
    assert due.usage() == every.usage()


def test_a_cleared_sampler_begins_again() -> None:
    samples = Samples(capacity=4)
    for n in range(9):
        samples.add(n, 0, 0)
    samples.clear()
    samples.add(5, 6, 7)
    assert (samples.column(0).tolist(), samples.stride) == ([5], 1)
