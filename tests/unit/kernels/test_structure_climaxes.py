"""A climax until it has its range, or is forgotten."""

from types import ModuleType

from tests.structures import RANGE, START, TREND, Kernel, Leg, draw, mirrored, named, profile
from tests.structures_kernel import each, taken

from tidemark.kernels import structure


def test_the_test_with_which_a_range_begins_is_given_and_counted_once() -> None:
    kernel = Kernel(profile())
    given = kernel.take(draw(START, (*TREND, *RANGE[:2], Leg(26.5, 4))))

    ((standing,),) = (kernel.made.standing(0)[1],)
    told = dict(zip(structure.STANDING, standing, strict=True))
    assert [one.name for one in named(given)] == ["PS", "SC", "AR", "ST"]
    # The climax and its test below, the reaction above.
    assert (told["touches_lower"], told["touches_upper"], told["tests"]) == (2, 1, 1)


def test_a_climax_waits_for_its_reaction_and_its_test() -> None:
    kernel = Kernel(profile())
    kernel.take(draw(START, TREND))
    first = kernel.made.candidates(0)
    kernel.take(draw(24.0, RANGE[:1]))
    second = kernel.made.candidates(0)

    assert first[0][:4] == (1, 1, 36, 23.875)
    assert second[0][:3] == (1, 1, 36)

    turned = Kernel(profile())
    turned.take(mirrored(draw(START, (*TREND, RANGE[0], Leg(26.0, 4)))))
    assert turned.made.candidates(0) == [(-1, 2, 36, -23.875, -30.125, -23.875, -1, -1)]


@each
def test_a_climax_that_later_bars_go_below_says_from_where_and_when(module: ModuleType) -> None:
    # Its low, 23.875, may be undercut by 0.2 of four average ranges: 23.375 at bar 38 is not too low.
    drawn = draw(START, (*TREND, Leg(24.0, 1), Leg(23.5, 1), Leg(25.0, 3)))
    straight, turned = Kernel(profile(), module=module), Kernel(profile(), module=module)
    straight.take(drawn)
    turned.take(mirrored(drawn))

    ((_, stage, at, low, _, first, lowered_at, replaced_at),) = straight.made.candidates(0)
    assert (stage, at, low, first, lowered_at, replaced_at) == (1, 36, 23.375, 23.875, 38, -1)
    assert turned.made.candidates(0)[0][5:] == (-23.875, 38, -1)


@each
def test_a_climax_that_takes_the_place_of_another_says_of_which(module: ModuleType) -> None:
    drawn = draw(START, (*TREND, Leg(24.5, 2), Leg(21.0, 1, volume=4.0, spread=2.5)))
    kernel = Kernel(profile(), module=module)
    kernel.take(drawn)

    ((_, stage, at, low, _, first, lowered_at, replaced_at),) = kernel.made.candidates(0)
    assert (stage, at, low, first, lowered_at, replaced_at) == (1, 39, 20.875, 20.875, -1, 36)


def test_a_clear_climax_is_phase_a_before_its_test() -> None:
    given = taken(draw(START, (*TREND, *RANGE[:2], Leg(26.0, 3))))
    # Its volume is 3, its spread 2: above 2.4 and 1.7, which is asked; with more asked for, nothing is said.
    unsure = taken(draw(START, (*TREND, *RANGE[:2], Leg(26.0, 3))), likely_volume=3.5)

    assert given.seen[34:55, 1].tolist() == [0] * 2 + [1] * 19
    assert set(unsure.seen[:55, 1].tolist()) == {0}


def test_a_climax_whose_test_does_not_come_in_time_is_forgotten() -> None:
    kernel = Kernel(profile({"test_bars": 15.0}))
    given = kernel.take(draw(START, (*TREND, *RANGE)))

    assert named(given) == []
    assert kernel.made.candidates(0) == []
