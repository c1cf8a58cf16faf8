"""How much of the time there was a position, and how large it was, of points that come in pieces."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Holdings:
    """Every point holds until the next one; before the first there is no position.

    Sums are taken one by one in the order of time, so that cutting changes no bit. Memory: a few numbers.
    """

    def __init__(self, start: float, began: int) -> None:
        self.held_ns = 0
        self.highest = 0.0
        self._exposures = 0.0
        self._equities = 0.0
        self._began = began
        self._last = (began, start, 0.0)

    def put(self, at: Array, equity: Array, exposure: Array) -> None:
        """Go on with points; exposure: what all positions are worth, without their sign, in quote currency."""
        if not len(at):
            return
        time, start, held = self._last
        times, equities, held_for = np.r_[time, at], np.r_[start, equity], np.r_[held, exposure]
        spans = np.diff(times)
        shares = np.divide(held_for, equities, out=np.zeros(len(times)), where=equities > 0.0)
        self.held_ns += int(spans[held_for[:-1] > 0.0].sum())
        self.highest = max(self.highest, float(shares.max()))
        self._exposures = _summed(self._exposures, shares[:-1] * spans)
        self._equities = _summed(self._equities, equities[:-1] * spans)
        self._last = (int(at[-1]), float(equity[-1]), float(exposure[-1]))

    @property
    def mean_exposure(self) -> float:
        """The mean over time of all positions against the equity; 0 before any time has passed."""
        return self._exposures / self._passed if self._passed else 0.0

    @property
    def mean_equity(self) -> float:
        """The mean equity over time."""
        return self._equities / self._passed if self._passed else self._last[1]

    @property
    def _passed(self) -> int:
        return self._last[0] - self._began


def _summed(carried: float, figures: Array) -> float:
    return float(np.add.accumulate(np.r_[carried, figures])[-1])
