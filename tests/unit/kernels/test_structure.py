"""One market that is drawn by hand, its mirror, and what becomes of its range when its end is another."""

from types import ModuleType

import numpy as np
import pytest
from tests.kernels_modes import load_pure
from tests.structures import (
    ACCUMULATION,
    RANGE,
    REACH,
    SIGN,
    SPRUNG,
    START,
    TREND,
    Drawn,
    Event,
    Given,
    Kernel,
    Leg,
    draw,
    ends,
    mirrored,
    named,
    phases,
    planted,
    profile,
    walk,
)  # fmt: skip

from tidemark.kernels import structure

MODES = {"built": structure, "plain": load_pure("structure")}
each = pytest.mark.parametrize("module", MODES.values(), ids=list(MODES))

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


def taken(drawn: Drawn, module: ModuleType = structure, **parameters: float) -> Given:
    return Kernel(profile(parameters), module=module).take(drawn)


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


def test_each_event_states_what_was_measured() -> None:
    given = taken(draw(START, ACCUMULATION))
    facts = {
        (kind, at): values[1:].tolist() for (_, kind, _, at, *_), values in zip(given.events, given.values, strict=True)
    }

    def of(kind: int, at: int, count: int) -> list[float]:
        return [round(one, 6) for one in facts[kind, at][:count]]

    # Volume 1.5, back from 29.875 to 32.125, on to 23.875, 16 bars before the climax.
    assert of(structure.PRELIMINARY, 20, 4) == [1.5, 2.25, 6.0, 16.0]
    # Volume, spread, from the high of 40.125, closed 1/8 above its low in a bar of 2/3 + 2/8, reaction, test on 1.2.
    assert of(structure.CLIMAX, 36, 6) == [3.0, 2.0, 16.25, round(0.125 / (2 / 3 + 0.25), 6), 6.25, 0.4]
    assert of(structure.REACTION, 44, 4) == [6.25, 6.25, 8.0, round(1 / 3, 6)]
    # Half an average range above the climax in a range of 6.25.
    assert of(structure.SECONDARY_TEST, 52, 6) == [0.08, 0.4, 8.0, 0.5, 1.2, 6.25]
    assert of(structure.SECONDARY_TEST, 72, 8) == [0.08, 0.3, 19.0, 0.5, 0.9, 6.25, 0.0, 1.0]
    # 0.625 below the ice; on volume 0.75; back with the next bar; 72 bars behind the beginning.
    assert of(structure.SPRING, 92, 6) == [0.1, 0.75, 1.0, 1.0, 72.0, 0.625]
    assert of(structure.TEST, 100, 4) == [0.18, round(0.5 / 0.75, 6), 8.0, 0.08]
    assert of(structure.SIGN, 109, 8) == [0.28, 2.0, 2.0, 2.0, 90.0, 1.75, 1.0, 6.25]
    # A quarter above the creek, nine bars after the sign, on 0.625 against its 2, 2.75 below the peak of 33.125.
    assert of(structure.LAST_POINT, 118, 5) == [0.04, 0.625, 9.0, 0.25, 0.3125]
    assert of(structure.BACKUP, 129, 3) == [0.28, 0.625, 20.0]


def test_the_test_with_which_a_range_begins_is_given_and_counted_once() -> None:
    kernel = Kernel(profile())
    given = kernel.take(draw(START, (*TREND, *RANGE[:2], Leg(26.5, 4))))

    ((standing,),) = (kernel.made.standing(0)[1],)
    told = dict(zip(structure.STANDING, standing, strict=True))
    assert [one.name for one in named(given)] == ["PS", "SC", "AR", "ST"]
    # The climax and its test below, the reaction above.
    assert (told["touches_lower"], told["touches_upper"], told["tests"]) == (2, 1, 1)


def test_the_pull_is_what_its_events_speak_for_and_halves_with_each_bar() -> None:
    given = taken(draw(START, ACCUMULATION))

    # Climax and test, 0.1 each; 20 bars later another one; a spring 0.4; its test; then 0.5 three times: the sign, the
    # last point, the backup.
    steps = {55: 0.2, 75: 0.1, 93: 0.4, 102: 0.4, 110: 0.5, 120: 0.5, 131: 0.5}
    pull, expected = 0.0, []
    for bar in range(len(given.pull)):
        pull = 0.5 * pull + steps.get(bar, 0.0)
        expected.append(pull)
    assert given.pull == pytest.approx(expected, abs=1e-6)


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


@each
def test_a_range_that_is_left_and_falls_back_after_a_pullback_has_failed(module: ModuleType) -> None:
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 4), Leg(30.5, 5), Leg(32.0, 3), Leg(26.0, 6))
    given = taken(draw(START, legs), module)

    # 32 is bar 121; it falls by 1 a bar, and 27 at 126 is the first close below 27.625.
    assert [one.name for one in named(given)][-1] == "LPS"
    assert ends(given) == [(structure.END_FAILED, 126)]


# Five turns on two levels, 6 apart: a range without a climax.
SWINGS = (Leg(6.0, 8), Leg(0.0, 8), Leg(6.0, 8), Leg(0.0, 8), Leg(6.0, 8), Leg(0.0, 8))


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


@each
def test_where_the_room_for_events_runs_out_it_goes_on_with_the_next_bar(module: ModuleType) -> None:
    drawn = planted(5)
    wide, tight = Kernel(profile(), module=module), Kernel(profile(), module=module, room=structure.MOST_EVENTS)
    whole, pieces = wide.take(drawn), tight.take(drawn)

    assert (wide.rounds, tight.rounds > 5) == (1, True)
    for one, other in zip(whole, pieces, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(wide.state, tight.state)
    assert named(whole)


def test_no_bar_gives_more_events_than_there_is_room_kept_for() -> None:
    most = 0
    for seed in range(40):
        given = taken(planted(seed))
        most = max(most, int(np.bincount(given.events[:, 8]).max(initial=0)))

    assert 5 <= most <= structure.MOST_EVENTS


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
    assert turned.made.candidates(0) == [(-1, 2, 36, -23.875, -30.125)]


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


def test_bars_that_stand_still_and_those_at_the_beginning_say_nothing() -> None:
    still = Drawn(np.zeros(200), np.zeros(200), np.zeros(200), np.zeros((200, 6)))
    kernel = Kernel(profile())
    given = kernel.take(still)

    assert len(given.events) == 0
    assert not given.seen.any()
    assert np.isfinite(kernel.state).all()


def test_a_series_reads_nothing_of_its_neighbours_and_is_counted_by_itself() -> None:
    one, other = draw(START, ACCUMULATION), mirrored(walk(200, 3))
    kernel = Kernel(profile(), series=3)
    kernel.take(one, np.zeros(len(one.close), np.int32))
    kernel.take(other, np.full(len(other.close), 2, np.int32))
    alone = Kernel(profile())
    alone.take(other)

    told = np.zeros((3, 2), np.int32)
    kernel.made.summary(told)
    assert np.array_equal(kernel.state[2], alone.state[0])
    assert not kernel.state[1].any()
    assert told[:, 0].tolist() == [160, 0, 200]
    assert told[:, 1].tolist() == [len(kernel.made.standing(slot)[1]) for slot in range(3)]
    assert [kernel.made.count(slot) for slot in range(3)] == [160, 0, 200]
