from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import weigh as built
from tidemark.market.level import Array

MODES = [built, load_pure("weigh")]
# Seven factors in four groups, of three components.
GROUP_OF = np.array([0, 0, 1, 2, 2, 2, 3], np.int32)
COMPONENT_OF = np.array([0, 0, 1, 2], np.int32)
FACTORS, GROUPS, COMPONENTS = 7, 4, 3
Weighed = tuple[Array, Array, Array, Array, Array, Array]


def weighed(mode: ModuleType, direction: Array, quality: Array, present: Array, weight: Array) -> Weighed:
    n = len(direction)
    points, spoken, good = np.zeros((n, FACTORS)), np.zeros((n, COMPONENTS)), np.zeros((n, COMPONENTS))
    there, coverage, agreement = np.zeros((n, COMPONENTS), np.uint8), np.zeros(n), np.zeros(n)
    mode.weigh(
        direction, quality, present.astype(np.uint8), weight, GROUP_OF, COMPONENT_OF, points, spoken, good, there,
        coverage, agreement, np.zeros((3, GROUPS)), np.zeros((5, COMPONENTS)),
    )  # fmt: skip
    return points, spoken, good, there, coverage, agreement


def over(part: Array, whole: Array) -> Array:
    """A quotient, 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def by_formula(direction: Array, quality: Array, present: Array, weight: Array) -> Weighed:
    """The same with whole arrays: who is in which group, and which group in which component, as matrices of ones."""
    in_group = (GROUP_OF[:, None] == np.arange(GROUPS)).astype(np.float64)
    in_component = (COMPONENT_OF[:, None] == np.arange(COMPONENTS)).astype(np.float64)
    quality, direction = np.where(present, quality, 0.0), np.where(present, direction, 0.0)
    sums, is_group = quality @ in_group, (present @ in_group) > 0
    of_group = over(sums, present @ in_group)
    of_component = of_group @ in_component
    good = over(of_component, is_group @ in_component)
    share = over(quality, sums @ in_group.T) * (over(of_group, of_component @ in_component.T) @ in_group.T)
    spoken = (direction * share) @ in_group @ in_component
    there = (is_group @ in_component) > 0
    part = over(there * weight * good, (there * weight).sum(axis=1, keepdims=True))
    points = 50.0 * direction * share * (part @ in_component.T @ in_group.T)
    coverage = over((is_group @ in_component / in_component.sum(axis=0) * weight).sum(axis=1), weight.sum(axis=1))
    of_all = over(part, part.sum(axis=1, keepdims=True))
    mean = (spoken * of_all).sum(axis=1, keepdims=True)
    apart = np.sqrt(((spoken - mean) ** 2 * of_all).sum(axis=1))
    return points, spoken, good, there, coverage, np.clip(1.0 - apart, 0.0, 1.0)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_it_is_the_formula(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (rows, FACTORS)
    direction = rng.uniform(-1.0, 1.0, shape)
    quality = np.where(rng.uniform(size=shape) < 0.2, 0.0, rng.uniform(size=shape))
    present = rng.uniform(size=shape) < rng.uniform()
    weight = rng.choice([0.0, 0.3, 1.0], (rows, COMPONENTS))

    expected = by_formula(direction, quality, present, weight)

    found = [weighed(mode, direction, quality, present, weight) for mode in MODES]
    for one, other, wanted in zip(*found, expected, strict=True):
        assert np.array_equal(one, other)
        assert one == pytest.approx(wanted.astype(np.float64), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("mode", MODES, ids=["built", "pure"])
def test_a_group_counts_once_and_a_component_by_its_weight(mode: ModuleType) -> None:
    direction = np.array([[1.0, 0.5, 0.0, -1.0, -1.0, -1.0, 0.0]])
    present = np.array([[True, True, False, True, True, True, False]])

    points, spoken, good, there, coverage, _ = weighed(
        mode, direction, np.ones((1, FACTORS)), present, np.array([[0.3, 0.1, 0.6]])
    )

    assert spoken[0].tolist() == [0.75, -1.0, 0.0]
    assert good[0].tolist() == [1.0, 1.0, 0.0]
    assert there[0].tolist() == [1, 1, 0]
    # Of 0.3 one of two groups is there, of 0.1 all, of 0.6 nothing.
    assert coverage[0] == pytest.approx(0.25)
    # Three quarters of what is there are 0.75 up, one quarter is all down.
    assert points.sum() == pytest.approx(50.0 * (0.75 * 0.75 - 0.25))
