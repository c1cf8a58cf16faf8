"""How far an equity that comes in pieces fell below its highest, and how long it stayed there."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """The deepest fall: from the last point at the highest equity to the first that reaches it again; times in ns.

    depth: the lowest equity against the highest before it, a fraction, not above 0. recovered_at: None where it was
    not reached again.
    """

    depth: float
    peak_at: int
    trough_at: int
    recovered_at: int | None


class Drawdowns:
    """Of points in time order, however they are cut; the equity at the beginning is the first peak.

    Memory: a few numbers.
    """

    def __init__(self, start: float, began: int) -> None:
        self.worst: Drawdown | None = None
        self._worst_peak = start
        self._peak, self._peak_at = start, began
        self._is_below = False
        self._last = began
        self._longest = 0

    def put(self, at: Array, equity: Array) -> None:
        """Go on with points; at: int64 ns (n,), rising; equity: float64 (n,)."""
        if not len(at):
            return
        # Row 0 is the peak so far, so that what follows may look back.
        times, figures = np.r_[self._peak_at, at], np.r_[self._peak, equity]
        peaks = np.maximum.accumulate(figures)
        tops = np.flatnonzero(figures >= peaks)
        self._recover(at, equity)
        self._deepen(times, figures, peaks, tops)
        self._measure(times, tops)
        self._peak, self._peak_at = float(peaks[-1]), int(times[tops[-1]])
        self._is_below = bool(tops[-1] != len(at))
        self._last = int(at[-1])

    @property
    def longest_ns(self) -> int:
        """The longest time from a highest equity until it was reached again, or until the last point."""
        return max(self._longest, self._last - self._peak_at) if self._is_below else self._longest

    @property
    def ended(self) -> int:
        """The time of the last point (ns)."""
        return self._last

    def _recover(self, at: Array, equity: Array) -> None:
        if self.worst is not None and self.worst.recovered_at is None:
            reached = equity >= self._worst_peak
            if reached.any():
                self.worst = msgspec.structs.replace(self.worst, recovered_at=int(at[np.argmax(reached)]))

    def _deepen(self, times: Array, figures: Array, peaks: Array, tops: Array) -> None:
        depths = figures / peaks - 1.0
        lowest = int(np.argmin(depths))
        if depths[lowest] >= (0.0 if self.worst is None else self.worst.depth):
            return
        reached = figures[lowest:] >= peaks[lowest]
        self._worst_peak = float(peaks[lowest])
        self.worst = Drawdown(
            depth=float(depths[lowest]),
            peak_at=int(times[tops[np.searchsorted(tops, lowest) - 1]]),
            trough_at=int(times[lowest]),
            recovered_at=int(times[lowest + np.argmax(reached)]) if reached.any() else None,
        )

    def _measure(self, times: Array, tops: Array) -> None:
        """The time under water between tops: those with points between them, which are all lower."""
        apart = np.diff(tops) > 1
        if self._is_below and len(apart):
            apart[0] = True
        if apart.any():
            self._longest = max(self._longest, int(np.diff(times[tops])[apart].max()))
