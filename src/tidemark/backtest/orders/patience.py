"""Work that is given up when it takes too long, in the main thread of a process that has nothing else to do."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tidemark.clock import Clock, SystemClock
from tidemark.units import SECOND


class Impatience(BaseException):
    """It took too long. No Exception: whoever passes over what cannot be read does not pass over this."""


class Deadline:
    """A moment, so many seconds from now on."""

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._at = self._clock.monotonic_ns() + int(seconds * SECOND)

    @property
    def left_s(self) -> float:
        """Seconds until then; below 0 where it has passed."""
        return (self._at - self._clock.monotonic_ns()) / SECOND


@contextmanager
def patient(seconds: float) -> Iterator[None]:
    """Impatience where what is done in the `with` block takes longer than that."""
    if seconds <= 0.0:
        raise Impatience

    def ring(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Impatience

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
