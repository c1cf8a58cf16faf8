"""The legs of the six templates, and of those that fail, as accumulation sees them: the lower bound is at 0.

What belongs to a climax at the top is the same range seen from above (`Side`): re-accumulation begins so.
"""

import math
from typing import NamedTuple

import numpy as np

from tidemark.sim.schematics.parameters import Parameters, Span, Whole
from tidemark.sim.schematics.path import FAR, Course, Mark

# At most so many mean bar ranges a bar on the way.
STEEPEST = 1.7
# What volume is in the rally that leaves the range, of what is usual before it; the bar that breaks it is told apart.
RALLY = (0.9, 1.15)


class Shape(NamedTuple):
    """A course with its marks, from the trend before to the end of the move; the range lies from 0 to *width*.

    end: the first bar at which there is nothing any more.
    """

    course: Course
    template: str
    width: float
    end: int


class Side:
    """A range seen from one of its bounds: *direction* +1 from the lower one, -1 from the upper one."""

    def __init__(self, course: Course, width: float, direction: int) -> None:
        self.course, self.width, self.direction = course, width, direction

    def height(self, inward: float) -> float:
        """The height of what lies *inward* of the bound."""
        return inward if self.direction > 0 else self.width - inward

    def other(self) -> "Side":
        """The range from its other bound."""
        return Side(self.course, self.width, -self.direction)

    def inward(self) -> float:
        """How far inward of the bound the course is."""
        return self.height(self.course.height)

    def away(self, inward: float) -> int:
        """Bars that it takes at least to come to *inward* from where the course is."""
        return math.ceil(abs(self.height(inward) - self.course.height) / STEEPEST)

    def reach(
        self, bars: int, inward: float, toward: int, *, volume: float, legs: Span = (1.0, 1.0), spread: float = 1.0,
        closes: Span = (0.4, 0.8), hurries: bool = False,
    ) -> int:  # fmt: skip
        """A leg to an extreme *inward* of the bound: toward it (-1) or away from it (+1); the bar of the extreme.

        It takes longer than *bars* where it would be too steep, unless it hurries.
        """
        return self.course.reach(
            bars if hurries else max(bars, self.away(inward)), self.height(inward), toward * self.direction,
            volume=volume, legs_volume=legs, spread=spread, closes=closes,
        )  # fmt: skip

    def go(self, bars: int, inward: float, volume: Span, **limits: float) -> None:
        """A leg without an extreme; limits: `floor` and `cap` as seen from this bound, and the rest of `Course.go`."""
        floor, cap = limits.pop("floor", -FAR), limits.pop("cap", FAR)
        low, high = sorted((self.height(floor), self.height(cap)))
        self.course.go(bars, self.height(inward), volume, floor=low, cap=high, **limits)

    def mark(self, event: str, at: int, inward: float, phase: str, note: str = "") -> None:
        """Write an event down."""
        self.course.marks.append(Mark(event, self.direction, at, self.height(inward), phase, note))


