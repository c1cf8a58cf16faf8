"""What a hypothesis is, and how those of one kind are judged.

A hypothesis is one module of this folder: the first line of its docstring is the claim, and `judge(run)` answers it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from tidemark.memory.growth import Growth
from tidemark.memory.ledger import OwnerReport
from tidemark.proof.findings import LEAST_SHARE, Answer, Suspect
from tidemark.proof.run import LEAST_COUNTS, Run
from tidemark.units import format_bytes


class Hypothesis(Protocol):
    """A module of this folder."""

    __name__: str
    __doc__: str

    def judge(self, run: Run) -> Answer:
        """Whether the claim holds for *run*."""
        ...


def absent(words: str) -> Answer:
    """There is nothing that the claim could be about, and that was looked up."""
    return Answer(verdict=Growth.INVALID, words=words, is_exact=True)


def unknown(words: str) -> Answer:
    """Whether there is anything that the claim could be about cannot be looked up here."""
    return Answer(verdict=Growth.INCONCLUSIVE, words=words)


def judge_suspects(run: Run, suspects: Sequence[Suspect], flat: str) -> Answer:
    """Whether something among *suspects* makes the process grow; *flat* says it when there is none."""
    figures = {"rising": float(len(suspects)), "counts": float(len(run.counts))}
    if run.missing_s or len(run.counts) < LEAST_COUNTS:
        words = "the run is too short" if run.missing_s else "too few whole samples were taken"
        return Answer(verdict=Growth.INCONCLUSIVE, words=words, figures=figures, suspects=tuple(suspects))
    if not suspects:
        return Answer(verdict=Growth.INVALID, words=flat, figures=figures)
    causes = tuple(one for one in suspects if not one.is_too_small)
    match run.growth.growth:
        case Growth.INVALID:
            words = f"{suspects[0].name} becomes more, and the process does not grow"
            return Answer(verdict=Growth.INVALID, words=words, figures=figures)
        case Growth.INCONCLUSIVE:
            return Answer(
                verdict=Growth.INCONCLUSIVE, words=str(suspects[0]), figures=figures, suspects=tuple(suspects)
            )
    if not causes:
        words = f"{suspects[0].name} grows, and explains under {LEAST_SHARE:.0%} of the growth at most"
        return Answer(verdict=Growth.INVALID, words=words, figures=figures, suspects=tuple(suspects))
    return Answer(verdict=Growth.VALID, words=str(causes[0]), figures=figures, suspects=causes)


def judge_count(run: Run, name: str, what: str, points: Sequence[tuple[float, float]], least: float) -> Answer:
    """Whether a number that should stay rises over *points*, whatever it takes of memory."""
    values = [value for _, value in points]
    figures = {"first": values[0], "last": values[-1], "most": max(values)} if values else {}
    rise = run.rise(points, least)
    if rise is not None and not run.missing_s:
        suspect = Suspect(
            name=name, what=what, per_minute=rise.per_minute, bytes_per_minute=0.0, most_bytes_per_minute=0.0
        )
        return Answer(verdict=Growth.VALID, words=str(suspect), figures=figures, suspects=(suspect,))
    if run.missing_s:
        return Answer(
            verdict=Growth.INCONCLUSIVE, words=f"{values[-1]:g} {what}; the run is too short", figures=figures
        )
    if len(run.late(points)) < LEAST_COUNTS:
        return Answer(
            verdict=Growth.INCONCLUSIVE, words=f"{values[-1]:g} {what}; too few samples tell them", figures=figures
        )
    return Answer(verdict=Growth.INVALID, words=f"{values[-1]:g} {what}, and no more with time", figures=figures)


def judge_owners(run: Run, owns: Callable[[OwnerReport], bool], none: str) -> Answer:
    """Whether an owner that *owns* chooses held more than it declared, ever; *none* says that there is none."""
    lines = [line for line in run.last.owners if owns(line)]
    if not lines:
        return absent(none)
    figures = {
        "owners": float(len(lines)),
        "bytes_used": float(sum(line.bytes_used for line in lines)),
        "bytes_reserved": float(sum(line.bytes_reserved for line in lines)),
        "full": float(sum(line.used == line.capacity for line in lines)),
    }
    broken = tuple(
        dict.fromkeys(words for sample in run.looks for line in sample.owners if owns(line) for words in over(line))
    )
    if broken:
        return Answer(verdict=Growth.VALID, words="; ".join(broken[:3]), figures=figures, is_exact=True)
    fullest = max(lines, key=lambda line: line.bytes_used / max(line.bytes_reserved, 1))
    told = f"{fullest.owner} holds {fullest.used:,} of {fullest.capacity:,}"
    words = (
        f"{len(lines)} owners hold {format_bytes(figures['bytes_used'])} of {format_bytes(figures['bytes_reserved'])};"
        f" the fullest: {told}"
        if len(lines) > 1
        else told
    )
    return Answer(verdict=Growth.INVALID, words=words, figures=figures, is_exact=True)


def over(line: OwnerReport) -> Iterable[str]:
    """The bounds that one owner breaks, in words."""
    if line.used > line.capacity and line.kind != "external":
        yield f"{line.owner} holds {line.used:,} items of {line.capacity:,}"
    if line.bytes_used > line.bytes_reserved:
        yield f"{line.owner} holds {format_bytes(line.bytes_used)} of {format_bytes(line.bytes_reserved)}"
