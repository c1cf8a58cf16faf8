"""The audit: every hypothesis about one run, its canaries, and the verdict that follows from all of them."""

import math
from collections.abc import Callable
from enum import IntEnum

import msgspec

from tidemark.memory.growth import Growth
from tidemark.proof.canary import Canary, plant
from tidemark.proof.findings import Finding, Suspect
from tidemark.proof.hypotheses import registry
from tidemark.proof.hypotheses.base import Hypothesis
from tidemark.proof.recording import Recording
from tidemark.proof.run import Run
from tidemark.units import MILLISECOND, format_bytes, format_seconds

# What says whether a process is in order, rather than that it is not.
_CURES = frozenset({"cleanup"})
_REPEATS = frozenset({"objects"})


class Code(IntEnum):
    """How `tidemark audit` ends."""

    FLAT = 0
    GROWS = 1
    INCONCLUSIVE = 3


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """An audit of one run.

    `verdict` is on the process: VALID, it grows or breaks a bound; INVALID, neither; INCONCLUSIVE, the run has to be
    longer by `missing_s`, or is void because a canary was not told right. `per_hour`: bytes, None where no growth is
    said. `ranked`: who explains how much of it, the largest share first. Times are by the process's clock.
    """

    verdict: Growth
    summary: str
    seconds: float
    messages: int
    samples: int
    counts: int
    missing_s: float
    memory: Growth
    blocks: Growth
    per_hour: float | None
    findings: tuple[Finding, ...]
    ranked: tuple[Suspect, ...]
    canaries: tuple[Canary, ...]
    is_void: bool

    @property
    def code(self) -> Code:
        """The exit code."""
        return {Growth.VALID: Code.GROWS, Growth.INVALID: Code.FLAT, Growth.INCONCLUSIVE: Code.INCONCLUSIVE}[
            self.verdict
        ]


def audit(recording: Recording, monotonic_ns: Callable[[], int]) -> Report:
    """Judge what was recorded, of at least one sample; *monotonic_ns* is the clock's, for the time that it takes."""
    run = Run(recording)
    findings = tuple(_judge(name, hypothesis, run, monotonic_ns) for name, hypothesis in registry.find_all())
    canaries = plant(run)
    is_void = not all(canary.is_sound for canary in canaries)
    ranked = _rank(findings)
    verdict = _verdict(run, findings, is_void=is_void)
    return Report(
        verdict=verdict,
        summary=_summary(run, findings, verdict, ranked, is_void=is_void),
        seconds=run.seconds,
        messages=run.messages,
        samples=len(run.looks),
        counts=len(run.counts),
        missing_s=run.missing_s,
        memory=run.growth.memory.growth,
        blocks=run.growth.blocks.growth,
        per_hour=None if run.observed is None else run.observed * 60,
        findings=findings,
        ranked=ranked,
        canaries=canaries,
        is_void=is_void,
    )


def _judge(name: str, hypothesis: Hypothesis, run: Run, monotonic_ns: Callable[[], int]) -> Finding:
    began = monotonic_ns()
    answer = hypothesis.judge(run)
    return Finding(
        hypothesis=name,
        claim=(hypothesis.__doc__ or "").strip().splitlines()[0],
        verdict=answer.verdict,
        words=answer.words,
        figures=answer.figures,
        suspects=answer.suspects,
        is_exact=answer.is_exact,
        took_ms=(monotonic_ns() - began) / MILLISECOND,
    )


def _verdict(run: Run, findings: tuple[Finding, ...], *, is_void: bool) -> Growth:
    faults = [finding for finding in findings if finding.verdict is Growth.VALID and finding.hypothesis not in _CURES]
    if any(finding.is_exact for finding in faults):
        return Growth.VALID
    if is_void:
        return Growth.INCONCLUSIVE
    return Growth.VALID if faults else run.growth.growth


def _rank(findings: tuple[Finding, ...]) -> tuple[Suspect, ...]:
    """The suspects of what is VALID: what is exact, then the largest share first; at the end types of objects.

    How many objects there are of a type only repeats what else is named.
    """
    found = [
        (not finding.is_exact, finding.hypothesis in _REPEATS, suspect)
        for finding in findings
        if finding.verdict is Growth.VALID
        for suspect in finding.suspects
    ]
    found.sort(key=lambda one: (*one[:2], one[2].share is None, -(one[2].share or 0.0), one[2].name))
    return tuple(suspect for *_, suspect in found)


def _summary(
    run: Run, findings: tuple[Finding, ...], verdict: Growth, ranked: tuple[Suspect, ...], *, is_void: bool
) -> str:
    """One line."""
    exact = [finding for finding in findings if finding.verdict is Growth.VALID and finding.is_exact]
    if exact:
        return exact[0].words
    if run.missing_s:
        return (
            f"too short to judge: {_about(run.seconds)} with {len(run.looks)} samples; it needs {_about(run.missing_s)}"
            " more"
        )
    if is_void:
        return "void: this run is too noisy to tell a leak from a plateau; let it run twice as long"
    match verdict:
        case Growth.VALID if run.observed is not None:
            culprit = ranked[0].name if ranked else "nothing that has a name"
            return f"grows by {format_bytes(run.observed * 60)} an hour; {culprit}"
        case Growth.VALID:
            return ranked[0].name if ranked else "a number that should stay becomes more"
        case Growth.INVALID:
            return "flat: growth is ruled out, and every bound holds"
    return f"neither growth nor its absence is certain; let it run twice as long ({_about(run.seconds)} more)"


def _about(seconds: float) -> str:
    """Seconds for people: whole ones, and whole minutes where there are many."""
    return format_seconds(math.ceil(seconds) if seconds < 2 * 60 else 60 * math.ceil(seconds / 60))
