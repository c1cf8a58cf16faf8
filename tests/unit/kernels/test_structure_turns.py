"""Zig-zags, as they stand in the state of a series."""

from types import ModuleType

import numpy as np
from tests.structures import Drawn, Kernel, Leg, draw, profile
from tests.structures_kernel import each

from tidemark.kernels import structure_columns as c


@each
def test_a_turn_is_known_once_the_price_has_come_back_far_enough(module: ModuleType) -> None:
    # Up to 106.125 at bar 6, then down by 0.5 a bar: the low of bar 6 + n is 105.875 - n / 2, and 1.5 below with n = 3.
    drawn = draw(100.0, (Leg(106.0, 6, volume=3.0), Leg(102.0, 8)))
    kernel = Kernel(profile(), module=module)
    turns = []
    for bar in range(len(drawn.close)):
        kernel.take(Drawn(*(column[bar : bar + 1].copy() for column in drawn)))
        turns.append(int(kernel.state[0, c.COARSE + c.TURNS]))

    assert turns == [0] * 9 + [1] * 6
    pivot = kernel.state[0, c.COARSE + c.PIVOTS :][: c.PIVOT].tolist()
    # Its price and bar, the mean volume of bars 5 to 7, 1, 3 and 1, and its own.
    assert pivot == [106.125, 6.0, np.float32(5.0 / 3.0), 3.0]


@each
def test_the_finer_zig_zag_turns_earlier(module: ModuleType) -> None:
    drawn = draw(100.0, (Leg(106.0, 6), Leg(104.75, 2)))
    kernel = Kernel(profile(), module=module)
    kernel.take(drawn)

    # 106.125 less 104.625: 1.5 away at last; 1 was asked of the finer one a bar before.
    assert kernel.state[0, c.FINE + c.TURNS] == 1
    assert kernel.state[0, c.FINE + c.LEG] == kernel.state[0, c.COARSE + c.LEG] == -1


def test_the_newest_turns_are_kept_and_the_oldest_are_overwritten() -> None:
    legs = [Leg(106.0 if n % 2 == 0 else 100.0 - n, 4) for n in range(c.KEPT_PIVOTS + 6)]
    kernel = Kernel(profile())
    kernel.take(draw(100.0, legs))

    turns = int(kernel.state[0, c.COARSE + c.TURNS])
    kept = kernel.state[0, c.COARSE + c.PIVOTS :][: c.PIVOT * c.KEPT_PIVOTS].reshape(-1, c.PIVOT)
    assert turns == c.KEPT_PIVOTS + 5
    assert sorted(kept[:, c.P_AT].tolist()) == [4.0 * n for n in range(turns - c.KEPT_PIVOTS + 1, turns + 1)]
