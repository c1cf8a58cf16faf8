"""The C allocator holds ever more than is in use: memory is free in pieces, and not given back."""

from tidemark.memory.growth import Growth
from tidemark.proof.findings import Answer, Suspect
from tidemark.proof.hypotheses.base import unknown
from tidemark.proof.run import Run
from tidemark.units import format_bytes


def judge(run: Run) -> Answer:
    """Held against in use, by mallinfo2, over the run."""
    last = run.last.allocator
    if last is None:
        return unknown("this C library does not tell what it holds (mallinfo2 is glibc's, from 2.33)")
    figures = {"held": float(last.held), "in_use": float(last.in_use), "unused": float(last.unused)}
    words = f"{format_bytes(last.held)} held, {format_bytes(last.in_use)} of it in use"
    verdict = run.judge(lambda sample: sample.allocator.unused if sample.allocator else 0, run.byte_threshold)
    if verdict.growth is not Growth.VALID or verdict.slope is None:
        return Answer(verdict=verdict.growth, words=words, figures=figures)
    # What grows is held and unused; what was unused and is used now is no growth of the process.
    rate = verdict.slope.value / run.minutes
    suspect = Suspect(
        name="fragmentation: held by the C allocator and in nobody's use",
        what="bytes",
        per_minute=rate,
        bytes_per_minute=rate,
        most_bytes_per_minute=verdict.slope.upper / run.minutes,
        share=None if run.observed is None else rate / run.observed,
    )
    if run.growth.growth is Growth.INVALID or suspect.is_too_small:
        return Answer(verdict=Growth.INVALID, words=f"{words}; the process does not grow by it", figures=figures)
    return Answer(verdict=Growth.VALID, words=str(suspect), figures=figures, suspects=(suspect,))
