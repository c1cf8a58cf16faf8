"""What lies between the candles of a market: days without trading, holes, and jumps that look like a split.

All of it is told and nothing is changed: no candle is filled in, no price adjusted.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY

Array = npt.NDArray[Any]

# One share becomes so many; the other way round as well.
RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
# As far as a market moves from a close to an open that nothing else has happened in between.
_NEAR = 0.04
# Of the splits of a file so many are told one by one.
TOLD = 20


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A jump between two candles that looks like a split: the later one's open time (ns), close before, open after.

    ratio: new shares for an old one; below 1 when shares were put together.
    """

    symbol: str
    at: int
    before: float
    after: float
    ratio: float


class Gaps(msgspec.Struct, frozen=True, kw_only=True):
    """Where the next candle does not follow at once: how often, and how many candles would lie in there.

    weekends: how many of them hold a Saturday or a Sunday. longest_from, longest_to: the candles (open times, ns) on
    both sides of the longest; None without one.
    """

    places: int
    missing: int
    weekends: int
    longest_from: int | None
    longest_to: int | None


class Continuity:
    """Takes the candles of a file in order. Memory: one entry a symbol, as many as the file was let have."""

    def __init__(self, timeframe: Timeframe) -> None:
        self._timeframe = timeframe
        self._last: dict[str, tuple[int, float]] = {}  # bounded: the symbols of one file, which `Checker` bounds
        self._places = self._missing = self._weekends = 0
        self._longest: tuple[int, int] | None = None
        self.splits: list[Split] = []  # bounded: TOLD
        self.splits_found = 0

    def take(self, symbol: str, times: Array, opened: Array, close: Array) -> None:
        """The next candles of *symbol*."""
        last = self._last.get(symbol)
        if last is not None:
            times = np.concatenate([[last[0]], times])
            opened, close = np.concatenate([[np.nan], opened]), np.concatenate([[last[1]], close])
        self._last[symbol] = int(times[-1]), float(close[-1])
        step = self._timeframe.ns
        distance = np.diff(times)
        is_gap = distance > step
        before, after = times[:-1][is_gap], times[1:][is_gap]
        self._places += len(before)
        self._missing += int(((after - before) // step - 1).sum())
        self._weekends += int(_holds_weekend(before + step, after).sum())
        if len(before):
            at = int((after - before).argmax())
            if self._longest is None or after[at] - before[at] > self._longest[1] - self._longest[0]:
                self._longest = int(before[at]), int(after[at])
        is_overnight = is_gap | (self._timeframe is Timeframe.D1)
        for at in np.flatnonzero(is_overnight & (np.abs(np.log(close[:-1] / opened[1:])) > 0.3)).tolist():
            self._jump(symbol, int(times[at + 1]), float(close[at]), float(opened[at + 1]))

    @property
    def gaps(self) -> Gaps:
        """What was found until now."""
        begin, end = self._longest or (None, None)
        return Gaps(
            places=self._places, missing=self._missing, weekends=self._weekends, longest_from=begin, longest_to=end
        )

    def _jump(self, symbol: str, at: int, before: float, after: float) -> None:
        factor = max(before / after, after / before)
        nearest = min(RATIOS, key=lambda ratio: abs(factor / ratio - 1.0))
        if abs(factor / nearest - 1.0) > _NEAR:
            return
        self.splits_found += 1
        if len(self.splits) < TOLD:
            ratio = nearest if before > after else 1.0 / nearest
            self.splits.append(Split(symbol=symbol, at=at, before=before, after=after, ratio=ratio))


def _holds_weekend(begin: Array, end: Array) -> Array:
    """Whether a Saturday or a Sunday begins within [begin, end), or begin lies in one."""
    # Days since the epoch, which was a Thursday: 2 and 3 of each week are Saturday and Sunday.
    first, last = begin // DAY, (end - 1) // DAY
    until_saturday = (2 - first) % 7
    holds: Array = (until_saturday == 6) | (first + until_saturday <= last)
    return holds
