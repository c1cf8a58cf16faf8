"""Tasks or coroutines become more: somebody starts them, and nobody waits for their end."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects
from tidemark.proof.run import Run

# A waiting task with its coroutine and a few frames, where nothing was weighed.
_TASK_BYTES = 1400.0
_LEAST = 8.0


def judge(run: Run) -> Answer:
    """Tasks by what they run, in every sample; coroutines without a task, by the census."""
    names = {name for sample in run.looks for name in sample.tasks}
    found = []
    for name in names:
        rise = run.rise(run.over_looks(lambda sample, name=name: sample.tasks.get(name, 0)), _LEAST)  # type: ignore[misc]
        if rise is not None:
            each = next(
                (held.bytes_each for held, _ in run.rising if held.kind == "coroutine" and held.name == name), 0
            )
            found.append(run.suspect(f"task {name}", "tasks", rise, max(_TASK_BYTES, float(each))))
    known = {one.name.removeprefix("task ") for one in found}
    found += [suspect for held, suspect in run.rising if held.kind == "coroutine" and held.name not in known]
    count = sum(run.last.tasks.values())
    return judge_suspects(
        run,
        sorted(found, key=lambda one: -one.bytes_per_minute),
        f"{count} tasks run {len(run.last.tasks)} functions, and no more with time",
    )
