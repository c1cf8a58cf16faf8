"""When frames leave: recorded or generated time against this machine's clock."""

import asyncio

from tidemark.clock import Clock

# Waking up for every frame would cost more than the frames.
GRAIN_NS = 5_000_000


class Pacer:
    """Maps the exchange's time to the clock: *speed* seconds a second, or None for no waiting at all."""

    def __init__(self, clock: Clock, speed: float | None) -> None:
        self._clock = clock
        self.speed = speed
        self._from_ns: int | None = None
        self._began_ns = 0

    @property
    def has_begun(self) -> bool:
        """Whether time runs."""
        return self._from_ns is not None

    def begin(self, from_ns: int) -> None:
        """Let the exchange's time *from_ns* be now."""
        self._from_ns = from_ns
        self._began_ns = self._clock.monotonic_ns()

    def now_ns(self, newest_ns: int) -> int:
        """The exchange's time now; never past *newest_ns*, that of the newest frame."""
        if self.speed is None or self._from_ns is None:
            return newest_ns
        elapsed = self._clock.monotonic_ns() - self._began_ns
        return min(newest_ns, self._from_ns + round(elapsed * self.speed))

    def wait_ns(self, at_ns: int) -> int:
        """How long until *at_ns*; 0 when it is due, at least a grain otherwise."""
        if self.speed is None or self._from_ns is None:
            return 0
        due = self._began_ns + round((at_ns - self._from_ns) / self.speed)
        wait = due - self._clock.monotonic_ns()
        return max(wait, GRAIN_NS) if wait > 0 else 0

    async def until(self, at_ns: int) -> None:
        """Return when *at_ns* has come; other tasks get their turn in any case."""
        await asyncio.sleep(self.wait_ns(at_ns) / 1e9)
