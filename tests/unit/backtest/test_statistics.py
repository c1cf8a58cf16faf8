import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.statistics import DECILES, Measured, corrected, measure, ranks, sums_of


def measured(figure: np.ndarray, returns: np.ndarray, blocks: int = 20) -> Measured:
    block = np.arange(len(figure)) * blocks // len(figure)
    found = measure(sums_of(figure, returns, block, blocks), len(figure))
    assert found is not None
    return found


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def test_the_correlation_is_that_of_the_ranks() -> None:
    rng = np.random.default_rng(1)
    figure = rng.normal(size=400)
    returns = 0.3 * figure + rng.normal(size=400)

    found = measured(figure, returns)

    assert found.correlation.value == pytest.approx(spearman(figure, returns))
    assert found.correlation.low < found.correlation.value < found.correlation.high
    assert found.correlation.low > 0.0
    assert found.p == pytest.approx(1 / 2000)
    # What only the order of the figures says is the same for any figures in that order.
    again = measured(np.exp(figure), returns)
    assert again.correlation == found.correlation
    assert again.deciles == found.deciles


def test_noise_is_found_to_be_noise() -> None:
    rng = np.random.default_rng(2)
    outside = 0
    for _ in range(60):
        found = measured(rng.normal(size=300), rng.normal(size=300), 30)
        outside += not found.correlation.low <= 0.0 <= found.correlation.high

    # 5 % of 60 are 3; 11 would be seen once in ten thousand times.
    assert outside <= 10


def test_hits_are_held_against_a_coin_with_the_same_bias() -> None:
    # Long three times of four, while the price rises three times of four, and never at the right moment.
    figure = np.tile([1.0, 1.0, 1.0, -1.0], 25)
    returns = np.tile([1.0, 1.0, -1.0, 1.0], 25)

    found = measured(figure, returns, 10)

    assert found.hits == pytest.approx(0.5)
    assert found.base == pytest.approx(0.75 * 0.75 + 0.25 * 0.25)
    assert found.edge.value == pytest.approx(-0.125)


def test_deciles_are_the_mean_returns_of_tenths() -> None:
    figure = np.arange(100.0)
    returns = np.where(figure >= 90, 0.02, np.where(figure < 10, -0.01, 0.0))

    found = measured(figure, returns, 5)

    assert [one.value for one in found.deciles] == pytest.approx([-0.01, *[0.0] * 8, 0.02])
    assert found.spread.value == pytest.approx(0.03)
    assert len(found.deciles) == DECILES


def test_what_hangs_together_within_a_block_makes_the_interval_wider() -> None:
    rng = np.random.default_rng(3)
    figure, returns = rng.normal(size=40), rng.normal(size=40)

    apart = measured(np.repeat(figure, 10), np.repeat(returns, 10), 400)
    together = measured(np.repeat(figure, 10), np.repeat(returns, 10), 40)

    assert together.correlation.value == pytest.approx(apart.correlation.value)
    wide, narrow = (one.correlation.high - one.correlation.low for one in (together, apart))
    assert wide > 2.0 * narrow


def test_few_blocks_or_figures_that_are_all_the_same_say_nothing() -> None:
    assert measure(sums_of(np.arange(8.0), np.arange(8.0), np.arange(8) // 2, 4), 8) is None
    assert measure(sums_of(np.ones(50), np.arange(50.0), np.arange(50) // 5, 10), 50) is None


def test_of_many_tests_without_a_cause_few_stand() -> None:
    p = np.arange(1, 101) / 101

    assert not corrected(p).any()
    assert corrected(np.r_[np.full(5, 1e-5), p]).sum() == 5
    assert corrected(np.array([])).tolist() == []


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60))
def test_ranks_keep_order_and_ties(values: list[int]) -> None:
    array = np.array(values, float)
    found = ranks(array)

    assert found.mean() == pytest.approx(0.5)
    assert ((found > 0) & (found < 1)).all()
    assert np.array_equal(np.sign(np.subtract.outer(array, array)), np.sign(np.subtract.outer(found, found).round(9)))
    assert ranks(-array) == pytest.approx(1.0 - found)
