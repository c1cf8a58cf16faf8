"""Ranges that hold too long, or do not hold."""

from types import ModuleType

import numpy as np
from tests.structures import RANGE, START, TREND, Leg, draw, ends
from tests.structures_kernel import each, taken

from tidemark.kernels import structure


@each
def test_a_range_that_is_too_long_ends(module: ModuleType) -> None:
    # It began with the preliminary support at 20; 60 bars are allowed.
    given = taken(draw(START, (*TREND, *RANGE)), module, longest=60.0)

    assert ends(given) == [(structure.END_TOO_LONG, 81)]
    assert given.seen[81:].tolist() == [[0, 0, 0, 0]] * 2


@each
def test_a_range_that_closes_outside_too_often_ends_as_shapeless(module: ModuleType) -> None:
    # Three closes below the ice, 23.875, and one above it, again and again: never four in a row, never a tenth beyond.
    outside = (Leg(23.6, 1), Leg(23.5, 1), Leg(23.6, 1), Leg(24.0, 1))
    drawn = draw(START, (*TREND, *RANGE[:2], Leg(26.0, 3), Leg(24.0, 4), *outside * 8))
    inside = np.cumsum(drawn.close[55:] >= 23.875)
    share = inside / np.arange(1, len(inside) + 1)
    first = 55 + 19 + int(np.argmax(share[19:] < 0.85))

    assert ends(taken(drawn, module)) == [(structure.END_SHAPELESS, first)]
    assert first == 74
