"""The process grows by what neither an owner, nor a name, nor the C allocator explains."""

from tidemark.memory.growth import Growth
from tidemark.proof.explained import explained_by_allocator, explained_by_owners, explained_by_python
from tidemark.proof.findings import Answer, Suspect
from tidemark.proof.run import Run
from tidemark.units import format_bytes


def judge(run: Run) -> Answer:
    """Anonymous memory beyond floor and ledger, and the share of its growth that has no name."""
    last = run.last
    beyond = last.process.anonymous - last.floor - sum(line.bytes_used for line in last.owners)
    figures = {"anonymous": float(last.process.anonymous), "floor": float(last.floor), "unaccounted": float(beyond)}
    words = f"{format_bytes(beyond)} beyond floor and ledger"
    if run.observed is None:
        return Answer(verdict=run.growth.growth, words=words, figures=figures)
    explained = max(explained_by_python(run) + explained_by_owners(run), explained_by_allocator(run))
    left = run.observed - explained
    figures |= {"observed_per_minute": run.observed, "explained_per_minute": explained}
    if left <= run.observed / 2:
        share = min(explained / run.observed, 1.0)
        return Answer(verdict=Growth.INVALID, words=f"{share:.0%} of the growth has a name", figures=figures)
    suspect = Suspect(
        name="memory without a name: mapped by no allocator that tells; next: memray attach --native",
        what="bytes",
        per_minute=left,
        bytes_per_minute=left,
        most_bytes_per_minute=left,
        share=left / run.observed,
    )
    return Answer(verdict=Growth.VALID, words=str(suspect), figures=figures, suspects=(suspect,))
