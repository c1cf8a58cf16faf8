from itertools import combinations

import numpy as np
import pytest

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.overfitting import overfitting


def test_what_is_best_in_one_half_and_worst_in_the_other_is_overfitted() -> None:
    first = np.array([0.01, 0.02, -0.01, -0.02])

    found = overfitting(np.stack([first, -first], axis=1), parts=2)

    # Either half chooses the one that loses in the other: 0.015 on average, with a deviation of 0.00707.
    assert (found.choices, found.trials, found.returns, found.parts) == (2, 2, 4, 2)
    assert found.probability == found.loss == Figure(1.0)
    sharpe = 0.015 / np.std([0.01, 0.02], ddof=1) * 365**0.5
    assert found.chosen.value == pytest.approx(sharpe)
    assert found.kept.value == pytest.approx(-sharpe)
    assert found.slope == Figure(None, "all choices looked the same")


def test_a_trial_that_is_always_better_is_not_overfitted() -> None:
    returns = np.random.default_rng(1).normal(0.0, 0.01, (480, 10))
    returns[:, 3] += 0.01

    found = overfitting(returns, parts=8)

    assert found.choices == 70
    assert found.probability == found.loss == Figure(0.0)
    assert (found.kept.value or 0.0) > 10.0


def test_among_trials_without_skill_the_best_is_in_the_middle() -> None:
    rng = np.random.default_rng(2)
    found = [overfitting(rng.normal(0.0, 0.01, (320, 20)), parts=8).probability.value or 0.0 for _ in range(60)]

    # Each has a deviation of about 0.2.
    assert np.mean(found) == pytest.approx(0.5, abs=0.09)


def plainly(returns: np.ndarray, parts: int) -> tuple[float, float, float]:
    """The same from the definition: rows of each half, joined."""
    cut = np.split(returns[len(returns) % parts :], parts)
    places, kept = [], []
    for half in combinations(range(parts), parts // 2):
        here = np.concatenate([cut[part] for part in half])
        there = np.concatenate([cut[part] for part in range(parts) if part not in half])
        ratios = [half.mean(axis=0) / half.std(axis=0, ddof=1) for half in (here, there)]
        best = ratios[0].argmax()
        rank = sorted(ratios[1]).index(ratios[1][best]) + 1
        odds = rank / (returns.shape[1] + 1)
        places.append(np.log(odds / (1.0 - odds)))
        kept.append(ratios[1][best])
    return float(np.mean(np.array(places) <= 0.0)), float(np.mean(np.array(kept) < 0.0)), float(np.mean(kept))


@pytest.mark.parametrize("parts", [2, 6, 10])
def test_it_is_what_the_definition_says(parts: int) -> None:
    returns = np.random.default_rng(parts).normal(0.0005, 0.01, (307, 7))

    found = overfitting(returns, parts=parts)

    probability, loss, kept = plainly(returns, parts)
    assert found.returns == 307 - 307 % parts
    assert found.probability.value == pytest.approx(probability)
    assert found.loss.value == pytest.approx(loss)
    assert found.kept.value == pytest.approx(kept * 365**0.5)


def test_a_trial_that_never_traded_counts_as_nothing() -> None:
    returns = np.stack([np.zeros(64), np.full(64, 0.1), np.random.default_rng(1).normal(-0.01, 0.01, 64)], axis=1)

    found = overfitting(returns, parts=4)

    # The first of the two that do not vary is chosen each time, with a ratio of 0, and lies above the one that loses.
    assert (found.chosen, found.kept) == (Figure(0.0), Figure(0.0))
    assert found.probability == Figure(0.0)


def test_too_little_says_why() -> None:
    one, short = overfitting(np.ones((100, 1))), overfitting(np.ones((31, 5)))

    assert one.probability == one.kept == Figure(None, "fewer than two trials")
    assert short.probability == Figure(None, "fewer than two returns in each of 16 parts")
    for parts in (0, 3):
        with pytest.raises(ValueError, match="even"):
            overfitting(np.ones((100, 3)), parts=parts)
