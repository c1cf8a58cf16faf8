"""Samples a process over time: cheap ones often, whole ones now and then."""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from tidemark.errors import SilentProcessError
from tidemark.live.probe import Sample
from tidemark.proof.recording import Recording
from tidemark.units import SECOND

# More samples would not change the verdict of a run, and fewer could not give one.
_LOOKS = 200
_LOOKS_A_COUNT = 10
_LEAST_APART_S = 0.05
# A process hangs up on whoever asks nothing for two minutes.
_MOST_APART_S = 60.0
_UNKEPT = 50


class Source(Protocol):
    """Whoever gives samples: a running process over its socket, or a process that looks at itself."""

    def look(self) -> Sample:
        """The cheap part."""
        ...

    def count(self, weigh: tuple[str, ...] = ()) -> Sample:
        """All of it, with the entries of these names weighed."""
        ...


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run of samples has come: a share of it, and why it ended before its time, if it did."""

    share: float
    ended: str = ""


def apart_s(for_s: float) -> float:
    """Seconds between two samples of a run of *for_s* seconds."""
    return min(max(_LEAST_APART_S, for_s / _LOOKS), _MOST_APART_S)


def sample(
    source: Source,
    recording: Recording,
    for_s: float,
    *,
    sleep: Callable[[float], None],
    monotonic_ns: Callable[[], int],
) -> Iterator[Step]:
    """Fill *recording* for *for_s* seconds, from the first sample to the last; a step after each.

    Before the first one come some that are not kept: what the process takes to be asked is no growth. A process that
    ends or does not answer any more ends the run early; SilentProcessError only when it never answered.
    """
    if not recording.looks:
        _whole(source, recording)
        for _ in range(_UNKEPT):
            source.look()
    began = monotonic_ns()
    pause_s = apart_s(for_s)
    number = 0
    elapsed_s = 0.0
    while True:
        is_whole = number % _LOOKS_A_COUNT == 0
        try:
            recording.add(_whole(source, recording) if is_whole else source.look())
        except SilentProcessError as error:
            yield Step(share=elapsed_s / for_s, ended=str(error))
            return
        number += 1
        yield Step(share=min(1.0, elapsed_s / for_s))
        if elapsed_s >= for_s:
            return
        sleep(max(0.0, min(number * pause_s, for_s) - (monotonic_ns() - began) / SECOND))
        elapsed_s = (monotonic_ns() - began) / SECOND


def _whole(source: Source, recording: Recording) -> Sample:
    """A whole sample; a cheap one while the memory for it is not to be had."""
    try:
        return source.count(recording.rising_names())
    except SilentProcessError as error:
        if not error.retry:
            raise
        return source.look()
