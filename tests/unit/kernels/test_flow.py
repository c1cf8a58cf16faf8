from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build import T, columns, fresh
from tests.kernels_modes import load_pure

from tidemark.analysis.indicators.base import Array
from tidemark.kernels import flow as built

MODES = {"built": built, "plain": load_pure("flow")}
each = pytest.mark.parametrize("kernel", MODES.values(), ids=list(MODES))


def heard(kernel: ModuleType, trades: list[T], marks: Array | None = None) -> tuple[Array, Array]:
    """What was traded by each side, and the markers of the sizes, of one market."""
    rows = columns(trades)
    slot, _, _, _, _, price, size, is_buy = rows.arrays
    sums, newest, sizes = np.zeros((1, kernel.SUMS)), np.zeros(1), np.zeros((1, kernel.SIZES))
    taken = fresh(len(trades)) if marks is None else marks
    kernel.hear(slot, price, size, is_buy, taken, rows.count, sums, newest, sizes)
    assert newest[0] == [price[at] for at in range(len(trades)) if taken[at]][-1]
    return sums[0], sizes[0]


def of_sizes(kernel: ModuleType, sizes: Array) -> Array:
    return heard(kernel, [T(0, 1.0, size) for size in sizes.tolist()])[1]


@each
def test_what_is_traded_is_told_apart_by_the_aggressor_and_only_fresh_trades_count(kernel: ModuleType) -> None:
    trades = [T(0, 10.0, 3.0, is_buy=True), T(0, 10.0, 1.0, is_buy=False), T(0, 20.0, 2.0, is_buy=True)]

    sums, sizes = heard(kernel, trades, np.array([1, 1, 0], np.uint8))

    assert sums.tolist() == [3.0, 1.0, 0.0, 0.0]
    assert sizes[0] == 2


@each
def test_the_first_five_sizes_are_the_markers_in_order(kernel: ModuleType) -> None:
    sizes = of_sizes(kernel, np.array([5.0, 1.0, 4.0, 2.0, 3.0]))

    assert sizes.tolist() == [5.0, *[1.0, 2.0, 3.0, 4.0, 5.0], *[0.0, 1.0, 2.0, 3.0, 4.0]]


@each
def test_a_sixth_size_moves_the_markers_above_it_and_then_those_that_are_off_by_one(kernel: ModuleType) -> None:
    # Above 2.5 stand 3, 4 and 5, which go to positions 3, 4 and 5. Wanted are 0.495, 0.99 and 0.995 of 5: 2.475, 4.95
    # and 4.975. The one at 1 is to go up, by one of the two places that are free before the one at 3: by the parabola
    # to 2 + ((1 + 1) x (3 - 2) / 2 + (2 - 1) x (2 - 1) / 1) / 3 = 2 + 2/3. The one at 3 is to go up, and has no room.
    sizes = of_sizes(kernel, np.array([1.0, 2.0, 3.0, 4.0, 5.0, 2.5]))

    assert sizes[1:6].tolist() == pytest.approx([1.0, 2.0 + 2.0 / 3.0, 3.0, 4.0, 5.0])
    assert sizes[6:].tolist() == [0.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("seed", range(3))
def test_it_comes_near_to_the_quantile_of_all_sizes(seed: int) -> None:
    sizes = np.random.default_rng(seed).lognormal(0.0, 1.5, 15_000)

    found = of_sizes(built, sizes)[built.LARGE]

    # Between the 98.5th and the 99.5th percentile.
    assert np.quantile(sizes, 0.985) < found < np.quantile(sizes, 0.995)


def test_it_follows_a_market_whose_sizes_have_changed() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.lognormal(0.0, 1.0, 20_000), rng.lognormal(2.0, 1.0, 100_000)

    found = of_sizes(built, np.concatenate([before, after]))[built.LARGE]

    assert np.quantile(after, 0.98) < found < np.quantile(after, 0.995)


@each
def test_large_is_what_exceeds_the_quantile_of_the_sizes_before_it(kernel: ModuleType) -> None:
    usual = [T(0, 1.0, 1.0 + n % 10) for n in range(kernel.LEAST)]
    sums, _ = heard(kernel, [*usual[1:], T(0, 1.0, 50.0)])
    assert sums[2:].tolist() == [0.0, 0.0]

    sums, _ = heard(kernel, [*usual, T(0, 2.0, 50.0, is_buy=False), T(0, 2.0, 40.0), T(0, 2.0, 5.0)])
    assert sums[2:].tolist() == [40.0, 50.0]


@given(sizes=st.lists(st.floats(1e-9, 1e9), min_size=5, max_size=60))
def test_the_markers_stay_in_order_and_within_what_was_seen_and_both_modes_agree(sizes: list[float]) -> None:
    found = [of_sizes(kernel, np.array(sizes)) for kernel in MODES.values()]

    assert np.array_equal(found[0], found[1])
    heights, positions = found[0][1:6], found[0][6:]
    assert (np.diff(heights) >= -1e-9 * max(sizes)).all()
    assert (np.diff(positions) > 0.0).all()
    assert (heights[0], heights[4]) == (min(sizes), max(sizes))
    assert (found[0][0], positions[0], positions[4]) == (len(sizes), 0.0, len(sizes) - 1.0)
