import math

import msgspec
import numpy as np
import pytest
from tests.structures import (
    DEEPER,
    RANGE,
    SIGN,
    SPRUNG,
    START,
    SWINGS,
    TREND,
    Leg,
    draw,
    mirrored,
    planted,
    price_of,
    profile,
)  # fmt: skip
from tests.structures_read import HOUR_MS, WHOLE, take

from tidemark.analysis.wyckoff import view
from tidemark.analysis.wyckoff.engine import Standing
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.profile import load
from tidemark.analysis.wyckoff.told import EventView, RangeView, Reading, SchematicView

NOTHING = Standing(*[0.0] * len(Standing.__struct_fields__))


def standing(**told: float) -> Standing:
    """A range from 0 to 6 average ranges of 1."""
    return msgspec.structs.replace(NOTHING, id=1.0, upper=6.0, atr=1.0, phase=2.0, **told)


def range_of(reading: Reading) -> RangeView:
    assert reading.range is not None
    return reading.range


def changed(event: EventView) -> tuple[str, int, int, int]:
    """How it did, when that was known, and from when to when."""
    change = event.revision
    assert change is not None
    return change.what, change.known_ms, change.from_ms, change.to_ms


def schematic_of(reading: Reading) -> SchematicView:
    assert reading.schematic is not None
    return reading.schematic


def price(level: float) -> float:
    return price_of(WHOLE, level)


def test_a_range_is_told_in_prices_and_times() -> None:
    reading = take(until=94).reading()
    told = range_of(reading)

    assert (reading.as_of_ms, reading.bars, reading.phase, reading.direction) == (93 * HOUR_MS, 94, "C", 1)
    assert reading.profile == "drawn 1"
    assert (told.id, told.origin, told.begin_ms, told.bars) == (1, "selling climax", 20 * HOUR_MS, 74)
    assert [told.ice, told.creek] == pytest.approx([price(23.875), price(30.125)])
    assert (told.phase, told.phase_since_ms, told.broken) == ("C", 83 * HOUR_MS, 0)
    # The climax, its test, and the lows of 72; the reaction and the highs of 62 and 82.
    assert told.touches == (3, 3)
    assert told.likelihoods == {}
    # Known since 55: 39 bars, of which that of 92 alone closed outside.
    assert told.contained == pytest.approx(38 / 39)


@pytest.mark.parametrize(("until", "told"), [(62, False), (66, True)])
def test_a_range_of_a_climax_is_confirmed_with_its_second_touch_of_the_other_side(until: int, told: bool) -> None:
    # Climax and test below, the reaction above; the high of 62, 0.5 below the creek, is known 1.5 lower, at 65.
    there = range_of(take(until=until).reading())
    (part,) = [one for one in there.parts if one.name == "touches"]

    assert (there.touches, there.is_confirmed) == ((2, 2 if told else 1), told)
    assert (part.measured, part.unit) == ((3, "in turn") if told else (2, "in turn, not yet two a side"))


def test_a_range_of_swings_is_confirmed_when_it_is_known() -> None:
    there = range_of(take(draw(3.0, SWINGS)).reading())

    assert (there.origin, there.touches, there.is_confirmed) == ("compression", (2, 3), True)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"touches_lower": 2.0, "touches_upper": 2.0, "alternations": 3.0}, True),
        # Four at one side and one at the other, or not one after the other.
        ({"touches_lower": 4.0, "touches_upper": 1.0, "alternations": 2.0}, False),
        ({"touches_lower": 2.0, "touches_upper": 2.0, "alternations": 1.0}, False),
    ],
)
def test_two_touches_a_side_in_turn_confirm_a_range(told: dict[str, float], expected: bool) -> None:
    assert view.is_confirmed(standing(**told)) is expected


def test_phases_are_drawn_in_order_each_to_where_the_next_began() -> None:
    told = range_of(take(until=125).reading())

    bounds = [20, 53, 83, 101, 119]
    assert [(one.phase, one.begin_ms, one.end_ms) for one in told.phases] == [
        (phase, begin * HOUR_MS, None if end is None else end * HOUR_MS)
        for phase, begin, end in zip("ABCDE", bounds, [*bounds[1:], None], strict=True)
    ]


