from tests.samples import dear, held, run, sample

from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.tasks import judge
from tidemark.units import KIB


def with_tasks(at_s: float, count: int, **figures: int) -> Sample:
    names = [held("a.push", count, "coroutine", each=figures.get("each", 0))]
    tasks = {"a.push": count, "tidemark.live.rounds.beat": 1}
    return sample(at_s, anonymous=50e6 + at_s * 200 * KIB / 60, tasks=tasks, dear=dear(*names))


def test_tasks_that_become_more_are_named_by_what_they_run() -> None:
    answer = judge(run(lambda at_s: with_tasks(at_s, int(at_s))))

    assert answer.verdict is Growth.VALID
    assert [suspect.name for suspect in answer.suspects] == ["task a.push"]
    # Sixty a minute of 1,400 bytes, of 200 KiB.
    assert answer.suspects[0].share is not None
    assert round(answer.suspects[0].share, 2) == 0.41


def test_a_task_counts_with_what_its_coroutine_was_weighed_at() -> None:
    answer = judge(run(lambda at_s: with_tasks(at_s, int(at_s), each=5_000)))

    assert round(answer.suspects[0].bytes_per_minute / 60) in range(4_900, 5_100)


def test_coroutines_that_nobody_awaits_are_named_too() -> None:
    def make(at_s: float) -> Sample:
        return sample(
            at_s,
            anonymous=50e6 + at_s * 200 * KIB / 60,
            dear=dear(held("a.push", int(40 + at_s), "coroutine", each=1_000)),
        )

    answer = judge(run(make))

    assert answer.verdict is Growth.VALID
    assert answer.suspects[0].name == "coroutine a.push"


def test_tasks_that_stay_are_in_order() -> None:
    answer = judge(run(lambda at_s: with_tasks(at_s, 7)))

    assert answer.verdict is Growth.INVALID
    assert answer.words == "8 tasks run 2 functions, and no more with time"
