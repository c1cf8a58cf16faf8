"""The only reader of the system clock. Everything else is given a time, or a Clock."""

import time
from typing import Protocol


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