def test_after_a_failed_sign_its_phase_begins_anew_and_none_lies_over_another() -> None:
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 2), Leg(27.0, 12), Leg(29.0, 3))
    reading = take(draw(START, legs)).reading()
    phases = range_of(reading).phases

    assert [one.phase for one in phases] == ["A", "B", "C", "D", "C"]
    assert [one.end_ms for one in phases[:-1]] == [one.begin_ms for one in phases[1:]]
    assert (phases[-1].begin_ms, phases[-1].end_ms) == (122 * HOUR_MS, None)
    # The sign is still shown, as what did not hold.
    (sign,) = [one for one in reading.events if one.name == "SOS"]
    assert sign.is_withdrawn
    assert sign.revision is not None
    assert sign.revision.words == f"taken back: the price came back through {sign.revision.to_level:.6g}"
    assert changed(sign) == ("withdrawn", 122 * HOUR_MS, 109 * HOUR_MS, 122 * HOUR_MS)
    levels = [price_of(draw(START, legs), level) for level in (31.875, 30.125)]
    assert [sign.revision.from_level, sign.revision.to_level] == pytest.approx(levels)
    assert not [one for one in reading.events if one.is_withdrawn and one.name != "SOS"]


def test_a_spring_that_goes_deeper_says_from_where_to_where_and_when() -> None:
    drawn = draw(START, (*TREND, *RANGE, *DEEPER))
    before, now = price_of(drawn, 23.25), price_of(drawn, 22.875)
    early, late = (
        next(one for one in take(drawn, until).reading().events if one.name == "SPRING") for until in (97, 98)
    )

    assert early.revision is None
    assert late.revision is not None
    assert late.revision.words == f"it went deeper, from {late.level:.6g} to {late.revision.to_level:.6g}"
    assert changed(late) == ("deeper", 97 * HOUR_MS, 92 * HOUR_MS, 96 * HOUR_MS)
    assert [late.revision.from_level, late.revision.to_level] == pytest.approx([before, now])
    # What was given stays as it was.
    assert (late.at_ms, late.level, late.is_withdrawn) == (early.at_ms, early.level, False)


def test_a_break_that_fails_in_the_end_takes_its_events_with_it() -> None:
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 4), Leg(30.5, 5), Leg(32.0, 3), Leg(26.0, 6))
    events = take(draw(START, legs)).reading().events

    failed = [one for one in events if one.is_withdrawn]
    assert [one.name for one in failed] == ["SOS", "LPS"]
    assert [(one.revision.what, one.revision.known_ms) for one in failed if one.revision is not None] == [
        ("failed", 126 * HOUR_MS)
    ] * 2


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_climax_that_waits_says_how_it_changed(is_mirrored: bool) -> None:
    # Replaced by a lower one at 39, and that undercut by 0.5 at 41.
    legs = (Leg(24.5, 2), Leg(21.0, 1, volume=4.0, spread=2.5), Leg(21.1, 1), Leg(20.5, 1), Leg(21.5, 2))
    drawn = draw(START, (*TREND, *legs))
    sign = -1 if is_mirrored else 1
    drawn = mirrored(drawn) if is_mirrored else drawn
    candidate = take(drawn).reading().candidate

    assert candidate is not None
    replaced, deeper = candidate.revisions
    first, now = (price_of(drawn, sign * level) for level in (20.875, 20.375))
    name = "BC" if is_mirrored else "SC"
    assert (replaced.what, replaced.words) == ("replaced", f"it took the place of a {name} 3 bars before")
    assert (replaced.from_ms, replaced.to_ms, replaced.from_level) == (36 * HOUR_MS, 39 * HOUR_MS, None)
    assert (deeper.what, deeper.known_ms) == ("deeper", 41 * HOUR_MS)
    assert [deeper.from_level, deeper.to_level, candidate.level] == pytest.approx([first, now, now])


def test_an_event_says_when_where_and_by_which_rules() -> None:
    (spring,) = [one for one in take(until=94).reading().events if one.name == "SPRING"]

    assert (spring.id, spring.title, spring.direction) == (f"spring-{92 * 3600}", "spring", 1)
    assert (spring.at_ms, spring.confirmed_ms) == (92 * HOUR_MS, 93 * HOUR_MS)
    assert spring.level == pytest.approx(price(23.25))
    assert spring.confidence is None
    assert list(spring.facts) == list(all_events()["spring"].VALUES)
    depth, bars = spring.rules
    # 0.625 of 6.25 below the ice, where 0.45 are allowed; back with the next bar.
    assert (depth.rule, depth.threshold) == ("depth", 0.45)
    assert depth.measured == pytest.approx(0.1, abs=1e-4)
    assert (bars.rule, bars.measured, bars.threshold) == ("bars", 1.0, 6.0)
    assert depth.passed
    assert bars.passed


