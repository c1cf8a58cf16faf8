import numpy as np
import pytest
from tests.samples import dear, held, owner, recording, run, sample, series

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.findings import Suspect
from tidemark.proof.hypotheses.base import absent, judge_count, judge_owners, judge_suspects, over
from tidemark.proof.run import Run
from tidemark.units import MIB


def growing(at_s: float) -> Sample:
    return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60)


def suspect(share: float) -> Suspect:
    rate = share * MIB
    return Suspect(
        name="list a", what="rows", per_minute=1.0, bytes_per_minute=rate, most_bytes_per_minute=rate, share=share
    )


def test_what_explains_a_tenth_of_the_growth_is_its_cause() -> None:
    answer = judge_suspects(run(growing), [suspect(0.6), suspect(0.05)], "none")

    assert answer.verdict is Growth.VALID
    assert answer.suspects == (suspect(0.6),)


def test_what_explains_less_is_not_though_it_grows() -> None:
    answer = judge_suspects(run(growing), [suspect(0.05)], "none")

    assert answer.verdict is Growth.INVALID
    assert answer.words == "list a grows, and explains under 10% of the growth at most"


def test_what_becomes_more_in_a_process_that_does_not_grow_is_no_cause() -> None:
    answer = judge_suspects(run(sample), [suspect(0.6)], "none")

    assert (answer.verdict, answer.suspects) == (Growth.INVALID, ())


def test_without_a_suspect_it_is_said_why_not() -> None:
    assert judge_suspects(run(growing), [], "none rises").words == "none rises"


def test_a_run_that_is_too_short_is_not_judged() -> None:
    short = judge_suspects(run(growing, seconds=60.0), [suspect(0.6)], "none")
    uncounted = judge_suspects(Run(recording(series(growing)[1:10] * 12)), [], "none")

    assert (short.verdict, short.words) == (Growth.INCONCLUSIVE, "the run is too short")
    assert uncounted.verdict is Growth.INCONCLUSIVE


def test_while_growth_is_not_certain_neither_is_its_cause() -> None:
    rng = np.random.default_rng(7)
    uncertain = run(lambda at_s: sample(at_s, blocks=200_000 + int(rng.normal(0.0, 1_000.0))))

    answer = judge_suspects(uncertain, [suspect(0.6)], "none")

    assert uncertain.growth.growth is Growth.INCONCLUSIVE
    assert answer.verdict is Growth.INCONCLUSIVE
    assert answer.suspects == (suspect(0.6),)


def test_a_number_that_should_stay_is_judged_whatever_it_takes_of_memory() -> None:
    ten_minutes, short = run(sample), run(sample, seconds=60.0)
    rising = [(minute, 10.0 + minute) for minute in range(11)]

    answer = judge_count(ten_minutes, "threads", "threads", rising, 4.0)

    assert (answer.verdict, answer.words) == (Growth.VALID, "threads, +1 threads a minute")
    assert answer.figures == {"first": 10.0, "last": 20.0, "most": 20.0}
    still = [(at, 3.0) for at, _ in rising]
    assert judge_count(ten_minutes, "threads", "threads", still, 4.0).verdict is Growth.INVALID
    few = judge_count(ten_minutes, "threads", "threads", still[:5], 4.0)
    assert (few.verdict, few.words) == (Growth.INCONCLUSIVE, "3 threads; too few samples tell them")
    assert judge_count(short, "threads", "threads", rising, 4.0).verdict is Growth.INCONCLUSIVE


def test_owners_are_judged_over_all_samples() -> None:
    once = [sample(0, owners=[owner("a", used=12)]), sample(1, owners=[owner("a"), owner("b", used=8)])]

    answer = judge_owners(Run(recording(once)), lambda _: True, "no owner")

    assert (answer.verdict, answer.is_exact) == (Growth.VALID, True)
    assert answer.words == "a holds 12 items of 10; a holds 1.2 KB of 1000 B"


def test_owners_within_their_bounds_are_told_with_the_fullest() -> None:
    within = Run(recording([sample(0, owners=[owner("a"), owner("b", used=8)])]))

    assert judge_owners(within, lambda _: True, "no owner").words == (
        "2 owners hold 1.3 KB of 2.0 KB; the fullest: b holds 8 of 10"
    )
    assert judge_owners(within, lambda line: line.owner == "a", "no owner").words == "a holds 5 of 10"
    assert judge_owners(within, lambda line: line.owner == "c", "no such owner").words == "no such owner"


def test_an_external_owner_has_bytes_and_no_items() -> None:
    assert list(over(owner("sockets", "external", used=11, bytes_each=1))) == ["sockets holds 11 B of 10 B"]


def test_what_is_absent_is_exact() -> None:
    assert (absent("nothing").verdict, absent("nothing").is_exact) == (Growth.INVALID, True)


@pytest.mark.parametrize("count", [1, 3])
def test_names_are_held_over_counts(count: int) -> None:
    made = run(lambda at_s: sample(at_s, dear=dear(*(held(f"a{number}", 50) for number in range(count)))))

    assert made.rising == ()
