import math

import numpy as np
import pytest

from tidemark.signals.statistics import Interval, blocked, mean_interval, sign_test, wilson

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("wins", "count", "low", "high"),
    [
        # (p + z2/2n -+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n) with z2 = 3.8414588, worked out by hand, and what
        # statsmodels' proportion_confint(method="wilson") gives to as many digits.
        (8, 10, 0.490162, 0.943318),
        (50, 100, 0.403832, 0.596168),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (1, 3, 0.061492, 0.792340),
    ],
)
def test_wilson_gives_the_interval_of_a_share(wins: int, count: int, low: float, high: float) -> None:
    assert wilson(wins, count) == pytest.approx((low, high), abs=1e-6)


def test_of_nothing_every_share_is_possible() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


def test_blocks_are_summed_and_counted_whatever_their_order() -> None:
    sums, counts = blocked(np.array([1.0, 2.0, 4.0]), np.array([7, 3, 7]))

    assert sums.tolist() == [2.0, 5.0]
    assert counts.tolist() == [1.0, 2.0]


def test_the_bootstrap_of_a_mean_has_the_width_of_its_error() -> None:
    figures = RNG(1).normal(0.3, 1.0, 400)

    interval = mean_interval(figures, np.arange(400), RNG(2))

    assert interval is not None
    error = figures.std() / math.sqrt(400)
    assert interval.low == pytest.approx(figures.mean() - 1.96 * error, abs=0.015)
    assert interval.high == pytest.approx(figures.mean() + 1.96 * error, abs=0.015)


def test_trades_of_one_block_are_drawn_together() -> None:
    figures = np.repeat(RNG(3).normal(size=20), 20)

    alone = mean_interval(figures, np.arange(400), RNG(4))
    together = mean_interval(figures, np.repeat(np.arange(20), 20), RNG(4))

    assert alone is not None
    assert together is not None
    # Twenty observations and not four hundred: the interval is sqrt(20) = 4.5 times as wide.
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(4.5, rel=0.25)


def test_of_one_block_there_is_no_interval() -> None:
    assert mean_interval(np.ones(9), np.zeros(9), RNG(1)) is None


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        # All eight turnings of three: 2 of them sum to 3 in size, 6 to 1.
        ([1.0, 1.0, 1.0], 2 / 8),
        ([1.0, 1.0, -1.0], 1.0),
        # +-1 +-2 +-3: the sums are 6, 4, 2, 0, 0, 2, 4, 6 in size; 4 is found.
        ([-1.0, 2.0, 3.0], 4 / 8),
        ([2.0], 1.0),
        ([0.0, 0.0], 1.0),
    ],
)
def test_few_differences_are_turned_in_every_way(differences: list[float], p: float) -> None:
    assert sign_test(np.array(differences), np.arange(len(differences)), RNG(1)) == p


def test_many_are_drawn_and_the_one_that_was_found_is_among_them() -> None:
    assert sign_test(np.ones(40), np.arange(40), RNG(1)) == 1 / 2001


def test_drawn_turnings_agree_with_all_of_them() -> None:
    differences = RNG(5).normal(0.4, 1.0, 13)
    turned = 1.0 - 2.0 * ((np.arange(1 << 13)[:, None] >> np.arange(13)) & 1)
    exact = float(np.mean(np.abs(turned @ differences) >= abs(differences.sum()) * (1 - 1e-12)))

    assert sign_test(differences, np.arange(13), RNG(6), draws=20_000) == pytest.approx(exact, abs=0.012)


def test_the_sign_test_is_uniform_where_there_is_nothing() -> None:
    rng = RNG(7)
    found = [sign_test(rng.normal(size=10), np.arange(10), rng) for _ in range(400)]

    # 5 % of 400 are 20, with a deviation of 4.4.
    assert 2 <= sum(p <= 0.05 for p in found) <= 40


def test_the_same_seed_gives_the_same_figures() -> None:
    figures, blocks = RNG(8).normal(size=50), np.arange(50) // 2

    assert mean_interval(figures, blocks, RNG(1)) == mean_interval(figures, blocks, RNG(1))
    assert sign_test(figures, blocks, RNG(1)) == sign_test(figures, blocks, RNG(1))


def test_of_no_differences_there_is_no_evidence() -> None:
    assert sign_test(np.zeros(0), np.zeros(0), RNG(1)) == 1.0
