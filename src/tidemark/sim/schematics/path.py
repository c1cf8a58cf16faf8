"""Bars of a course of legs: where each leg goes, within what, on what volume, and the bars of which all is told.

Heights are in mean bar ranges of the market (ATR), as it lies before the market turns and scales it.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FAR = 1e9
# The mean of a wick, and of |close - open| of a leg without direction, as shares of the mean bar range.
WICK = 0.26
BODY_NOISE = 0.6


class Mark(NamedTuple):
    """An event of a course: at its bar *at*, in its own direction."""

    event: str
    direction: int
    at: int
    level: float
    phase: str
    note: str = ""


class Told(NamedTuple):
    """A bar that is told and not drawn."""

    at: int
    low: float
    high: float
    close: float
    volume: float


class Drawn(NamedTuple):
    """Bars: heights, and volume as a multiple of what is usual. float64 (n,) each."""

    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array


class Course:
    """Legs one after the other, from height *start*.

    Bounded by its caller: a course is one piece of a market, of some hundred bars.
    """

    def __init__(self, rng: np.random.Generator, start: float, noise: float) -> None:
        self.rng = rng
        self.noise = noise
        self.bars = 0
        self.height = start
        self.knots = [(-1, start)]
        # Of each leg: bars, floor, cap, volume at its begin and end, noise, and how wide its wicks are.
        self.legs: list[tuple[float, ...]] = []  # bounded: one piece
        self.told: list[Told] = []  # bounded: one piece
        self.marks: list[Mark] = []  # bounded: one piece
        self.phases: list[tuple[str, int]] = []  # bounded: one piece
        # Where the market opens so much away from the last close; where so many times the volume is traded.
        self.lifts: list[tuple[int, float]] = []  # bounded: one piece
        self.spikes: list[tuple[int, float]] = []  # bounded: one piece
        self.low_bound, self.high_bound = -FAR, FAR

    def go(
        self,
        bars: int,
        to: float,
        volume: tuple[float, float] = (1.0, 1.0),
        *,
        floor: float = -FAR,
        cap: float = FAR,
        noise: float | None = None,
        wicks: float = 1.0,
    ) -> None:
        """A leg of *bars* whose last close is at *to*."""
        if bars <= 0:
            return
        self.bars += bars
        self.knots.append((self.bars - 1, to))
        self.legs.append((bars, floor, cap, *volume, self.noise if noise is None else noise, wicks))
        self.height = to

    def reach(
        self,
        bars: int,
        level: float,
        side: int,
        *,
        volume: float,
        legs_volume: tuple[float, float] = (1.0, 1.0),
        spread: float = 1.0,
        closes: tuple[float, float] = (0.4, 0.8),
    ) -> int:
        """A leg of *bars* whose last one has the low (side -1) or the high (+1) *level*; the number of that bar.

        No other bar of it, or of the next one, goes as far. closes: how far from the level the bar closes, as shares of
        its spread.
        """
        rng = self.rng
        before = level - side * spread * rng.uniform(0.7, 1.0)
        if side < 0:
            floor, cap = level, self.high_bound
            before = min(before, cap)
        else:
            floor, cap = self.low_bound, level
            before = max(before, floor)
        if bars > 1:
            self.go(bars - 1, before, legs_volume, floor=floor, cap=cap)
        close = level - side * spread * rng.uniform(*closes)
        other = level - side * spread
        if bars <= 1:
            # Nothing led there: the bar itself comes from where the market was.
            other = min(other, self.height) if side > 0 else max(other, self.height)
        at = self.tell(min(level, other), max(level, other), close, volume, floor=floor, cap=cap)
        if side < 0:
            self.low_bound = level
        else:
            self.high_bound = level
        return at

    def tell(self, low: float, high: float, close: float, volume: float, *, floor: float, cap: float) -> int:
        """One bar as it is told; its number."""
        self.go(1, close, (volume, volume), floor=floor, cap=cap)
        self.told.append(Told(self.bars - 1, low, high, close, volume))
        return self.bars - 1

    def free(self) -> None:
        """Let the next leg go as far as it wants."""
        self.low_bound, self.high_bound = -FAR, FAR


def draw(course: Course, volume_noise: float, effort: float) -> Drawn:
    """The bars of *course*; volume goes with the spread to the power of *effort*, where a bar is not told."""
    rng, count = course.rng, course.bars
    legs = np.array(course.legs)
    lengths = legs[:, 0].astype(np.int64)
    floor, cap, first, last, noise, wicks = np.repeat(legs[:, 1:], lengths, axis=0).T
    close = _closes(course, noise, count)
    draws = rng.random((2, count))
    low_limit, high_limit = floor + 0.02 + 0.25 * draws[0], cap - 0.02 - 0.25 * draws[1]
    is_narrow = low_limit > high_limit
    middle = 0.5 * (floor + cap)
    low_limit[is_narrow], high_limit[is_narrow] = middle[is_narrow], middle[is_narrow]
    np.clip(close, low_limit, high_limit, out=close)
    told = np.array([one.at for one in course.told], dtype=np.int64)
    figures = np.array([one[1:] for one in course.told]).reshape(-1, 4)
    close[told] = figures[:, 2]
    open_ = np.concatenate(([course.knots[0][1]], close[:-1])) + 0.04 * rng.standard_normal(count)
    for at, lift in course.lifts:
        open_[at] += lift
    np.clip(open_, low_limit, high_limit, out=open_)
    wick = rng.gamma(2.0, 0.5 * WICK, (2, count)) * wicks
    low = np.maximum(np.minimum(open_, close) - wick[0], low_limit)
    high = np.minimum(np.maximum(open_, close) + wick[1], high_limit)
    low[told], high[told] = figures[:, 0], figures[:, 1]
    open_[told] = np.clip(open_[told], low[told], high[told])
    low = np.minimum(low, np.minimum(open_, close))
    high = np.maximum(high, np.maximum(open_, close))
    within = np.arange(count) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    usual = first + (last - first) * (within + 1) / np.repeat(lengths, lengths)
    drawn = usual * np.exp(volume_noise * rng.standard_normal(count) - 0.5 * volume_noise**2)
    volume = drawn * np.maximum(high - low, 0.1) ** effort
    for at, times in course.spikes:
        volume[at] *= times
    volume[told] = figures[:, 3]
    return Drawn(open_, high, low, close, volume)


def _closes(course: Course, noise: Array, count: int) -> Array:
    """Straight lines between the knots, and a bridge of noise on each."""
    at, height = np.array(course.knots).T
    bars = np.arange(count)
    walk = np.cumsum(noise * course.rng.standard_normal(count) * np.exp(0.3 * course.rng.standard_normal(count)))
    at_knots = np.concatenate(([0.0], walk[at[1:].astype(np.int64)]))
    closes: Array = np.interp(bars, at, height - at_knots) + walk
    return closes
