"""The filter that says how likely each phase is."""

from types import ModuleType

import msgspec
import numpy as np
import pytest
from tests.structures import RANGE, SPRUNG, START, TREND, Kernel, Leg, draw, profile
from tests.structures_kernel import each, taken

from tidemark.analysis.wyckoff.profile import Phases
from tidemark.kernels import structure


@each
def test_likelihoods_move_by_how_the_range_is_seen_as_a_forward_filter_does(module: ModuleType) -> None:
    # Phase B is left for C in one bar of ten; a bar in the middle of the range is seen twice as often in C.
    follows = np.eye(5)
    follows[1, 1:3] = 0.9, 0.1
    seen = np.full((5, structure.SEEN), 0.1)
    seen[2, 0] = 0.2
    told = msgspec.structs.replace(
        profile(), phases=Phases(follows=tuple(map(tuple, follows.tolist())), seen=tuple(map(tuple, seen.tolist())))
    )
    kernel = Kernel(told, module=module)
    given = kernel.take(draw(START, (*TREND, *RANGE[:2], Leg(27.0, 5))))

    # The range, 23.875 to 30.125, is known at bar 55, in phase B; closes of 26, 26.5 and 27 are in its middle.
    ((standing,),) = (kernel.made.standing(0)[1],)
    told_of = dict(zip(structure.STANDING, standing, strict=True))
    likely = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    for bar in range(55, 58):
        likely = likely @ follows * seen[:, given.seen[bar, 2]]
        likely /= likely.sum()
    assert given.seen[55:58, 2].tolist() == [0, 0, 0]
    assert [told_of[phase] for phase in "abcde"] == pytest.approx(likely.tolist(), abs=1e-6)
    assert told_of["c"] > 0.4


@each
def test_where_nothing_was_measured_the_phase_is_that_of_the_events(module: ModuleType) -> None:
    given = taken(draw(START, (*TREND, *RANGE, *SPRUNG)), module)

    assert [int(phase) for phase in given.seen[55:, 1]] == [2] * 38 + [3] * 8
