from types import ModuleType

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.build import MIDNIGHT, T, columns, fresh
from tests.kernels_modes import load_pure

from tidemark.analysis.indicators.base import Array
from tidemark.kernels import profile as built
from tidemark.units import DAY

MODES = {"built": built, "plain": load_pure("profile")}
each = pytest.mark.parametrize("kernel", MODES.values(), ids=list(MODES))
TODAY = MIDNIGHT // DAY
_DAY, _BASE, _SHIFT, _LOW, _HIGH, _TRADES = range(6)


class Profile:
    """The buckets of one market whose tick is *tick*."""

    def __init__(self, kernel: ModuleType, tick: float = 1.0) -> None:
        self.kernel = kernel
        self.tick = tick
        self.per_unit = np.zeros(1)
        self.state = np.zeros((1, kernel.STATE), np.int64)
        self.buckets = [np.zeros((1, kernel.BUCKETS), np.float32) for _ in range(4)]
        self.asked = 0

    def hear(self, trades: list[T]) -> None:
        rows = columns(trades)
        slot, ts_event, _, _, _, price, size, is_buy = rows.arrays
        row, marks = 0, fresh(len(trades))
        while True:
            row = self.kernel.hear(
                slot, ts_event, price, size, is_buy, marks, row, rows.count, self.per_unit, self.state, *self.buckets
            )
            if row >= rows.count:
                return
            self.asked += 1
            self.per_unit[0] = 1.0 / self.tick

    def read(self, keep: float = 1.0) -> list[float]:
        """Price, point of control, value area above and below, stacks of buying and of selling."""
        out = np.full((1, 6), -9.0)
        self.kernel.read(keep, self.per_unit, self.state, *self.buckets, out)
        return list(out[0].tolist())

    def by_bucket(self, number: int) -> dict[int, float]:
        """What one of the four columns holds, by bucket."""
        volumes = self.buckets[number][0]
        return {int(self.state[0, _BASE] + at): float(volumes[at]) for at in np.flatnonzero(volumes)}


def ladder(volumes: dict[float, tuple[float, float]], last: float) -> list[T]:
    """Trades that buy and sell so much at each price, the last of all at *last*."""
    trades = [
        T(1, price, size, is_buy=is_buy)
        for price, (bought, sold) in volumes.items()
        for size, is_buy in ((bought, True), (sold, False))
        if size
    ]
    assert trades[-1].price == last
    return trades


@each
def test_the_value_area_grows_from_the_point_of_control_to_the_side_that_has_more(kernel: ModuleType) -> None:
    # 12 traded, of which 70 % are 8.4: 5 at 100, 8 with 101 above it, 10 with 99 below.
    made = Profile(kernel)
    made.hear(ladder({98.0: (1, 0), 99.0: (0, 2), 100.0: (3, 2), 101.0: (1, 2), 102.0: (1, 0)}, 102.0))

    price, control, above, below, *_ = made.read()

    # From 99 to 101, seen from 102.
    assert (price, control, above, below) == (102.0, 100.0, -1.0, 3.0)


@each
def test_of_sides_that_have_the_same_both_are_taken(kernel: ModuleType) -> None:
    made = Profile(kernel)
    # 11 traded, of which 70 % are 7.7: 5 at 100, 9 with one price on each side.
    made.hear(ladder({98.0: (1, 0), 99.0: (2, 0), 100.0: (5, 0), 101.0: (2, 0), 102.0: (1, 0)}, 102.0))

    assert made.read()[1:4] == [100.0, -1.0, 3.0]


@each
def test_prices_that_are_fine_share_a_bucket_of_a_power_of_two_of_ticks(kernel: ModuleType) -> None:
    made = Profile(kernel, tick=0.01)
    # 10,000 ticks: two of them would be more than 4096 buckets to the price, four are not.
    made.hear(ladder({100.0: (1, 0), 100.03: (1, 0), 100.04: (4, 0)}, 100.04))

    assert made.state[0, _SHIFT] == 2
    assert made.by_bucket(0) == {2500: 2.0, 2501: 4.0}
    # The middle of ticks 10,004 to 10,007; the area ends at 100.07 and begins at 100.00 (4 of 6 are not 70 %).
    assert made.read()[:4] == pytest.approx([100.04, 100.055, 0.03, 0.04])


@each
def test_a_price_that_leaves_the_buckets_doubles_their_width_until_all_fits(kernel: ModuleType) -> None:
    made = Profile(kernel)
    made.hear(ladder({1000.0: (1, 2), 1001.0: (1, 0), 1300.0: (0, 5)}, 1300.0))

    # 1000 and 1300 are 300 apart, 150 buckets of two and 75 of four.
    assert made.state[0, _SHIFT] == 2
    assert made.by_bucket(0) == {250: 2.0}
    assert made.by_bucket(1) == {250: 2.0, 325: 5.0}
    assert made.by_bucket(2) == made.by_bucket(0)


