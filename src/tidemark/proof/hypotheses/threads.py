"""Threads become more."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_count
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Threads by name; the name that rises is told."""
    names = {name for sample in run.looks for name in sample.threads}
    for name in sorted(names):
        points = run.over_looks(lambda sample, name=name: sample.threads.get(name, 0))  # type: ignore[misc]
        if run.rise(points, 4.0) is not None:
            return judge_count(run, f"threads called {name}", "threads", points, 4.0)
    return judge_count(run, "threads", "threads", run.over_looks(lambda sample: sum(sample.threads.values())), 4.0)
