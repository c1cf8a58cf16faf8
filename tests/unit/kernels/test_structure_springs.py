"""Thrusts through a bound that come back, or do so too late."""

from types import ModuleType

from tests.structures import RANGE, START, TREND, Event, Leg, draw, mirrored, named, phases
from tests.structures_kernel import each, taken


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


def test_a_thrust_that_comes_back_too_late_is_nothing() -> None:
    # Beyond from bar 92 on, with one close outside and back within, but not before bar 97 and then with three allowed.
    legs = (*TREND, *RANGE, Leg(23.375, 10, volume=0.75), Leg(23.25, 4), Leg(27.0, 4))

    late = taken(draw(START, legs), recover_bars=3.0, hold_bars=9.0)
    in_time = taken(draw(START, legs), recover_bars=6.0, hold_bars=9.0)

    assert [one.name for one in named(late)][-1] == "ST"
    assert [one.name for one in named(in_time)][-1] == "SPRING"
