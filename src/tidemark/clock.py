"""The only reader of the system clock. Everything else is given a time, or a Clock."""

import time
from typing import NamedTuple, Protocol

# A smaller difference between the clocks is not called a jump: reading them takes a while on a busy machine.
_NOTICED_NS = 250_000_000


class Clock(Protocol):
    """What a driver knows of time."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed point; never goes back."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed point; never goes back."""
        return time.monotonic_ns()

    def cpu_ns(self) -> int:
        """CPU time that this process has used, user and system, in nanoseconds."""
        return time.process_time_ns()

    def boot_ns(self) -> int:
        """Like `monotonic_ns`, and goes on while the machine sleeps; the same where the system cannot tell."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic_ns()


class Jump(NamedTuple):
    """Our clock was set by *step_ns*, beside *slept_ns* during which the machine was asleep."""

    step_ns: int
    slept_ns: int


class SteadyClock(SystemClock):
    """The clock of this machine, that moves with the monotonic one: a system clock that is set does not move it.

    `look` says whether that has happened, and only then the new time holds: whoever calls it can put right what was
    measured before, and nothing is stamped in between. source: what it reads.
    """

    def __init__(self, source: SystemClock | None = None) -> None:
        self._source = source or SystemClock()
        self._base = self._source.now_ns() - self._source.monotonic_ns()
        self._asleep = self._source.boot_ns() - self._source.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC, as the system clock had it when it was last looked at."""
        return self._source.monotonic_ns() + self._base

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed point; never goes back."""
        return self._source.monotonic_ns()

    def cpu_ns(self) -> int:
        """CPU time that this process has used, user and system, in nanoseconds."""
        return self._source.cpu_ns()

    def boot_ns(self) -> int:
        """Like `monotonic_ns`, and goes on while the machine sleeps."""
        return self._source.boot_ns()

    def look(self) -> Jump | None:
        """Compare with the system clock; take its time when it is off by a quarter of a second, and say how it jumped.

        Two clocks cannot be read at one moment: the smaller of two differences is believed.
        """
        moved = min((self._moved() for _ in range(2)), key=abs)
        asleep = self._source.boot_ns() - self._source.monotonic_ns()
        slept = asleep - self._asleep if asleep - self._asleep >= _NOTICED_NS else 0
        if abs(moved) < _NOTICED_NS and not slept:
            return None
        self._base += moved
        self._asleep = asleep
        return Jump(step_ns=moved - slept, slept_ns=slept)

    def _moved(self) -> int:
        return self._source.now_ns() - self._source.monotonic_ns() - self._base


class EventClock:
    """A clock that stands still until it is set: the time of a replay is the time of its last event."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """The time that was set last."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """The same: an event clock has no other."""
        return self._now_ns

    def set(self, now_ns: int) -> None:
        """Move to *now_ns*; an earlier time is ignored, so that the clock never goes back."""
        self._now_ns = max(self._now_ns, now_ns)