def test_upside_down_everything_has_its_other_name() -> None:
    reading = take(mirrored(WHOLE), until=125).reading()

    assert [one.name for one in reading.events] == ["PSY", "BC", "AR", "ST", "ST", "UTAD", "TEST", "SOW", "LPSY"]
    assert reading.events[5].title == "upthrust after distribution"
    assert reading.direction == -1
    assert schematic_of(reading).template == "DISTRIBUTION_1"
    assert range_of(reading).origin == "buying climax"
    assert range_of(reading).quality == pytest.approx(range_of(take(until=125).reading()).quality)


def test_the_schematic_is_laid_over_the_bars_in_times_and_prices() -> None:
    told = schematic_of(take(until=125).reading())

    assert (told.template, told.direction, told.missing) == ("ACCUMULATION_1", 1, ("BU",))
    times = [at // HOUR_MS for at, _ in told.points]
    assert times == [20, 36, 44, 52, 72, 92, 100, 109, 118]
    # The template's climax lies on the ice, its reaction on the creek.
    assert [level for _, level in told.points[1:3]] == pytest.approx([price(23.875), price(30.125)])


@pytest.mark.parametrize(
    ("legs", "told"),
    [
        (TREND, "; its AR is still to come"),
        ((*TREND, RANGE[0], Leg(27.0, 4)), "; its ST is still to come"),
    ],
)
def test_a_climax_that_waits_is_told_in_words(legs: tuple[Leg, ...], told: str) -> None:
    drawn = draw(START, legs)
    waiting = take(drawn).reading().waiting
    turned = take(mirrored(drawn)).reading().waiting
    ago = sum(leg.bars for leg in legs) - 36

    assert waiting is not None
    assert turned is not None
    assert waiting.startswith(f"a SC at {price_of(drawn, 23.875):.6g} {ago} bars ago")
    assert waiting.endswith(told)
    assert turned.startswith("a BC at ")
    if "ST" in told:
        assert f"AR at {price_of(drawn, 30.125):.6g}" in waiting


def test_what_comes_next_is_what_the_schematic_misses_and_what_ends_the_range() -> None:
    ice, creek = f"{price(23.875):.6g}", f"{price(30.125):.6g}"

    assert take(until=94).reading().next == (
        f"TEST: back towards {ice} on less volume, and not as far",
        f"SOS: a wide close above {creek} on 1.3 times the usual volume",
        f"a close above {creek} or below {ice} that stays there ends the range",
    )
    assert take(until=112).reading().next == (
        f"LPS: a pullback on less volume that holds above {creek}",
        f"the break fails with a close well back below {creek}",
    )
    assert take(until=125).reading().next[0] == f"BU: a pullback on less volume that holds above {creek}"
    assert take(until=50).reading().next == ()


def test_below_it_the_return_to_the_ice_is_waited_for() -> None:
    turned = mirrored(WHOLE)
    ice = f"{price_of(turned, -30.125):.6g}"

    assert take(turned, until=125).reading().next == (
        f"RTI: a pullback on less volume that holds below {ice}",
        f"the break fails with a close well back above {ice}",
    )


def test_a_bar_that_the_ring_no_longer_holds_has_its_time_by_its_length() -> None:
    taken = take(until=125)
    whole, part = taken.reading(), taken.reading(last=40)

    # Bars came without a gap: so it is the same time.
    assert part.range is not None
    assert range_of(part).begin_ms == range_of(whole).begin_ms
    assert [one.at_ms for one in part.events] == [one.at_ms for one in whole.events]
    assert part.cause is not None
    assert not part.cause.is_whole


def test_without_any_bar_nothing_has_a_time() -> None:
    taken = take(until=125)
    none = np.zeros(0)
    bars = view.Bars(time=none.astype(np.int64), high=none, low=none, close=none)
    reading = taken._replace(bars=bars).reading()

    assert reading.as_of_ms is None
    assert reading.cause is None
    assert {one.at_ms for one in reading.events} == {0}


def test_the_cause_is_counted_from_the_last_point_back() -> None:
    cause = take(until=125).reading().cause

    assert cause is not None
    assert (cause.direction, cause.reversal, cause.is_whole) == (1, 3, True)
    assert cause.line == pytest.approx(price(30.375))
    assert cause.columns >= 1
    assert cause.conservative is not None
    assert cause.halfway is not None
    assert cause.maximum is not None
    # From the lowest of the range, from half-way, and from the line.
    assert cause.line < cause.conservative <= cause.halfway <= cause.maximum
    for before, after in zip(cause.chart, cause.chart[1:], strict=False):
        assert {before.kind, after.kind} == {"X", "O"}
        assert before.begin_ms <= before.end_ms <= after.end_ms


def test_without_a_direction_there_is_no_cause() -> None:
    swings = [Leg(to, 8) for to in (6.0, 0.0, 6.0, 0.0, 6.0, 0.0)]
    reading = take(draw(3.0, (*swings, Leg(3.0, 4)))).reading()

    assert range_of(reading).origin == "compression"
    assert (reading.direction, reading.cause, reading.schematic) == (0, None, None)


def test_a_range_that_is_over_is_in_the_past() -> None:
    reading = take().reading()
    (past,) = reading.past

    assert (reading.range, reading.phase) == (None, "")
    assert (past.begin_ms, past.ended_ms, past.direction, past.end) == (20 * HOUR_MS, 148 * HOUR_MS, 1, "left")
    assert [past.ice, past.creek] == pytest.approx([price(23.875), price(30.125)])


def test_the_range_that_is_shown_is_the_newest_of_a_climax_else_the_newest() -> None:
    climax, swings, newer = standing(begin=5.0, origin=1.0), standing(begin=9.0), standing(begin=12.0)

    assert view.newest([climax, swings, newer]) is climax
    assert view.newest([swings, newer]) is newer
    assert view.newest([]) is None


@pytest.mark.parametrize(
    ("told", "part", "points"),
    [
        ({"bars": 30.0}, "duration", 10.0),  # of 20 for 60 bars
        ({"bars": 90.0}, "duration", 20.0),
        ({"alternations": 3.0}, "touches", 12.5),  # of 25 for six
        ({"alternations": 9.0}, "touches", 25.0),
        ({"bars": 20.0, "inside": 17.0}, "containment", 12.5),  # 0.85 is half-way from 0.7 to 1, of 25
        ({"bars": 20.0, "inside": 10.0}, "containment", 0.0),
        ({}, "containment", 25.0),  # nothing closed outside yet
        ({"upper": 8.0}, "tightness", 15.0),
        ({"upper": 10.0}, "tightness", 7.5),  # half of 15: two too wide, of four
        ({"upper": 2.5}, "tightness", 7.5),  # half too narrow, of one
        ({"upper": 14.0}, "tightness", 0.0),
    ],
)
def test_the_quality_of_a_range_is_the_sum_of_its_parts(told: dict[str, float], part: str, points: float) -> None:
    one = msgspec.structs.replace(standing(), **told)
    parts = {each.name: each for each in view._parts(one)}

    assert parts[part].points == pytest.approx(points)
    assert view.quality(one) == pytest.approx(sum(each.points for each in parts.values()))
    assert sum(each.most for each in parts.values()) == 100.0


@pytest.mark.parametrize(("fall", "points"), [(0.0, 0.0), (0.25, 7.5), (0.5, 15.0), (0.9, 15.0), (-0.5, 0.0)])
def test_volume_dries_up_by_its_slope(fall: float, points: float) -> None:
    # A line that falls by *fall* of its mean over all of forty bars.
    numbers = np.arange(1, 41)
    volume = 1.0 - fall * (numbers - numbers.mean()) / 40.0
    one = standing(bars=40.0, volume_sum=volume.sum(), volume_time=(volume * numbers).sum())

    (told,) = [each for each in view._parts(one) if each.name == "volume drying up"]
    assert told.measured == pytest.approx(fall, abs=1e-12)
    assert told.points == pytest.approx(points)


def test_volume_that_stands_still_is_zero_and_not_minus_zero() -> None:
    for one in (standing(bars=10.0, volume_sum=10.0, volume_time=55.0), standing(bars=2.0, volume_sum=2.0), standing()):
        (told,) = [each for each in view._parts(one) if each.name == "volume drying up"]
        assert (math.copysign(1.0, told.points), math.copysign(1.0, told.measured)) == (1.0, 1.0)


def test_files_of_events_are_found_by_the_numbers_of_the_kernel() -> None:
    assert {kind: name for kind, (name, _) in view.events().items()} == {
        one.KIND: name for name, one in all_events().items()
    }


@pytest.mark.parametrize("seed", range(12))
def test_of_any_market_the_view_can_be_written_and_fits_itself(seed: int) -> None:
    for told in (profile(), load()):
        taken = take(planted(seed), told=told)
        reading = taken.reading()
        assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading
        if reading.range is not None:
            assert 0.0 <= reading.range.quality <= 100.0
            assert reading.range.ice < reading.range.creek
            likely = reading.range.likelihoods
            assert not likely or max(likely, key=lambda phase: likely[phase]) == reading.range.phase
            for one, after in zip(reading.range.phases, reading.range.phases[1:], strict=False):
                assert one.begin_ms < after.begin_ms
        for event in reading.events:
            assert all(rule.passed for rule in event.rules if rule.required)
