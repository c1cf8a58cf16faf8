"""Thrusts through a bound that come back, or do so too late."""

from types import ModuleType

import pytest
from tests.structures import DEEPER, RANGE, START, TREND, Event, Given, Leg, draw, mirrored, named, phases
from tests.structures_kernel import each, taken

from tidemark.kernels import structure


@each
def test_a_violent_thrust_is_a_shakeout_and_no_phase_c(module: ModuleType) -> None:
    # On too much volume for a test of the climax, whose 3 allow 2.7.
    legs = (*TREND, *RANGE, Leg(23.375, 10, volume=2.75, spread=2.0), Leg(27.0, 4))
    given = taken(draw(START, legs), module)

    assert named(given)[-1] == Event("SHAKEOUT", 92, 93, 23.25)
    assert phases(given)[-1] == (2, 53, 55)


@each
def test_a_bar_that_goes_through_both_bounds_is_both_and_its_mirror_as_well(module: ModuleType) -> None:
    drawn = draw(START, (*TREND, *RANGE, Leg(27.0, 6), Leg(25.5, 4), Leg(26.0, 3)))
    drawn.high[86], drawn.low[86] = 31.0, 23.0

    straight, turned = taken(drawn, module), taken(mirrored(drawn), module)

    assert set(named(straight)[-2:]) == {Event("SPRING", 86, 86, 23.0), Event("UTAD", 86, 86, 31.0)}
    assert set(named(turned)[-2:]) == {Event("UTAD", 86, 86, -23.0), Event("SPRING", 86, 86, -31.0)}
    assert turned.seen[:, :3].tolist() == straight.seen[:, :3].tolist()
    assert turned.pull.tolist() == (-straight.pull).tolist()


@each
def test_a_spring_that_goes_deeper_is_revised_and_has_its_test_later(module: ModuleType) -> None:
    given = taken(draw(START, (*TREND, *RANGE, *DEEPER)), module)
    turned = taken(mirrored(draw(START, (*TREND, *RANGE, *DEEPER))), module)

    assert named(given)[-2:] == [Event("SPRING", 92, 93, 23.25), Event("TEST", 104, 106, 24.125)]
    ((info, values),) = revisions(given)
    # Known at 97, with the first close above the ice; its low is that of 96 now. It was 23.25 at bar 92, and is 1 below
    # the ice in a range of 6.25, on a volume of 0.7.
    assert info == [0, structure.REVISED, 1, 96, 97, 1, 0, 3, 97]
    assert values[:4] == [22.875, structure.SPRING, 92, 23.25]
    assert values[4:6] == pytest.approx([0.16, 0.7])
    ((its, other),) = revisions(turned)
    assert its == [0, structure.REVISED, -1, 96, 97, 1, 0, 3, 97]
    assert other[:4] == [-22.875, structure.SPRING, 92, -23.25]


def revisions(given: Given) -> list[tuple[list[int], list[float]]]:
    return [
        (info, values)
        for info, values in zip(given.events.tolist(), given.values.tolist(), strict=True)
        if info[1] == structure.REVISED
    ]


def test_a_thrust_that_comes_back_too_late_is_nothing() -> None:
    # Beyond from bar 92 on, with one close outside and back within, but not before bar 97 and then with three allowed.
    legs = (*TREND, *RANGE, Leg(23.375, 10, volume=0.75), Leg(23.25, 4), Leg(27.0, 4))

    late = taken(draw(START, legs), recover_bars=3.0, hold_bars=9.0)
    in_time = taken(draw(START, legs), recover_bars=6.0, hold_bars=9.0)

    assert [one.name for one in named(late)][-1] == "ST"
    assert [one.name for one in named(in_time)][-1] == "SPRING"
