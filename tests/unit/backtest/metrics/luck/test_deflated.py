import math

import numpy as np
import pytest

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.deflated import (
    best_of_tries,
    deflated_sharpe,
    independent_trials,
    least_returns,
    probabilistic_sharpe,
    sharpe_probability,
)
from tidemark.backtest.metrics.moments import Moments


def of(values: np.ndarray) -> Moments:
    moments = Moments()
    for value in values.tolist():
        moments.add(value)
    return moments


def test_the_example_of_the_deflated_sharpe_ratio() -> None:
    # Bailey and Lopez de Prado (2014): five years of 250 days, 2.5 a year, skew -3, kurtosis 10, and 100 trials whose
    # ratios of a year have a variance of a half.
    sharpe, count, variance = 2.5 / math.sqrt(250), 1250, 0.5 / 250

    assert best_of_tries(100, variance) == pytest.approx(0.1132, abs=5e-5)
    for trials, skew, kurtosis, wanted in ((100, -3, 10, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)):
        found = sharpe_probability(sharpe, count, skew, kurtosis, best_of_tries(trials, variance)).value
        assert found == pytest.approx(wanted, abs=5e-5)


def test_the_examples_of_the_probabilistic_sharpe_ratio() -> None:
    # Bailey and Lopez de Prado (2012): two years of months, as they are and as if they were normal.
    assert sharpe_probability(0.458, 24, -2.448, 10.164).value == pytest.approx(0.913, abs=5e-4)
    assert sharpe_probability(0.458, 24, 0.0, 3.0).value == pytest.approx(0.982, abs=5e-4)
    # And 2.73 years of days until 2 is above 1, of normal returns.
    root = math.sqrt(252)
    assert (least_returns(2 / root, 0.0, 3.0, 1 / root).value or 0.0) / 252 == pytest.approx(2.73, abs=5e-3)


def test_returns_give_the_probability_of_their_own_moments() -> None:
    values = np.random.default_rng(1).standard_t(5, 500) * 0.01 + 0.0005
    moments = of(values)
    apart = values - values.mean()
    sharpe = values.mean() / values.std(ddof=1)
    skew, kurtosis = (apart**3).mean() / values.std() ** 3, (apart**4).mean() / values.std() ** 4

    spread = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2
    wanted = 0.5 * math.erfc(-(sharpe - 0.01) * math.sqrt(499) / math.sqrt(spread) / math.sqrt(2))
    assert probabilistic_sharpe(moments, 0.01).value == pytest.approx(wanted, rel=1e-9)
    hurdle = best_of_tries(20, 0.001)
    assert deflated_sharpe(moments, 20, 0.001) == probabilistic_sharpe(moments, hurdle)
    assert deflated_sharpe(moments, 1, 0.001) == probabilistic_sharpe(moments)


def test_the_best_of_many_tries_is_as_high_as_expected() -> None:
    rng = np.random.default_rng(2)
    for trials in (5, 50, 1000):
        highest = rng.normal(0.0, 0.3, (4000, trials)).max(axis=1).mean()
        # The formula is of the limit; of five tries it is 3 % off.
        assert best_of_tries(trials, 0.09) == pytest.approx(highest, rel=0.05)


def test_without_skill_the_probability_is_uniform_and_the_best_of_many_is_no_surprise() -> None:
    rng = np.random.default_rng(3)
    found = [probabilistic_sharpe(of(rng.normal(0.0, 0.01, 250))).value or 0.0 for _ in range(400)]

    distance = np.abs(np.sort(found) - (np.arange(400) + 0.5) / 400).max()
    # Kolmogorov and Smirnov: beyond 1.63 / sqrt(n) once in a hundred times.
    assert distance < 1.63 / 20
    above = 0
    for _ in range(100):
        tried = [of(rng.normal(0.0, 0.01, 250)) for _ in range(20)]
        ratios = [one.mean / (one.deviation or 1.0) for one in tried]
        best = tried[int(np.argmax(ratios))]
        above += (deflated_sharpe(best, 20, float(np.var(ratios, ddof=1))).value or 0.0) > 0.95
    # Undeflated it would be above 0.95 in 64 of 100.
    assert above <= 8


def test_what_is_not_defined_says_why() -> None:
    assert probabilistic_sharpe(of(np.ones(10))) == Figure(None, "fewer than 30 returns")
    assert probabilistic_sharpe(of(np.ones(40))) == Figure(None, "the returns are all the same")
    assert sharpe_probability(1.0, 100, 3.0, 1.0) == Figure(None, "the returns are too skewed for their Sharpe ratio")
    assert least_returns(0.1, 0.0, 3.0, 0.1) == Figure(None, "the Sharpe ratio is not above what it is held against")


def test_trials_that_hang_together_are_fewer() -> None:
    assert independent_trials(100, 0.0) == 100.0
    assert independent_trials(100, 1.0) == 1.0
    assert independent_trials(100, 0.25) == pytest.approx(75.25)
    assert independent_trials(100, -0.5) == 100.0
