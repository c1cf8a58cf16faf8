"""What may still be asked of an exchange: pure accounting, fed with times and with what replies say."""

from collections import deque
from enum import Enum

from tidemark.ingest.venues.queries import Budget, Spent
from tidemark.units import MILLISECOND, SECOND

# Others may share the address, and the exchange's window is not ours to the millisecond.
SHARE = 0.8
# Of what we use, so much is for what can wait: the rest stays free for what cannot.
BACKGROUND_SHARE = 0.6


class Priority(Enum):
    """How urgent a request is. BACKGROUND leaves a share of the window to others."""

    NORMAL = "normal"
    BACKGROUND = "background"


class WeightBudget:
    """The weight spent in a sliding window, per venue. Times are monotonic nanoseconds."""

    def __init__(self, budget: Budget) -> None:
        self._limit = int(budget.weight * SHARE)
        self._limits = {Priority.NORMAL: self._limit, Priority.BACKGROUND: int(self._limit * BACKGROUND_SHARE)}
        self._window_ns = int(budget.window_s * SECOND)
        self._spent: deque[tuple[int, int]] = (
            deque()
        )  # bounded: each entry weighs at least 1, all weigh at most the limit
        self._total = 0
        self._paused_until = 0

    def acquire(self, weight: int, now_ns: int, priority: Priority = Priority.NORMAL) -> float:
        """Spend *weight* and return 0.0, or return the seconds until it is worth asking again and spend nothing.

        A weight beyond the whole budget passes when the window is empty.
        """
        self._forget(now_ns)
        if now_ns < self._paused_until:
            return (self._paused_until - now_ns) / SECOND
        limit = self._limits[priority]
        if self._total + weight <= limit or not self._spent:
            self._add(weight, now_ns)
            return 0.0
        excess = self._total + weight - limit
        for at, spent in self._spent:
            excess -= spent
            if excess <= 0:
                return (at + self._window_ns - now_ns) / SECOND
        return (self._spent[-1][0] + self._window_ns - now_ns) / SECOND

    def observe(self, spent: Spent, now_ns: int, wall_ms: int) -> None:
        """Take in what a reply says: more may be used than we know of, by others behind the same address."""
        self._forget(now_ns)
        if spent.used is not None and spent.used > self._total:
            self._add(min(spent.used, 10 * self._limit) - self._total, now_ns)
        if spent.left == 0 and spent.resets_at_ms is not None:
            wait_ms = min(spent.resets_at_ms - wall_ms, self._window_ns // MILLISECOND)
            if wait_ms > 0:
                self.pause(wait_ms / 1000, now_ns)

    def pause(self, seconds: float, now_ns: int) -> None:
        """Let nothing through for *seconds*; a longer pause that runs already stays."""
        self._paused_until = max(self._paused_until, now_ns + int(seconds * SECOND))

    def limit(self, priority: Priority) -> int:
        """The weight that *priority* may bring a window to."""
        return self._limits[priority]

    @property
    def spent(self) -> int:
        """The weight in the window, as of the last call."""
        return self._total

    def _add(self, weight: int, now_ns: int) -> None:
        if weight > 0:
            self._spent.append((now_ns, weight))
            self._total += weight

    def _forget(self, now_ns: int) -> None:
        while self._spent and self._spent[0][0] + self._window_ns <= now_ns:
            self._total -= self._spent.popleft()[1]
