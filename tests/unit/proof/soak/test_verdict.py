from typing import Any

import pytest
from tests.unit.proof.soak.build import changed, outcome, sighting

from tidemark.memory.growth import Growth
from tidemark.proof.soak.candles import Judged
from tidemark.proof.soak.conductor import Ended, Outcome, Sighting
from tidemark.proof.soak.verdict import Judgement, Point, judge_soak, longest_life
from tidemark.units import MIB


def point(judgement: Judgement, name: str) -> Point:
    return next(one for one in judgement.points if one.name == name)


def wrong(found: Outcome) -> list[str]:
    return [one.name for one in judge_soak(found, None).points if one.verdict is Growth.VALID]


def test_a_flat_soak_passes_and_leaves_nothing_open() -> None:
    judgement = judge_soak(outcome(), None)

    assert judgement.passes
    assert judgement.is_conclusive
    assert point(judgement, "anonymous memory grows").words == (
        "0.0000 MB an hour, at most 0.0000, over 71.9 h and 720 samples"
    )


@pytest.mark.parametrize(
    ("name", "figure", "per_hour"),
    [
        ("anonymous memory grows", "anonymous", 0.2 * MIB),
        ("Python's blocks grow", "blocks", 5_000),
        ("memory that belongs to no owner grows", "unaccounted", 0.2 * MIB),
    ],
)
def test_what_grows_fails(name: str, figure: str, per_hour: float) -> None:
    def make(at_s: float) -> Sighting:
        return sighting(at_s, **{figure: round(100 * MIB + per_hour * at_s / 3600)})

    assert wrong(outcome(make)) == [name]


def test_a_plateau_after_the_beginning_is_no_growth() -> None:
    def make(at_s: float) -> Sighting:
        return sighting(at_s, anonymous=round(min(180, 100 + at_s / 100) * MIB))

    assert wrong(outcome(make)) == []


def test_growth_below_the_threshold_whose_bound_is_too_high_leaves_the_question_open() -> None:
    """Over a short soak so small a growth is within the rule, but is no proof of a slope below the bound."""

    def make(at_s: float) -> Sighting:
        return sighting(at_s, anonymous=round(90 * MIB + 0.12 * MIB * at_s / 3600))

    judgement = judge_soak(outcome(make, hours=8.0), None)

    assert judgement.passes
    assert not judgement.is_conclusive
    assert point(judgement, "anonymous memory grows").words.endswith("a longer soak has to show that it is below 0.1")


def test_a_soak_of_few_looks_is_inconclusive_and_says_how_many_it_needs() -> None:
    short = changed(sightings=outcome().sightings[:50])
    judgement = judge_soak(short, None)

    assert judgement.passes
    assert not judgement.is_conclusive
    assert point(judgement, "Python's blocks grow").words == (
        "50 samples in 4.9 h are too few to tell; it takes 96, and 2 h"
    )


def test_a_life_of_an_hour_is_too_short_to_tell_whether_it_grows() -> None:
    def make(at_s: float) -> Sighting:
        return sighting(at_s, blocks=round(270_000 + at_s))

    assert wrong(outcome(make, hours=1.0)) == []
    assert wrong(outcome(make, hours=4.0)) == ["Python's blocks grow"]


def test_one_sample_over_the_budget_fails_and_says_when() -> None:
    looks = outcome().sightings
    over = sighting(3_600.0, peak_rss=321 * MIB)
    found = point(judge_soak(changed(sightings=(*looks, over)), None), "the process takes more than its budget")

    assert found.verdict is Growth.VALID
    assert found.details == ("at 3600 s: 321.0 MB",)


def ended(**figures: Any) -> Ended:
    given: dict[str, Any] = {"life": 1, "at_s": 60.0, "is_killed": False, "code": 0, "error": "", "left": ()}
    return Ended(**given | figures)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (ended(left=("beat",)), "life 1, at 60 s: tasks beat"),
        (ended(error="ValueError: no"), "life 1, at 60 s: ValueError: no"),
        (ended(code=1), "life 1, at 60 s: it ended with 1"),
        (ended(is_killed=True), "life 1, at 60 s: it ended with 0"),
    ],
)
def test_what_is_left_over_at_an_end_fails(end: Ended, words: str) -> None:
    found = point(judge_soak(changed(ends=(end,)), None), "something is left over")

    assert (found.verdict, found.details) == (Growth.VALID, (words,))


def test_a_killed_service_has_nothing_to_say_for_itself() -> None:
    assert wrong(changed(ends=(ended(is_killed=True, code=-9), ended(life=2)))) == []


@pytest.mark.parametrize(
    ("figures", "name"),
    [
        ({"broken": ("tape: too much",)}, "a bound is broken"),
        ({"problems": ("it hung",)}, "something else went wrong"),
        ({"candles": Judged(compared=9, equal=8, wrong=1, words=["1m of X"])}, "a candle is wrong and nothing says so"),
        ({"candles": Judged()}, "a candle is wrong and nothing says so"),
        ({"sightings": ()}, "the process takes more than its budget"),
    ],
)
def test_each_other_fault_fails_under_its_name(figures: dict[str, Any], name: str) -> None:
    assert wrong(changed(**figures)) == [name]


def test_the_longest_life_is_that_of_most_looks() -> None:
    looks = (sighting(1.0, 1), sighting(2.0, 2), sighting(3.0, 2), sighting(4.0, 3))

    assert [one.at_s for one in longest_life(changed(sightings=looks))] == [2.0, 3.0]
    assert longest_life(changed(sightings=())) == []
