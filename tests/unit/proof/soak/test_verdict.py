from typing import Any

import pytest
from tests.unit.proof.soak.build import changed, delivered, outcome, sighting

from tidemark.live.alerts_job import RESIDENT_BYTES
from tidemark.memory.growth import Growth
from tidemark.proof.simulation.schedule import Fault
from tidemark.proof.soak.candles import Judged
from tidemark.proof.soak.conductor import Ended, Outcome, Sighting
from tidemark.proof.soak.plan import Plan
from tidemark.proof.soak.receiver import Reception
from tidemark.proof.soak.verdict import Judgement, Point, judge_soak, longest_life, longest_telling
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
        ("the process of the alerts grows", "alerts_resident", 0.2 * MIB),
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
        ({"delivered": delivered(lost=["1 was sent"])}, "a notification did not arrive as it was sent"),
        ({"delivered": delivered(twice=["1 stands there twice"])}, "a notification counts twice"),
        ({"delivered": delivered(reception=Reception(changed=1))}, "a notification counts twice"),
        # The one life ended once: one notification may have been answered, and nobody could note it.
        ({"delivered": delivered(reception=Reception(again=2))}, "a notification counts twice"),
        ({"delivered": delivered(reception=Reception(unsigned=1))}, "a notification is not signed"),
        ({"delivered": delivered(disordered=["2 before 1"])}, "notifications change their order"),
        ({"delivered": delivered(overdue=["1 is due"])}, "a notification waits for too long or was given up"),
        ({"delivered": delivered(dead=["1 was given up"])}, "a notification waits for too long or was given up"),
        ({"delivered": delivered(untold=["hook: 1 of 2"])}, "something happened and nobody is told"),
    ],
)
def test_each_other_fault_fails_under_its_name(figures: dict[str, Any], name: str) -> None:
    assert wrong(changed(**figures)) == [name]


def test_the_longest_life_is_that_of_most_looks() -> None:
    looks = (sighting(1.0, 1), sighting(2.0, 2), sighting(3.0, 2), sighting(4.0, 3))

    assert [one.at_s for one in longest_life(changed(sightings=looks))] == [2.0, 3.0]
    assert longest_life(changed(sightings=())) == []


def test_what_was_told_stands_in_the_words() -> None:
    judgement = judge_soak(outcome(), None)

    assert point(judgement, "a notification did not arrive as it was sent").words == (
        "200 of 200 notifications of 900 events were sent; 100 of them are at the receiver, which failed: sink hangs 3,"
        " sink refuses 7"
    )
    assert point(judgement, "a notification counts twice").words == (
        "3 came again with the key that they had, 1 of them after an answer"
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (delivered(events=0, made=0, sent=0), "there was nothing to tell"),
        (
            delivered(lost=["1 was sent"], reception=Reception(taken=100_000, unkept=4)),
            "the receiver had no place for 4 of them",
        ),
    ],
)
def test_where_nothing_was_told_or_too_much_the_question_stays_open(told: Any, words: str) -> None:
    judgement = judge_soak(changed(delivered=told), None)
    found = point(judgement, "a notification did not arrive as it was sent")

    assert judgement.passes
    assert (found.verdict, found.words, found.details) == (Growth.INCONCLUSIVE, words, ())


def test_each_end_of_who_tells_may_have_cost_the_note_of_one_answer() -> None:
    told = delivered(reception=Reception(again=4))
    ends = (ended(is_killed=True, code=-9, alerts_killed=2), ended(life=2))

    assert wrong(changed(delivered=told, ends=ends)) == []
    assert wrong(changed(delivered=told, ends=ends[1:])) == ["a notification counts twice"]


def test_who_tells_is_held_to_its_own_bound() -> None:
    over = sighting(3_600.0, alerts_resident=RESIDENT_BYTES + MIB)
    found = point(
        judge_soak(changed(sightings=(*outcome().sightings, over)), None),
        "the process of the alerts takes more than it may",
    )

    assert found.verdict is Growth.VALID
    assert found.details == ("at 3600 s: 129.0 MB",)