@each
def test_a_price_just_beyond_moves_the_buckets_and_keeps_their_width(kernel: ModuleType) -> None:
    made = Profile(kernel)
    made.hear(ladder({1000.0: (1, 0), 1100.0: (2, 0), 1010.0: (4, 0)}, 1010.0))

    assert made.state[0, _SHIFT] == 0
    assert made.by_bucket(0) == {1000: 1.0, 1010: 4.0, 1100: 2.0}


@each
def test_a_day_begins_empty_and_asks_for_the_tick_anew(kernel: ModuleType) -> None:
    made = Profile(kernel)
    made.hear([T(86_399, 100.0, 3.0)])
    made.tick = 0.5
    made.hear([T(86_400, 200.0, 1.0), T(86_399, 100.0, 9.0)])

    assert made.asked == 2
    assert made.state[0, [_DAY, _TRADES]].tolist() == [TODAY + 1, 1]
    assert made.by_bucket(0) == {400: 1.0}
    assert made.read()[:2] == [200.0, 200.0]


@each
def test_nothing_is_written_where_nothing_was_traded(kernel: ModuleType) -> None:
    assert Profile(kernel).read() == [-9.0] * 6


@each
def test_three_buckets_of_one_side_on_top_of_each_other_are_a_stack(kernel: ModuleType) -> None:
    # Bought 9 against 3, 2 and 1 sold one below: imbalances at 101, 102 and 103, not at 104 (2 against 1).
    made = Profile(kernel)
    made.hear(ladder({100.0: (0, 3), 101.0: (9, 2), 102.0: (9, 1), 103.0: (9, 1), 104.0: (2, 1)}, 104.0))
    assert made.read()[4:] == pytest.approx([27.0 / 37.0, 0.0])

    # Without the one in the middle there is none.
    made = Profile(kernel)
    made.hear(ladder({100.0: (0, 3), 101.0: (9, 4), 102.0: (9, 1), 103.0: (9, 1), 104.0: (2, 1)}, 104.0))
    assert made.read()[4:] == [0.0, 0.0]


@each
def test_stacks_of_selling_are_held_against_what_was_bought_one_above(kernel: ModuleType) -> None:
    made = Profile(kernel)
    made.hear(ladder({100.0: (1, 6), 101.0: (2, 6), 102.0: (1, 6), 103.0: (2, 1)}, 103.0))

    assert made.read()[4:] == pytest.approx([0.0, 18.0 / 25.0])


@each
def test_what_is_recent_fades_and_the_day_does_not(kernel: ModuleType) -> None:
    made = Profile(kernel)
    made.hear(ladder({100.0: (8, 4)}, 100.0))
    made.read(0.5)

    assert [made.by_bucket(number) for number in range(4)] == [{100: 8.0}, {100: 4.0}, {100: 4.0}, {100: 2.0}]
    for _ in range(60):
        made.read(0.1)
    assert [made.by_bucket(number) for number in range(4)] == [{100: 8.0}, {100: 4.0}, {}, {}]


@given(trades=st.lists(st.tuples(st.integers(1, 40_000), st.integers(1, 100), st.booleans()), min_size=1, max_size=60))
@example(trades=[(1, 1, False), (256, 1, False), (512, 1, False), (768, 1, False), (16384, 1, False)])
def test_nothing_is_lost_however_the_price_moves_and_both_modes_agree(trades: list[tuple[int, int, bool]]) -> None:
    rows = [T(1, float(ticks), float(size), is_buy=is_buy) for ticks, size, is_buy in trades]
    profiles = [Profile(kernel) for kernel in MODES.values()]
    for made in profiles:
        made.hear(rows)
    first, second = profiles

    shift = int(first.state[0, _SHIFT])
    for number, side in ((0, True), (1, False)):
        brute: dict[int, float] = {}
        for ticks, size, is_buy in trades:
            if is_buy is side:
                brute[ticks >> shift] = brute.get(ticks >> shift, 0.0) + size
        assert first.by_bucket(number) == first.by_bucket(number + 2) == brute
    low, high = (int(first.state[0, _BASE] + first.state[0, at]) for at in (_LOW, _HIGH))
    assert (low, high) == (min(t[0] for t in trades) >> shift, max(t[0] for t in trades) >> shift)
    assert np.array_equal(first.state, second.state)
    assert first.read(0.7) == second.read(0.7)
    assert all(np.array_equal(one, other) for one, other in zip(first.buckets, second.buckets, strict=True))


@given(seed=st.integers(0, 10_000))
def test_the_mirrored_market_has_the_mirrored_profile(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ticks = 1000 + np.rint(rng.normal(0.0, 4.0, 80))
    sizes, sides = rng.exponential(5.0, 80), rng.uniform(size=80) < 0.5
    straight, reflected = Profile(built), Profile(built)
    straight.hear([T(1, *one) for one in zip(ticks, sizes, sides, strict=True)])
    reflected.hear([T(1, 2000.0 - tick, size, not side) for tick, size, side in zip(ticks, sizes, sides, strict=True)])

    price, control, above, below, buying, selling = straight.read()
    mirror: Array = np.array([2000.0 - price, 2000.0 - control, below, above, selling, buying])
    assert reflected.read() == pytest.approx(mirror.tolist(), rel=1e-6)
