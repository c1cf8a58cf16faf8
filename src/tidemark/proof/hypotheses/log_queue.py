"""Log lines wait in a queue that becomes longer, or has no limit."""

from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import absent, judge_count
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """The queues behind the handlers of all loggers."""
    limit = run.last.logging.queue_limit
    if limit is None:
        return absent("no log queue in this process: lines are written as they come")
    if limit == 0:
        return Answer(
            verdict=Growth.VALID, words=f"a log queue has no limit; {run.last.logging.queued} lines wait", is_exact=True
        )
    return judge_count(
        run, "log queue", "lines waiting", run.over_looks(lambda sample: sample.logging.queued), limit / 10
    )
