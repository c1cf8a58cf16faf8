"""The statistics of the gate: noise does not fail it, and what is slower is found in spite of it."""

from collections.abc import Callable
from random import Random
from statistics import median

import pytest
from benchmarks.check.verdict import FULL, QUICK, Gate, Outcome, judge, least_pairs, tail
from hypothesis import given
from hypothesis import strategies as st

Noise = Callable[[Random], float]
RATIOS = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=60)


def factor_two(rng: Random) -> float:
    """What disturbs a measurement makes it up to twice as long."""
    return 1.0 + rng.random()


def best_of_three(rng: Random) -> float:
    """The same, of a benchmark that is repeated three times, as the quick plans are."""
    return min(factor_two(rng) for _ in range(3))


def gated(gate: Gate, rng: Random, speed: float, noise: Noise) -> Outcome:
    """Go round by round as the gate does; *speed* is ours against the base's, were there no noise."""
    ratios: list[float] = []
    outcome = Outcome.UNDECIDED
    while outcome is Outcome.UNDECIDED and len(ratios) < gate.rounds:
        ratios.append(speed * noise(rng) / noise(rng))
        if len(ratios) >= least_pairs(gate.sure):
            outcome = judge(ratios, gate.limit, gate.sure).outcome
    return outcome


def share(outcome: Outcome, speed: float, noise: Noise, *, gate: Gate = FULL, runs: int = 300) -> float:
    """Of so many gates, how many end like that."""
    ended = [gated(gate, Random(seed), speed, noise) for seed in range(runs)]
    return ended.count(outcome) / runs


@pytest.mark.parametrize("noise", [factor_two, best_of_three])
def test_equal_sides_pass_99_of_100_under_noise_of_a_factor_of_two(noise: Noise) -> None:
    assert share(Outcome.SLOWER, 1.0, noise) <= 0.01


def test_a_slowdown_of_a_fifth_is_found_under_the_same_noise() -> None:
    assert share(Outcome.SLOWER, 0.8, best_of_three) >= 0.97
    assert share(Outcome.SLOWER, 0.8, factor_two) >= 0.85


def test_with_little_noise_seven_pairs_say_it() -> None:
    short = Gate(limit=0.9, sure=0.99, rounds=7)

    assert share(Outcome.SLOWER, 0.8, lambda rng: 1.0 + 0.04 * rng.random(), gate=short) == 1.0
    assert share(Outcome.FINE, 1.0, lambda rng: 1.0 + 0.04 * rng.random(), gate=short) == 1.0


def test_noise_of_a_factor_of_two_never_reaches_the_quick_limit() -> None:
    assert share(Outcome.SLOWER, 1.0, factor_two, gate=QUICK, runs=1000) == 0.0
    assert share(Outcome.SLOWER, 0.4, best_of_three, gate=QUICK) >= 0.85


def test_an_interval_by_hand() -> None:
    # Of 9 ratios the second and the eighth: both outside would need 8 of 9 coins alike, 2 x 10/512 = 3.9 %.
    verdict = judge([1.9, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8], 0.9, 0.99)

    assert (verdict.ratio, verdict.low, verdict.high, verdict.pairs) == (1.5, 1.2, 1.8, 9)
    assert verdict.sure == 1 - 1 / 512
    assert verdict.outcome is Outcome.FINE


def test_how_sure_by_hand() -> None:
    # 6 of 7 below: 8 of 128 ways for fair coins.
    verdict = judge([0.5] * 6 + [1.0], 0.9, 0.9)

    assert verdict.sure == 1 - 8 / 128
    assert verdict.outcome is Outcome.SLOWER
    assert judge([0.5] * 6 + [1.0], 0.9, 0.99).outcome is Outcome.UNDECIDED


def test_few_pairs_decide_nothing() -> None:
    assert [least_pairs(sure) for sure in (0.5, 0.95, 0.99)] == [1, 5, 7]
    assert judge([0.1] * 6, 0.9, 0.99).outcome is Outcome.UNDECIDED
    assert judge([0.1] * 7, 0.9, 0.99).outcome is Outcome.SLOWER


def test_without_a_pair_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="no pair"):
        judge([], 0.9, 0.99)


@given(RATIOS, st.floats(0.1, 2.0))
def test_a_verdict_holds_together(ratios: list[float], limit: float) -> None:
    verdict = judge(ratios, limit, 0.95)

    assert verdict.low <= verdict.ratio == median(ratios) <= verdict.high
    assert 0.0 <= verdict.sure < 1.0
    if verdict.outcome is not Outcome.UNDECIDED:
        assert verdict.sure >= 0.95
        assert (verdict.outcome is Outcome.SLOWER) == (verdict.ratio < limit)


@given(RATIOS, st.floats(0.1, 2.0), st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_makes_no_difference(ratios: list[float], limit: float, rng: Random) -> None:
    shuffled = list(ratios)
    rng.shuffle(shuffled)

    assert judge(shuffled, limit, 0.95) == judge(ratios, limit, 0.95)


@given(st.integers(1, 60))
def test_the_tails_of_fair_coins_add_up(count: int) -> None:
    assert tail(count, 0) == 1.0
    assert tail(count, count) == 0.5**count
    assert tail(count, count // 2 + 1) + tail(count, count - count // 2) == pytest.approx(1.0)
