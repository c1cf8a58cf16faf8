"""Open descriptors become more: files or sockets that nobody closes."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import judge_count, unknown
from tidemark.proof.run import Run


def judge(run: Run) -> Answer:
    """Descriptors by kind; the kind that rises is told, with the file that is open most often."""
    if not run.last.descriptors.count:
        return unknown("this system does not list a process's descriptors")
    kinds = {name for sample in run.looks for name in sample.descriptors.kinds}
    for kind in sorted(kinds):
        points = run.over_looks(lambda sample, kind=kind: sample.descriptors.kinds.get(kind, 0))  # type: ignore[misc]
        if run.rise(points, 4.0) is not None:
            files = run.last.descriptors.files
            of = f", most often {max(files, key=files.__getitem__)}" if kind == "file" and files else ""
            return judge_count(run, f"open descriptors of kind {kind}{of}", "descriptors", points, 4.0)
    points = run.over_looks(lambda sample: sample.descriptors.count)
    return judge_count(run, "open descriptors", "descriptors", points, 4.0)
