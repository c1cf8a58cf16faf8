"""What becomes of a range that the price has left."""

from types import ModuleType

from tests.structures import RANGE, SIGN, SPRUNG, START, TREND, Event, Leg, draw, ends, named, phases
from tests.structures_kernel import each, taken

from tidemark.kernels import structure


@each
def test_a_sign_that_does_not_hold_is_taken_back_and_the_range_stands_in_phase_c_again(module: ModuleType) -> None:
    # Back at 0.5 a bar from 33: below 30.125 - 0.4 * 6.25 = 27.625 it has failed, which 27.5 at bar 122 is.
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 2), Leg(27.0, 12), Leg(29.5, 6))
    given = taken(draw(START, legs), module)

    assert named(given)[-2:] == [Event("SOS", 109, 110, 31.875), Event("-SOS", 109, 122, 30.125)]
    assert phases(given)[-2:] == [(4, 101, 102), (3, 122, 122)]
    assert ends(given) == []
    assert given.pull[122] < 0


def test_after_a_failed_sign_another_may_come() -> None:
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 2), Leg(27.0, 12), Leg(29.875, 6), *SIGN[1:], Leg(33.0, 3))

    names = [one.name for one in named(taken(draw(START, legs)))]

    assert names[-3:] == ["SOS", "-SOS", "SOS"]


def test_a_break_on_ordinary_volume_has_no_sign() -> None:
    legs = (*TREND, *RANGE, *SPRUNG, SIGN[0], Leg(31.875, 1), *AFTER_QUIETLY)
    given = taken(draw(START, legs))

    assert [one.name for one in named(given)][-2:] == ["SPRING", "TEST"]
    # It has left all the same: the close is a width above the creek, 36.375, before 40 at bar 119.
    assert phases(given)[-1][0] == 5


AFTER_QUIETLY = (Leg(40.0, 10),)


@each
def test_a_range_that_is_left_and_falls_back_after_a_pullback_has_failed(module: ModuleType) -> None:
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 4), Leg(30.5, 5), Leg(32.0, 3), Leg(26.0, 6))
    given = taken(draw(START, legs), module)

    # 32 is bar 121; it falls by 1 a bar, and 27 at 126 is the first close below 27.625.
    assert [one.name for one in named(given)][-1] == "LPS"
    assert ends(given) == [(structure.END_FAILED, 126)]