def test_growth_of_who_tells_is_judged_on_one_process_and_not_within_its_first_hours() -> None:
    def make(at_s: float) -> Sighting:
        begun = 1 if at_s < 20 * 3600 else 2
        return sighting(at_s, alerts_begun=begun, alerts_resident=round((80 + 20 * begun) * MIB))

    def grows(at_s: float) -> Sighting:
        return sighting(at_s, alerts_resident=round((80 + at_s / 3600) * MIB))

    steps = outcome(make)
    name = "the process of the alerts grows"

    assert {one.facts.alerts_begun for one in longest_telling(steps)} == {2}
    assert point(judge_soak(steps, None), name).verdict is Growth.INVALID
    assert point(judge_soak(outcome(grows, hours=4.0), None), name).words.endswith("it takes 96, and 8 h")
    assert point(judge_soak(outcome(grows, hours=12.0), None), name).verdict is Growth.VALID
    assert longest_telling(changed(sightings=())) == []


NAME = "the process of the alerts ends by itself"


def begins_at(*moments: float) -> tuple[Sighting, ...]:
    """A life in which another process that tells was begun at these times, beside the first."""
    return tuple(sighting(at, alerts_begun=1 + sum(at >= one for one in moments)) for at in range(0, 3_600, 60))


def test_who_tells_may_end_when_we_kill_it_and_while_the_disk_is_full() -> None:
    kills = Fault(kind="alerts kill", at_s=605.0)
    full = Fault(kind="disk full", at_s=1_200.0, for_s=300.0)
    plan = outcome().plan
    looks = begins_at(610.0, 1_250.0, 1_490.0)
    killed = (ended(alerts_killed=1),)

    def found(faults: tuple[Fault, ...], ends: tuple[Ended, ...]) -> Point:
        told = Plan(
            seed=plan.seed, venue=plan.venue, symbols=plan.symbols, rate=plan.rate, hours=plan.hours, faults=faults
        )
        return point(judge_soak(changed(sightings=looks, plan=told, ends=ends), None), NAME)

    assert found((kills, full), killed).words == "it was killed 1 times, and ended at no other time"
    assert found((kills,), killed).details == ("between 1200 and 1260 s: 1 times", "between 1440 and 1500 s: 1 times")
    assert found((full,), (ended(),)).details == ("between 600 and 660 s: 1 times",)


def test_another_life_begins_another_process_and_a_look_may_come_before_it() -> None:
    looks = (
        sighting(60.0, 1, alerts_begun=0),
        sighting(120.0, 1, alerts_begun=1),
        sighting(180.0, 2, alerts_begun=0),
        sighting(240.0, 2, alerts_begun=1),
    )

    assert point(judge_soak(changed(sightings=looks), None), NAME).verdict is Growth.INVALID


def test_the_first_process_of_a_life_takes_no_kill_from_another_one() -> None:
    looks = (sighting(60.0, alerts_begun=0), sighting(120.0, alerts_begun=1), sighting(180.0, alerts_begun=2))
    found = changed(sightings=looks, ends=(ended(alerts_killed=1),))

    assert point(judge_soak(found, None), NAME).verdict is Growth.INVALID


def test_a_process_that_ended_before_the_first_look_at_a_life_counts() -> None:
    looks = (sighting(60.0, 1, alerts_begun=1), sighting(120.0, 2, alerts_begun=2))

    assert point(judge_soak(changed(sightings=looks), None), NAME).details == ("between 60 and 120 s: 1 times",)


def test_backtests_that_were_not_done_are_told_with_their_life() -> None:
    looks = (
        sighting(60.0, 1, backtests=0), sighting(120.0, 1, backtests=2),
        sighting(180.0, 2, backtests=1, backtests_wrong=("1 failed", "too many wait")),
    )  # fmt: skip

    failed = point(judge_soak(outcome(sightings=looks), None), "a backtest was not done")
    fine = point(judge_soak(outcome(sightings=looks[:2]), None), "a backtest was not done")
    short = point(judge_soak(outcome(sightings=looks[:1]), None), "a backtest was not done")

    assert failed.verdict is Growth.VALID
    assert failed.details == ("life 2: 1 failed", "life 2: too many wait")
    assert (fine.verdict, fine.words) == (Growth.INVALID, "2 were done, over what the service had archived")
    assert short.verdict is Growth.INCONCLUSIVE
