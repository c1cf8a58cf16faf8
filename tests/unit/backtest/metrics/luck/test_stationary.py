import numpy as np
import pytest

from tidemark.backtest.metrics.luck.stationary import mean_block, places


def test_blocks_are_as_long_as_asked_on_average() -> None:
    found = places(500, 200, 8.0, np.random.default_rng(1))

    goes_on = (found[:, 1:] - found[:, :-1]) % 500 == 1
    # One in eight begins anew, of which one in 500 happens to go on.
    assert 1.0 - goes_on.mean() == pytest.approx(1 / 8, rel=0.02)
    assert found.min() == 0
    assert found.max() == 499


def test_every_place_is_as_likely() -> None:
    counts = np.bincount(places(10, 20_000, 3.0, np.random.default_rng(2)).ravel(), minlength=10)

    # 20,000 a place; blocks make the deviation about sqrt(5) times that of independent draws, 134.
    assert np.abs(counts - 20_000).max() < 5 * 134 * 5**0.5


def test_blocks_of_one_are_independent_and_endless_ones_turn_the_series() -> None:
    alone = places(50, 400, 1.0, np.random.default_rng(3))
    turned = places(50, 3, 1e12, np.random.default_rng(3))

    assert ((alone[:, 1:] - alone[:, :-1]) % 50 == 1).mean() == pytest.approx(1 / 50, abs=0.005)
    assert ((turned[:, 1:] - turned[:, :-1]) % 50 == 1).all()


def test_a_block_has_the_third_root() -> None:
    assert mean_block(365) == pytest.approx(365 ** (1 / 3))
    assert mean_block(0) == 1.0
