from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import combine as built
from tidemark.market.level import Array

WEIGHTS = np.array([0.4, 0.3, 0.2])
MODES = [built, load_pure("combine")]


def combined(mode: ModuleType, direction: Array, quality: Array, known: Array) -> tuple[Array, Array, Array, Array]:
    mean, good = np.zeros(direction.shape[1:]), np.zeros(direction.shape[1:])
    present, share = np.zeros(direction.shape[1:], np.uint8), np.zeros(direction.shape)
    mode.combine(WEIGHTS, direction, quality, known.astype(np.uint8), mean, good, present, share)
    return mean, good, present, share


def by_formula(direction: Array, quality: Array, known: Array) -> tuple[Array, Array, Array, Array]:
    """The same with whole arrays, as it is written in analysis.timeframes."""
    weight = WEIGHTS[:, None, None] * known
    by_quality = weight * quality
    total, sums = weight.sum(axis=0), by_quality.sum(axis=0)
    share = np.divide(by_quality, sums, out=np.zeros_like(by_quality), where=sums > 0)
    mean = (share * direction).sum(axis=0)
    apart = np.sqrt((share * (direction - mean) ** 2).sum(axis=0))
    good = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    return mean, good * np.clip(1.0 - apart, 0.0, 1.0), total > 0, share


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 5), st.integers(0, 4))
def test_it_is_the_formula_to_the_last_bit(seed: int, rows: int, factors: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (len(WEIGHTS), rows, factors)
    direction = rng.uniform(-1.0, 1.0, shape)
    quality = np.where(rng.uniform(size=shape) < 0.2, 0.0, rng.uniform(size=shape))
    known = rng.uniform(size=shape) < 0.6

    expected = by_formula(direction, quality, known)

    for mode in MODES:
        for found, wanted in zip(combined(mode, direction, quality, known), expected, strict=True):
            assert np.array_equal(found, wanted)


@pytest.mark.parametrize("mode", MODES, ids=["built", "pure"])
def test_two_that_say_the_opposite_say_nothing(mode: ModuleType) -> None:
    direction = np.array([[[1.0]], [[-1.0]], [[0.3]]])
    quality = np.array([[[0.3]], [[0.4]], [[1.0]]])
    known = np.array([[[True]], [[True]], [[False]]])

    mean, good, present, share = combined(mode, direction, quality, known)

    assert (mean.item(), good.item(), present.item()) == (0.0, 0.0, 1)
    assert share[:, 0, 0].tolist() == [0.5, 0.5, 0.0]
