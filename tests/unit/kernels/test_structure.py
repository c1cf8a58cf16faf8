"""One market that is drawn by hand, and its mirror: all that is read of it, and when."""

from types import ModuleType

import numpy as np
from tests.structures import ACCUMULATION, START, Drawn, Event, Kernel, draw, ends, mirrored, named, phases, profile
from tests.structures_kernel import each, taken

from tidemark.kernels import structure

# Its levels are the closes of its legs and the reach of a bar, 1/8. A low is confirmed by the first bar whose high is
# 1.5 above it (a small one: 1 above it). From the first test, 24.375, the price rises by 0.5 a bar: the high of bar
# 52 + n is 24.625 + n/2, so bar 55 confirms it and with it all before it; likewise the second one at 72.
# The spring is back inside, above 23.875, with the next close; its test at 24.375 is left by 0.671875 a bar: bar 102.
# The sign closes at 31.875, 0.28 of the width, 6.25, above the creek at 30.125; the next close, 32.15625, is the second
# one above it and 0.325 away. The last point, 30.375, is left by 3.5/6 a bar: bar 120; the backup by 0.4: bar 131.
FIRST = [
    Event("PS", 20, 55, 29.875),
    Event("SC", 36, 55, 23.875),
    Event("AR", 44, 55, 30.125),
    Event("ST", 52, 55, 24.375),
    Event("ST", 72, 75, 24.375),
]
LAST = [
    Event("SPRING", 92, 93, 23.25),
    Event("TEST", 100, 102, 24.375),
    Event("SOS", 109, 110, 31.875),
    Event("LPS", 118, 120, 30.375),
    Event("BU", 129, 131, 31.875),
]
MIRRORED = ["PSY", "BC", "AR", "ST", "ST", "UTAD", "TEST", "SOW", "LPSY", "RTI"]
EXPECTED = [*FIRST, *LAST]


@each
def test_an_accumulation_gives_exactly_its_events_with_bars_levels_and_when_they_were_known(module: ModuleType) -> None:
    assert named(taken(draw(START, ACCUMULATION), module)) == EXPECTED


@each
def test_its_phases_begin_where_the_events_say_and_never_go_back(module: ModuleType) -> None:
    given = taken(draw(START, ACCUMULATION), module)

    # A with the preliminary support; B behind the first test; C with the leg to the spring, behind the high of 82;
    # D behind the spring's test; E behind the last point, once a close is above 33.125, the high before it.
    assert phases(given) == [(1, 20, 55), (2, 53, 55), (3, 83, 93), (4, 101, 102), (5, 119, 123)]
    # It is over 25 bars later.
    assert ends(given) == [(structure.END_LEFT, 148)]
    # Phase A is seen from the climax at 36 on, which is a clear one.
    assert given.seen[:, 1].tolist() == [0] * 36 + [1] * 19 + [2] * 38 + [3] * 9 + [4] * 21 + [5] * 25 + [0] * 12
    assert given.bars.tolist() == list(range(1, 161))


@each
def test_its_mirror_gives_the_mirror(module: ModuleType) -> None:
    straight = taken(draw(START, ACCUMULATION), module)
    turned = taken(mirrored(draw(START, ACCUMULATION)), module)

    assert named(turned) == [
        Event(name, one.at, one.confirmed, -one.level) for name, one in zip(MIRRORED, EXPECTED, strict=True)
    ]
    assert phases(turned) == phases(straight)
    assert turned.pull.tolist() == (-straight.pull).tolist()
    is_event = straight.events[:, 1] < structure.KINDS
    assert turned.values[is_event, 1:].tolist() == straight.values[is_event, 1:].tolist()


def test_bars_that_stand_still_and_those_at_the_beginning_say_nothing() -> None:
    still = Drawn(np.zeros(200), np.zeros(200), np.zeros(200), np.zeros((200, 6)))
    kernel = Kernel(profile())
    given = kernel.take(still)

    assert len(given.events) == 0
    assert not given.seen.any()
    assert np.isfinite(kernel.state).all()