class Planter:
    """Draws schematics from *parameters*."""

    def __init__(self, rng: np.random.Generator, parameters: Parameters) -> None:
        self._rng, self._of = rng, parameters

    def template(self, name: str) -> Shape:
        """One of the accumulation side: ACCUMULATION_1, ACCUMULATION_2 or RE_ACCUMULATION."""
        side = self._range(1 if name.startswith("ACC") else -1)
        floor = side if side.direction > 0 else side.other()
        dry = self._building(side)
        course = side.course
        if side.direction > 0:
            self._swing(side, 1, dry, dry)
        course.phases.append(("C", course.bars))
        if name == "ACCUMULATION_1" or (name == "RE_ACCUMULATION" and self._chance(0.5)):
            self._spring(floor, dry)
        else:
            self._early_last_point(floor, dry)
        course.phases.append(("D", course.bars))
        self._leaving(floor, dry)
        course.phases.append(("E", course.bars))
        course.free()
        floor.go(
            self._whole(self._of.markup_bars), floor.inward() + self._span(self._of.markup_height) * side.width,
            (1.1, 0.95), floor=floor.inward() - 0.5,
        )  # fmt: skip
        return Shape(course, name, side.width, course.bars)

    def failure(self) -> Shape:
        """A range after a climax at the bottom, that leaves on the other side, or fades."""
        side = self._range(1)
        dry = self._building(side)
        course = side.course
        self._swing(side, 1, dry, dry)
        ceiling = side.other()
        if self._chance(0.4):
            course.phases.append(("C", course.bars))
            self._spring(side, dry)
            self._swing(side, 1, dry, dry)
        if self._chance(0.4):
            course.phases.append(("D", course.bars))
            self._sign(ceiling, dry)
            end = course.bars
            course.free()
            ceiling.go(self._whole(self._of.markup_bars), 2.0 * side.width, (1.1, 0.95))
            return Shape(course, "FAILED_ACCUMULATION", side.width, end)
        left = side if self._chance(0.5) else ceiling
        left.go(self._whole(self._of.swing_bars), side.width * 0.85, (dry, dry), floor=-0.1, cap=side.width)
        end = course.bars
        course.free()
        left.go(
            self._whole((20, 45)), side.width + self._span((0.5, 1.0)) * side.width, (dry, 0.9), noise=course.noise,
            wicks=0.7,
        )  # fmt: skip
        return Shape(course, "FAILED_ACCUMULATION", side.width, end)

    def _range(self, direction: int) -> Side:
        """The trend before and phase A, seen from the bound of the climax."""
        of = self._of
        width = self._span(of.width)
        height = self._span(of.trend_height)
        bars = self._whole(of.trend_bars)
        start = height if direction > 0 else width - height
        course = Course(self._rng, start, self._span(of.leg_noise))
        side = Side(course, width, direction)
        spread = self._span(of.climax_spread)
        if self._chance(of.preliminary):
            share = self._span(of.preliminary_at)
            rest = self._span(of.preliminary_rest)
            rest = min(max(height * (1.0 - share), rest * 0.75), of.preliminary_rest[1])
            at = side.reach(
                max(6, round(bars * share)), rest, -1, volume=self._span(of.preliminary_volume),
                spread=self._span((1.2, 1.7)), closes=(0.35, 0.7),
            )  # fmt: skip
            course.phases.append(("A", at))
            side.mark("PRELIMINARY", at, rest, "A")
            bounce = rest + max(self._span(of.bounce), 0.8)
            side.reach(self._whole(of.bounce_bars), bounce, 1, volume=1.0, legs=(1.2, 1.0), spread=0.9)
            last = self._whole((4, 10))
        else:
            last = bars
        volume = self._span(of.climax_volume)
        at = side.reach(last, 0.0, -1, volume=volume, legs=(1.0, 1.3), spread=spread, closes=(0.25, 0.65))
        if not course.phases:
            course.phases.append(("A", at))
        side.mark("CLIMAX", at, 0.0, "A")
        at = side.reach(self._whole(of.reaction_bars), width, 1, volume=self._about(1.0), legs=(1.7, 1.0))
        side.mark("REACTION", at, width, "A")
        inward = self._span(of.test_at) * width
        at = side.reach(
            self._whole(of.test_bars), inward, -1, volume=volume * self._span(of.test_volume), legs=(0.85, 1.1),
            spread=self._span((0.8, 1.2)),
        )  # fmt: skip
        side.mark("SECONDARY_TEST", at, inward, "A")
        course.phases.append(("B", course.bars))
        return side

    def _building(self, side: Side) -> float:
        """Phase B: swings between the bounds while volume dries up; how much of it is left."""
        of = self._of
        swings = self._whole(of.swings)
        dry = self._span(of.dry)
        wild = self._wild(swings)
        for number in range(2 * swings):
            first = 1.0 - (1.0 - dry) * number / (2 * swings)
            last = 1.0 - (1.0 - dry) * (number + 1) / (2 * swings)
            toward = 1 if number % 2 == 0 else -1
            if number == wild:
                self._shakeout(side if toward < 0 else side.other(), last)
                continue
            at, inward = self._swing(side, toward, first, last)
            if toward < 0:
                side.mark("SECONDARY_TEST", at, inward, "B")
        return dry

    def _wild(self, swings: int) -> int:
        """Which of the legs of phase B goes beyond the bound, in its first 60 %; -1 for none."""
        early = [number for number in range(2 * swings) if (number + 1) / (2 * swings + 1) <= 0.6]
        if not early or not self._chance(self._of.shakeout):
            return -1
        return int(self._rng.choice(early))

    def _swing(self, side: Side, toward: int, first: float, last: float) -> tuple[int, float]:
        """One leg of a swing: its last bar, and how far within the bound it ends."""
        within = self._span(self._of.swing_at) * side.width
        inward = within if toward < 0 else side.width - within
        noisy = self._about(1.0)
        at = side.reach(
            self._whole(self._of.swing_bars), inward, toward, volume=self._about(last),
            legs=(first * noisy, last * noisy), spread=self._span((0.7, 1.2)),
        )  # fmt: skip
        return at, inward

    def _shakeout(self, side: Side, usual: float) -> None:
        of = self._of
        spread = self._span(of.shakeout_spread)
        low, high = of.shakeout_depth
        depth = max(low * side.width, min(self._span((low, high)) * side.width, 0.7 * spread))
        at_once = depth < 0.8 * spread and self._chance(0.7)
        closes = (depth / spread + 0.04, max(0.95, depth / spread + 0.06)) if at_once else (0.15, 0.3)
        at = side.reach(
            self._whole(of.swing_bars), -depth, -1, volume=usual * self._span(of.shakeout_volume),
            legs=(usual, usual), spread=spread, closes=closes,
        )  # fmt: skip
        side.mark("SHAKEOUT", at, -depth, "B")
        if not at_once:
            side.go(1, self._span((0.04, 0.15)) * side.width, (1.3 * usual, 1.3 * usual), floor=-depth)

    def _spring(self, floor: Side, dry: float) -> None:
        of = self._of
        kind = int(self._rng.integers(3))
        volume = dry * self._span(of.spring_volumes[kind])
        depth = self._span(of.spring_depth) * floor.width
        offset = self._whole(of.recovery_bars) - 1
        spread = max(self._span((0.8, 1.5)) if kind else self._span((1.3, 2.0)), 0.3)
        if offset == 0:
            spread = max(spread, 1.25 * depth)
            closes = (depth / spread + 0.03, max(0.9, depth / spread + 0.05))
        else:
            closes = (0.2 * min(1.0, depth / spread), 0.7 * min(1.0, depth / spread))
        at = floor.reach(
            self._whole(of.spring_bars), -depth, -1, volume=volume, legs=(dry, dry), spread=spread, closes=closes
        )
        floor.mark("SPRING", at, -depth, "C", f"type {kind + 1}")
        if offset > 1:
            floor.go(offset - 1, -0.3 * depth, (dry, dry), floor=-depth, cap=-0.02 * depth, noise=0.1)
        if offset:
            floor.go(1, self._span((0.02, 0.1)) * floor.width, (dry, dry), floor=-depth)
        rest = max(self._whole(of.spring_test_bars) - offset, 3)
        up = rest // 2
        steep = floor.inward() + 2.2 * up
        rally = max(min(self._span((0.35, 0.6)) * floor.width, steep), 0.12 * floor.width, 0.6)
        floor.reach(up, rally, 1, volume=self._about(dry), legs=(dry, dry), hurries=True)
        inward = max(-0.75 * depth, self._span((-0.2, 0.3)) * floor.width)
        inward = min(inward, rally - max(0.1 * floor.width, 0.5))
        tested = floor.reach(
            rest - up, inward, -1, volume=volume * self._span(of.spring_test_volume), legs=(dry, 0.85 * dry),
            spread=self._span((0.5, 0.9)), hurries=True,
        )  # fmt: skip
        floor.mark("TEST", tested, inward, "C")

    def _early_last_point(self, floor: Side, dry: float) -> None:
        inward = self._span(self._of.last_point_early) * floor.width
        at = floor.reach(
            self._whole(self._of.spring_bars), inward, -1, volume=dry * self._span((0.5, 0.8)), legs=(dry, 0.85 * dry),
            spread=self._span((0.5, 0.9)),
        )  # fmt: skip
        floor.mark("LAST_POINT", at, inward, "C")

    def _sign(self, floor: Side, dry: float) -> float:
        """The rally and the bar that closes beyond the upper bound, seen from the lower one; where it closes."""
        of, course, width = self._of, floor.course, floor.width
        before = width - self._span((0.02, 0.12)) * width
        bars = max(self._whole(of.sign_bars), floor.away(before) + 1)
        low_bound = course.low_bound if floor.direction > 0 else width - course.high_bound
        floor.go(bars - 1, before, (RALLY[0] * dry, RALLY[1] * dry), floor=low_bound, cap=width + 0.02 * width)
        close = width + max(self._span(of.sign_beyond) * width, 0.15)
        spread = max(self._span(of.sign_spread), (close - before) * 1.08)
        top = close + self._span((0.03, 0.2)) * spread
        ends = sorted((floor.height(top - spread), floor.height(top)))
        at = course.tell(
            ends[0], ends[1], floor.height(close), 1.1 * dry * self._span(of.sign_volume), floor=-FAR, cap=FAR
        )
        floor.mark("SIGN_OF_STRENGTH", at, close, "D")
        return close

    def _leaving(self, floor: Side, dry: float) -> None:
        """Phase D: the sign, the first pullback, and at times a second one."""
        of, width, course = self._of, floor.width, floor.course
        close = self._sign(floor, dry)
        sign = course.bars - 1
        low, high = of.last_point_at
        inward = width + self._span((low, high)) * width
        peak = max(close + 0.3, inward + 0.2 * width, width + self._span((0.25, 0.5)) * width)
        course.free()
        floor.reach(self._whole((1, 4)), peak, 1, volume=self._about(1.1), legs=(1.2, 1.1))
        later = self._whole(of.last_point_bars)
        at = floor.reach(
            max(later - (course.bars - 1 - sign), 3), inward, -1, volume=self._span(of.last_point_volume),
            legs=(0.9, 0.75), spread=self._span((0.6, 1.0)),
        )  # fmt: skip
        floor.mark("LAST_POINT", at, inward, "D")
        if not self._chance(of.backup):
            return
        inward = width + self._span(of.backup_at) * width
        again = max(inward, floor.inward()) + self._span((0.2, 0.45)) * width
        floor.reach(self._whole((3, 7)), again, 1, volume=self._about(1.0))
        at = floor.reach(
            self._whole((3, 7)), inward, -1, volume=self._span(of.last_point_volume), legs=(0.85, 0.7),
            spread=self._span((0.6, 1.0)),
        )  # fmt: skip
        floor.mark("BACKUP", at, inward, "D")

    def _span(self, span: Span) -> float:
        return float(self._rng.uniform(*span))

    def _whole(self, span: Whole) -> int:
        return int(self._rng.integers(span[0], span[1] + 1))

    def _about(self, usual: float) -> float:
        """*usual*, noisy: legs do not differ cleanly."""
        return usual * self._span((0.8, 1.2))

    def _chance(self, of: float) -> bool:
        return bool(self._rng.random() < of)
