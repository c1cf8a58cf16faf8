"""C code allocates memory and does not free it: nothing of Python's becomes more while memory does."""

from tidemark.memory.growth import Growth
from tidemark.proof.explained import explained_by_owners, explained_by_python
from tidemark.proof.findings import Answer, Suspect
from tidemark.proof.hypotheses.base import unknown
from tidemark.proof.run import Run
from tidemark.units import format_bytes


def judge(run: Run) -> Answer:
    """In use by mallinfo2, less what owners and the names of the census explain."""
    last = run.last.allocator
    if last is None:
        return unknown("this C library does not tell what is in use (mallinfo2 is glibc's, from 2.33)")
    figures = {"in_use": float(last.in_use), "mapped": float(last.mapped), "blocks": float(run.last.process.blocks)}
    verdict = run.judge(lambda sample: sample.allocator.in_use if sample.allocator else 0, run.byte_threshold)
    if verdict.growth is not Growth.VALID or verdict.slope is None:
        words = f"{format_bytes(last.in_use)} in use by C code and large objects"
        return Answer(verdict=verdict.growth, words=words, figures=figures)
    rate = verdict.slope.value / run.minutes - explained_by_python(run) - explained_by_owners(run)
    if run.observed is None or rate <= run.observed / 2:
        return Answer(verdict=Growth.INVALID, words="what Python holds explains what is in use", figures=figures)
    are_flat = run.growth.blocks.growth is not Growth.VALID
    suspect = Suspect(
        name="native memory"
        + (", blocks flat while anonymous rises" if are_flat else "")
        + "; next: memray attach --native",
        what="bytes",
        per_minute=rate,
        bytes_per_minute=rate,
        most_bytes_per_minute=verdict.slope.upper / run.minutes,
        share=rate / run.observed,
    )
    return Answer(verdict=Growth.VALID, words=str(suspect), figures=figures, suspects=(suspect,))
