"""Why phases are entered: a market for each reason, and its mirror."""

import pytest
from tests.structures import RANGE, SIGN, SPRUNG, START, SWINGS, TREND, Drawn, Leg, draw, mirrored, profile
from tests.structures_read import HOUR_MS, WHOLE, take

from tidemark.analysis.wyckoff import reasons
from tidemark.analysis.wyckoff.told import PhaseView, Reading
from tidemark.kernels import structure_columns as columns

Told = list[tuple[str, str]]
QUIET = (*TREND, *RANGE)
# A spring at 92, and up from there without a test, to the sign at 109.
UNTESTED = (*QUIET, Leg(23.375, 10, volume=0.75), Leg(29.875, 16), SIGN[1], Leg(32.5, 3))
# No spring, but a higher low at 88 before the sign at 97.
EARLY = (*QUIET, Leg(26.0, 6, volume=0.5), Leg(29.875, 8), SIGN[1], Leg(32.5, 3))
# Out on ordinary volume, and on; or back.
FAR = (*QUIET, Leg(39.0, 12))
BACK = (*QUIET, Leg(32.5, 4), Leg(26.0, 10))
FAILED = (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 2), Leg(27.0, 12))
# A climax a little below swings that were a range of their own.
ANEW = (*SWINGS, Leg(6.0, 8), Leg(-0.5, 6, volume=3.0, spread=2.0), Leg(5.5, 6), Leg(0.0, 6), Leg(3, 4))

# Three closes below the ice, 23.875, and one above it.
OUTSIDE = (Leg(23.6, 1), Leg(23.5, 1), Leg(23.6, 1), Leg(24.0, 1))

STOPPED = "SC, AR and ST: the trend is stopped"
TESTED = "the ST held: the cause begins"
SPRUNG_WORDS = "SPRING: the ice gave way, and the price came back"
SPRING_TESTED = "the TEST of the SPRING held"
REASONS: dict[str, tuple[Drawn, int | None, Told]] = {
    "a spring that is tested": (
        WHOLE, 125,
        [
            ("A", STOPPED), ("B", TESTED), ("C", SPRUNG_WORDS), ("D", SPRING_TESTED),
            ("E", "the LPS held, and a close went beyond where it had come from"),
        ],
    ),
    "a spring that is not": (
        draw(START, UNTESTED), None,
        [
            ("A", STOPPED), ("B", TESTED), ("C", SPRUNG_WORDS),
            ("D", "SOS: out of the range above the creek, wide and on volume"),
        ],
    ),
    "a higher low instead": (
        draw(START, EARLY), None,
        [
            ("A", STOPPED), ("B", TESTED), ("C", "LPS before the SOS: the cause ends without a SPRING"),
            ("D", "the LPS held, and a SOS followed"),
        ],
    ),
    "a break without a sign": (
        draw(START, FAR), None,
        [
            ("A", STOPPED), ("B", TESTED), ("D", "out of the range above the creek, without a SOS"),
            ("E", "a close far above the creek"),
        ],
    ),
    "a break that fails": (
        draw(START, BACK), None,
        [
            ("A", STOPPED), ("B", TESTED), ("D", "out of the range above the creek, without a SOS"),
            ("C", "the break above the creek did not hold: back in the range"),
        ],
    ),
    "a sign that fails": (
        draw(START, FAILED), None,
        [
            ("A", STOPPED), ("B", TESTED), ("C", SPRUNG_WORDS), ("D", SPRING_TESTED),
            ("C", "the SOS did not hold: back in the range"),
        ],
    ),
    "no climax": (
        draw(3.0, (*SWINGS, Leg(3.0, 4))), None, [("B", "five turns on two levels: a cause without a climax")],
    ),
    "a climax after another range": (
        draw(3.0, ANEW), None, [("A", "a new SC, with AR and ST: it begins again with A"), ("B", TESTED)],
    ),
}  # fmt: skip
each = pytest.mark.parametrize(("drawn", "until", "told"), REASONS.values(), ids=list(REASONS))
UPSIDE_DOWN = {
    "SC": "BC", "SPRING": "UTAD", "SOS": "SOW", "LPS": "LPSY", "above the creek": "below the ice",
    "the ice gave": "the creek gave",
}  # fmt: skip


def phases(reading: Reading) -> tuple[PhaseView, ...]:
    assert reading.range is not None
    return reading.range.phases


@each
def test_each_phase_says_why_it_was_entered_and_left(drawn: Drawn, until: int | None, told: Told) -> None:
    found = phases(take(drawn, until).reading())

    assert [(one.phase, one.entered) for one in found] == told
    assert [one.left for one in found] == [*(why for _, why in told[1:]), None]


@each
def test_upside_down_the_reasons_are_those_of_the_mirror(drawn: Drawn, until: int | None, told: Told) -> None:
    expected = []
    for phase, why in told:
        turned = why
        for word, other in UPSIDE_DOWN.items():
            turned = turned.replace(word, other)
        expected.append((phase, turned))

    assert [(one.phase, one.entered) for one in phases(take(mirrored(drawn), until).reading())] == expected


def test_there_is_a_market_for_every_reason() -> None:
    told = {why for _, _, phases_told in REASONS.values() for _, why in phases_told}

    assert told == {reasons.entered(why, 1 if why != columns.WHY_SWUNG else 0) for why in range(columns.WHYS)}


def test_a_range_that_is_over_says_why_and_so_does_its_last_phase() -> None:
    # Left at 123, it is over 25 bars later.
    (over,) = take(WHOLE).reading().past

    assert over.reason == "the price left above the creek and stayed away"
    assert [one.phase for one in over.phases] == ["A", "B", "C", "D", "E"]
    assert (over.phases[-1].end_ms, over.phases[-1].left) == (148 * HOUR_MS, over.reason)


@pytest.mark.parametrize(
    ("legs", "parameters", "told"),
    [
        (QUIET, {"longest": 60.0}, "it lasted too long"),
        ((*TREND, *RANGE[:2], Leg(26.0, 3), Leg(24.0, 4), *OUTSIDE * 8), {}, "too few closes lay inside"),
        (
            (*TREND, *RANGE, *SPRUNG, *SIGN, Leg(33.0, 4), Leg(30.5, 5), Leg(32.0, 3), Leg(26.0, 6)), {},
            "the break above the creek failed: back through the bound",
        ),
    ],
    ids=["too long", "shapeless", "failed"],
)  # fmt: skip
def test_a_range_that_ends_inside_says_why(legs: tuple[Leg, ...], parameters: dict[str, float], told: str) -> None:
    (over,) = take(draw(START, legs), told=profile(parameters)).reading().past

    assert over.reason == told


def test_a_range_that_another_displaces_says_so() -> None:
    (over,) = take(draw(3.0, ANEW)).reading().past

    assert (over.end, over.reason) == ("displaced", "another range took its place")
    assert over.phases[-1].left == over.reason
