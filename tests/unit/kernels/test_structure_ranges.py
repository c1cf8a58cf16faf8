"""How ranges without a climax begin, and which of several ranges stay."""

from types import ModuleType

from tests.structures import REACH, SWINGS, Drawn, Kernel, Leg, draw, ends, named, phases, profile
from tests.structures_kernel import each, taken

from tidemark.kernels import structure


@each
def test_five_turns_on_two_levels_are_a_range_without_a_climax(module: ModuleType) -> None:
    kernel = Kernel(profile(), module=module)
    given = kernel.take(draw(3.0, (*SWINGS, Leg(3.0, 4))))

    # Turns at 8, 16, 24, 32 and 40; each step is 0.75: the last is confirmed when a low is 1.5 below 6.125. The low of
    # 41 is 5.125, that of 42 4.375.
    ((standing,),) = (kernel.made.standing(0)[1],)
    told = dict(zip(structure.STANDING, standing, strict=True))
    assert given.seen[:, 0].tolist() == [0] * 42 + [1] * 11
    assert (told["origin"], told["begin"], told["lower"], told["upper"]) == (0, 8, -REACH, 6 + REACH)
    assert phases(given) == [(2, 8, 42)]
    assert named(given) == []


@each
def test_what_a_climax_begins_displaces_what_swings_began(module: ModuleType) -> None:
    # The climax is a little below the swings, and so is its range.
    legs = (*SWINGS, Leg(6.0, 8), Leg(-0.5, 6, volume=3.0, spread=2.0), Leg(5.5, 6), Leg(0.0, 6, volume=1.0), Leg(3, 4))
    given = taken(draw(3.0, legs), module)

    assert [one.name for one in named(given) if one.name in {"SC", "AR"}] == ["SC", "AR"]
    assert [why for why, _ in ends(given)] == [structure.END_DISPLACED]
    assert given.seen[-1, 0] == 2


def stairs(count: int) -> Drawn:
    """So many ranges of swings, each 15 above the one before it."""
    legs = [Leg(one.to + 15.0 * n, one.bars) for n in range(count) for one in (*SWINGS, Leg(3.0, 4), Leg(18.0, 10))]
    return draw(3.0, legs)


@each
def test_at_most_four_are_live_and_the_one_that_was_left_first_goes(module: ModuleType) -> None:
    told = profile({"leave_bars": 1000.0})
    lived = []
    for count in range(1, 7):
        kernel = Kernel(told, module=module)
        given = kernel.take(stairs(count))
        lived.append([one[0] for one in kernel.made.standing(0)[1]])

    assert lived == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6]]
    assert [why for why, _ in ends(given)] == [structure.END_DISPLACED] * 2
