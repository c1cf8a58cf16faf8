"""A logger has a handler twice, or ever more of them."""

from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer, Suspect
from tidemark.proof.hypotheses.base import judge_count
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Exact for a handler that stands there twice: each line is written twice, and each of them is kept."""
    handlers = run.last.logging.handlers
    count = sum(one.count for one in handlers)
    figures = {"handlers": float(count)}
    twice = sorted((one for one in handlers if one.count > 1), key=lambda one: -one.count)
    if twice:
        suspects = tuple(
            Suspect(
                name=f"logger {one.logger} has {one.count} handlers to {one.to}",
                what="handlers",
                per_minute=max(0.0, (one.count - 1) / run.minutes) if run.minutes else 0.0,
                bytes_per_minute=0.0,
                most_bytes_per_minute=0.0,
            )
            for one in twice
        )
        return Answer(verdict=Growth.VALID, words=suspects[0].name, figures=figures, suspects=suspects, is_exact=True)
    points = run.over_looks(lambda sample: sum(one.count for one in sample.logging.handlers))
    return judge_count(run, "log handlers", "log handlers", points, 2.0)
