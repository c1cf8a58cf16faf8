"""What lies between schematics: wandering, trends, clustered volatility, and what looks like a part of one."""

import numpy as np

from tidemark.sim.schematics.parameters import Parameters, Span
from tidemark.sim.schematics.path import BODY_NOISE, Course

_KINDS = {"walk": 0.3, "trend": 0.2, "clustered": 0.2, "quiet": 0.15, "reversal": 0.15}
# GARCH(1,1): how much of the variance is of the last step, and how much is kept.
# A step is a leg.
ALPHA, BETA = 0.35, 0.55
_LEG = 8


class Background:
    """Draws pieces from *parameters*."""

    def __init__(self, rng: np.random.Generator, parameters: Parameters) -> None:
        self._rng, self._of = rng, parameters

    def piece(self) -> Course:
        """One piece."""
        kind = str(self._rng.choice(list(_KINDS), p=list(_KINDS.values())))
        course = Course(self._rng, 0.0, BODY_NOISE)
        bars = int(self._rng.integers(self._of.piece_bars[0], self._of.piece_bars[1] + 1))
        match kind:
            case "walk":
                self._walk(course, bars, BODY_NOISE)
            case "trend":
                drift = self._span((0.08, 0.3)) * self._side()
                course.go(bars, drift * bars, noise=0.5)
            case "clustered":
                self._clustered(course, bars)
            case "quiet":
                self._quiet(course, bars)
            case _:
                self._reversal(course)
        self._spikes_and_gaps(course)
        return course

    def _walk(self, course: Course, bars: int, noise: float) -> None:
        course.go(bars, course.height + noise * float(self._rng.standard_normal()) * bars**0.5, noise=noise)

    def _clustered(self, course: Course, bars: int) -> None:
        """Legs of a volatility that remembers: volume and wicks go with it."""
        variance = 1.0
        for _ in range(max(bars // _LEG, 1)):
            # The mean of a Student's square with 5 degrees of freedom is 5/3.
            shock = float(self._rng.standard_t(5)) ** 2 * 0.6
            variance = 1.0 - ALPHA - BETA + (ALPHA * shock + BETA) * variance
            scale = min(variance, 6.0) ** 0.5
            noise = BODY_NOISE * scale
            to = course.height + noise * float(self._rng.standard_normal()) * _LEG**0.5
            course.go(_LEG, to, (scale**0.5, scale**0.5), noise=noise, wicks=scale)

    def _quiet(self, course: Course, bars: int) -> None:
        """A range without any behaviour of volume: nothing was planted."""
        width = self._span((4.0, 9.0))
        toward = self._side()
        while course.bars < bars:
            to = toward * width * self._span((0.3, 0.5))
            course.go(int(self._rng.integers(5, 20)), to, noise=0.4)
            toward = -toward

    def _reversal(self, course: Course) -> None:
        """A trend, a bar like a climax, and back as fast: no range follows."""
        side = self._side()
        height = self._span((6.0, 14.0))
        course.reach(
            int(self._rng.integers(15, 50)), side * height, side, volume=self._span((2.2, 5.0)),
            spread=self._span((1.6, 3.0)), closes=(0.3, 0.7),
        )  # fmt: skip
        course.free()
        course.go(int(self._rng.integers(12, 30)), side * height * self._span((-0.4, 0.2)), (1.5, 1.0), noise=0.45)

    def _spikes_and_gaps(self, course: Course) -> None:
        rng = self._rng
        told = {one.at for one in course.told}
        for at in np.flatnonzero(rng.random(course.bars) < self._of.gap):
            if int(at) not in told:
                course.lifts.append((int(at), self._side() * self._span((0.8, 2.5))))
        for at in np.flatnonzero(rng.random(course.bars) < 0.01):
            course.spikes.append((int(at), self._span((1.8, 4.0))))

    def _side(self) -> int:
        return 1 if self._rng.random() < 0.5 else -1

    def _span(self, span: Span) -> float:
        return float(self._rng.uniform(*span))
