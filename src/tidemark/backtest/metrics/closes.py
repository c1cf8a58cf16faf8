"""The last point of every period of an equity that comes in pieces, and the returns from each to the next."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.moments import Moments
from tidemark.units import DAY

Array = npt.NDArray[Any]

# Twenty years of days: so many returns are kept for intervals, 57 KiB.
MOST = 7305


class Closes:
    """The last equity of each period; a point at its very end belongs to the period that ends there.

    Memory: one point.
    """

    def __init__(self, period_ns: int = DAY) -> None:
        self.period_ns = period_ns
        self.open: tuple[int, float] | None = None

    def put(self, at: Array, equity: Array) -> list[tuple[int, float]]:
        """The periods that are over now: their numbers since the epoch, and their last equity.

        at: int64 ns (n,), rising; equity: float64 (n,).
        """
        if not len(at):
            return []
        number = (at - 1) // self.period_ns
        last = np.r_[np.flatnonzero(np.diff(number)), len(at) - 1]
        over = []
        for one in zip(number[last].tolist(), equity[last].tolist(), strict=True):
            if self.open is not None and self.open[0] != one[0]:
                over.append(self.open)
            self.open = one
        return over


class Returns:
    """The returns of consecutive periods. One without a point kept the equity that it began with: its return is 0.

    Nothing can be earned on nothing: where an equity is 0 or below, the returns end, and `is_ruined` says so.
    Memory: the first *most* returns are kept, all of them count for the moments.
    """

    def __init__(self, start: float, first: int, most: int = MOST) -> None:
        self.moments = Moments()
        self.below = 0.0
        self.lowest: float | None = None
        self.highest: float | None = None
        self.unseen = 0
        self.is_ruined = False
        self._close = start
        self._next = first
        self._kept = np.zeros(most, np.float64)

    def put(self, number: int, close: float) -> None:
        """Period *number* ended with an equity of *close*."""
        for _ in range(self._next, number):
            self.unseen += 1
            self._add(0.0)
        self._add(close / self._close - 1.0 if not self.is_ruined else 0.0)
        self.is_ruined = self.is_ruined or close <= 0.0
        self._next, self._close = number + 1, close

    @property
    def kept(self) -> Array:
        """A copy of those that are kept, float64 (n,)."""
        return self._kept[: self.moments.count].copy()

    @property
    def is_cut(self) -> bool:
        """Whether there were more of them than are kept."""
        return self.moments.count > len(self._kept)

    def copy(self) -> "Returns":
        """One that goes on by itself."""
        other = Returns(self._close, self._next, 0)
        other.moments.merge(self.moments)
        other.below, other.lowest, other.highest = self.below, self.lowest, self.highest
        other.unseen, other.is_ruined, other._kept = self.unseen, self.is_ruined, self._kept.copy()
        return other

    def _add(self, value: float) -> None:
        if self.is_ruined:
            return
        if self.moments.count < len(self._kept):
            self._kept[self.moments.count] = value
        self.moments.add(value)
        self.below += min(value, 0.0) ** 2
        self.lowest = value if self.lowest is None else min(self.lowest, value)
        self.highest = value if self.highest is None else max(self.highest, value)
