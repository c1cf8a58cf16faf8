"""One file of Python holds ever more memory."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_suspects, unknown
from tidemark.proof.run import Run

_LEAST = 16 * 1024.0


def judge(run: Run) -> Answer:
    """Where Python traces its allocations: bytes by the file that allocated them."""
    whole = run.whole
    if whole is None or whole.dear is None:
        return unknown("no whole sample was taken")
    if whole.dear.traced is None:
        return unknown("Python does not trace its allocations here; PYTHONTRACEMALLOC=1 before the start makes it")
    tables = [
        {one.file: one.bytes for one in sample.dear.traced or ()} for sample in run.counts if sample.dear is not None
    ]
    times = [at for at, _ in run.over_counts(lambda _: 0.0)]
    found = []
    for file in tables[-1]:
        rise = run.rise([(at, float(table.get(file, 0))) for at, table in zip(times, tables, strict=True)], _LEAST)
        if rise is not None:
            found.append(run.suspect(f"file {file}", "bytes", rise, 1.0))
    return judge_suspects(run, sorted(found, key=lambda one: -one.bytes_per_minute), "no file holds more than before")
