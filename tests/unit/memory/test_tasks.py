import asyncio

import pytest

from tidemark.errors import TaskLimitError
from tidemark.memory.tasks import TaskRegistry


class Errors:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def __call__(self, name: str, error: BaseException) -> None:
        self.seen.append((name, repr(error)))


async def forever() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    raise KeyError("x")


def registry(limit: int = 2) -> tuple[TaskRegistry, Errors]:
    errors = Errors()
    return TaskRegistry("tasks/test", limit=limit, on_error=errors), errors


async def test_tasks_carry_their_names_until_they_end() -> None:
    tasks, _ = registry()
    gate = asyncio.Event()
    work = tasks.create("b", gate.wait())
    tasks.create("a", gate.wait())
    assert tasks.names() == ["a", "b"]
    assert tasks.usage().bytes_used == 2 * tasks.reservation.item_bytes
    gate.set()
    await work
    await asyncio.sleep(0)
    assert tasks.names() == []
    assert (tasks.usage().used, tasks.usage().peak) == (0, 2)


async def test_one_more_than_the_limit_is_refused_retryably() -> None:
    tasks, _ = registry(limit=1)
    tasks.create("a", forever())
    with pytest.raises(TaskLimitError, match="'b' was not started: 'tasks/test' runs 1 tasks") as refusal:
        tasks.create("b", forever())
    assert refusal.value.retry
    assert tasks.usage().rejected == 1
    await tasks.cancel_all()


async def test_a_failure_is_handed_over_and_never_swallowed() -> None:
    tasks, errors = registry()
    task = tasks.create("a", fails())
    await asyncio.wait([task])
    assert errors.seen == [("a", "KeyError('x')")]
    assert tasks.names() == []


async def test_cancelling_waits_until_every_task_has_ended() -> None:
    tasks, errors = registry()
    ended = []

    async def slow_to_end() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            ended.append("a")

    tasks.create("a", slow_to_end())
    tasks.create("b", forever())
    await asyncio.sleep(0)
    await tasks.cancel_all()
    assert ended == ["a"]
    assert tasks.names() == []
    assert errors.seen == []


async def test_nothing_starts_while_all_are_cancelled() -> None:
    tasks, errors = registry()

    async def starts_another() -> None:
        try:
            await forever()
        finally:
            tasks.create("late", forever())

    tasks.create("a", starts_another())
    await asyncio.sleep(0)
    await tasks.cancel_all()
    assert tasks.names() == []
    assert errors.seen[0][0] == "a"
    assert "is stopping" in errors.seen[0][1]


async def test_the_task_that_cancels_the_others_goes_on() -> None:
    tasks, _ = registry()
    tasks.create("a", forever())
    task = tasks.create("b", tasks.cancel_all())
    await task
    await asyncio.sleep(0)
    assert tasks.names() == []


async def test_cancelling_nothing_is_no_error() -> None:
    tasks, _ = registry()
    await tasks.cancel_all()
    assert tasks.usage().used == 0
