import msgspec
import numpy as np
import pytest
from tests.structures import (
    ACCUMULATION,
    RANGE,
    SIGN,
    SPRUNG,
    START,
    TREND,
    Leg,
    bars_of,
    draw,
    mirrored,
    planted,
    price_of,
    profile,
)  # fmt: skip
from tests.structures_read import WHOLE

from tidemark.analysis.wyckoff.profile import Confidence
from tidemark.analysis.wyckoff.reader import Reader
from tidemark.analysis.wyckoff.reading import Bars, PhaseSpan
from tidemark.units import HOUR


def reader() -> Reader:
    return Reader(profile(), HOUR)


def cut(bars: Bars, begin: int, end: int) -> Bars:
    return Bars(**{name: getattr(bars, name)[begin:end] for name in Bars.__struct_fields__})


def test_events_have_their_names_bars_and_prices() -> None:
    found = reader().take(bars_of(WHOLE)).events

    assert [(one.event, one.direction, one.at) for one in found] == [
        ("PS", 1, 20), ("SC", 1, 36), ("AR", 1, 44), ("ST", 1, 52), ("ST", 1, 72), ("SPRING", 1, 92), ("TEST", 1, 100),
        ("SOS", 1, 109), ("LPS", 1, 118), ("BU", 1, 129),
    ]  # fmt: skip
    levels = [29.875, 23.875, 30.125, 24.375, 24.375, 23.25, 24.375, 31.875, 30.375, 31.875]
    assert [one.level for one in found] == pytest.approx([price_of(WHOLE, level) for level in levels])
    assert all(one.confirmed >= one.at for one in found)
    assert {one.confidence for one in found} == {None}


def test_upside_down_they_have_their_other_names() -> None:
    found = reader().take(bars_of(mirrored(WHOLE))).events

    assert [one.event for one in found] == [
        "PSY", "BC", "AR", "ST", "ST", "UTAD", "TEST", "SOW", "LPSY", "RTI",
    ]  # fmt: skip
    assert {one.direction for one in found} == {-1}


def test_the_sign_completes_the_schematic_from_the_first_event_to_itself() -> None:
    (whole,) = reader().take(bars_of(WHOLE)).completed
    (turned,) = reader().take(bars_of(mirrored(WHOLE))).completed

    assert (whole.template, whole.direction) == ("ACCUMULATION_1", 1)
    assert (whole.begin, whole.end, whole.confirmed) == (20, 109, 110)
    assert whole.score > 0.9
    assert (turned.template, turned.direction) == ("DISTRIBUTION_1", -1)
    assert turned.score == pytest.approx(whole.score)


def test_with_a_last_point_in_the_place_of_a_spring_it_is_the_other_schematic() -> None:
    read = reader().take(bars_of(draw(START, (*TREND, *RANGE, *SIGN, Leg(34.0, 6)))))

    # The second test at 72 turns out to be the last point when the sign comes.
    assert [(one.event, one.at) for one in read.events][-3:] == [("ST", 72), ("LPS", 72), ("SOS", 91)]
    assert [(one.template, one.begin, one.end) for one in read.completed] == [("ACCUMULATION_2", 20, 91)]


def test_without_a_climax_nothing_is_complete() -> None:
    swings = [Leg(to, 8) for to in (6.0, 0.0, 6.0, 0.0, 6.0, 0.0)]
    legs = (*swings, Leg(5.75, 8), Leg(8.0, 1, volume=2.0, spread=2.0), Leg(9.0, 4))

    read = reader().take(bars_of(draw(3.0, legs)))

    assert [(one.event, one.at) for one in read.events] == [("LPS", 48), ("SOS", 57)]
    assert read.completed == []


def test_phases_are_drawn_once_the_range_is_over() -> None:
    read = reader().take(bars_of(WHOLE))

    assert read.spans == [
        PhaseSpan(phase=1, begin=20, end=53),
        PhaseSpan(phase=2, begin=53, end=83),
        PhaseSpan(phase=3, begin=83, end=101),
        PhaseSpan(phase=4, begin=101, end=119),
        PhaseSpan(phase=5, begin=119, end=148),
    ]
    assert reader().take(bars_of(draw(START, ACCUMULATION[:12]))).spans == []


def test_a_failed_sign_takes_its_event_out_of_the_range() -> None:
    legs = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 2), Leg(27.0, 12), Leg(29.875, 6), *SIGN[1:], Leg(33.0, 3))

    read = reader().take(bars_of(draw(START, legs)))

    # Both signs were told when they came, and both completed it: what is known later changes nothing of what was told.
    assert [one.event for one in read.events].count("SOS") == 2
    assert [one.confirmed for one in read.completed] == [one.confirmed for one in read.events if one.event == "SOS"]


def test_chunks_give_what_the_whole_gives() -> None:
    bars = bars_of(planted(11))
    whole, pieces = reader().take(bars), reader()

    parts = [pieces.take(cut(bars, begin, begin + 13)) for begin in range(0, len(bars.time), 13)]

    assert whole.events
    assert [one for part in parts for one in part.events] == whole.events
    assert [one for part in parts for one in part.completed] == whole.completed
    assert [one for part in parts for one in part.spans] == whole.spans
    assert np.array_equal(np.concatenate([part.phases for part in parts]), whole.phases)


def test_an_event_is_as_sure_as_was_measured() -> None:
    measured = Confidence(constant=1.0, weights={}, least=-10.0, steps=((0.0, 0.25), (2.0, 0.75)))
    told = msgspec.structs.replace(profile(), confidence={"spring": measured})

    found = Reader(told, HOUR).take(bars_of(WHOLE)).events

    # Log-odds of 1, the constant alone, lie half-way between the steps.
    assert {one.event: one.confidence for one in found if one.event in {"SPRING", "SC"}} == {"SC": None, "SPRING": 0.5}
