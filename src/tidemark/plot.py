"""Plots as SVG for pages and files: they fetch nothing, are well-formed XML, and can be read in light and in dark.

Colours stand as attributes, which every reader knows, and again as classes, which a page may give those of a dark theme
(`DARK`).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from tidemark.units import SECOND

# Name, on a light ground, on a dark one.
_COLORS = (
    ("blue", "#1b5e9e", "#6fb1ee"),
    ("red", "#c0392b", "#ff8a7a"),
    ("green", "#1b6e2d", "#6fca85"),
    ("amber", "#8a5a00", "#e0b050"),
    ("ink", "#1d2433", "#e4e8ee"),
    ("soft", "#555e6b", "#a9b2bf"),
    ("grid", "#e1e4e8", "#343b46"),
)
COLORS = {name: light for name, light, _ in _COLORS}
# Rules of a style sheet for a dark ground.
DARK = "".join(f".s-{name}{{stroke:{dark}}}.f-{name}{{fill:{dark}}}" for name, _, dark in _COLORS)
_FONT = "system-ui, sans-serif"
Pair = tuple[float, float]
# Steps of an axis of time, in units of numpy, and how a time is written where they are so far apart.
_TIMES: tuple[tuple[int, str, int], ...] = (
    (1, "m", 16), (5, "m", 16), (15, "m", 16), (1, "h", 16), (6, "h", 16), (1, "D", 10), (7, "D", 10), (1, "M", 7),
    (3, "M", 7), (1, "Y", 4), (5, "Y", 4), (20, "Y", 4), (100, "Y", 4),
)  # fmt: skip


class Axis(NamedTuple):
    """From low to high; is_log: its steps are factors, and both ends are above 0."""

    low: float
    high: float
    is_log: bool = False

    def share(self, value: float) -> float:
        """How far *value* lies from low to high: 0 to 1 within."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    @classmethod
    def around(cls, values: Iterable[float], *, spare: float = 0.05) -> "Axis":
        """All of *values*, with *spare* of their span beyond the outermost; never empty.

        >>> Axis.around([0.0, 100.0])
        Axis(low=-5.0, high=105.0, is_log=False)
        """
        kept = list(values)
        low, high = min(kept, default=0.0), max(kept, default=1.0)
        beyond = (high - low) * spare or abs(high) * spare or 1.0
        return cls(low - beyond, high + beyond)

    def steps(self, most: int = 6) -> list[float]:
        """Round values within it, at most *most* of them.

        >>> Axis(-0.03, 0.11).steps()
        [0.0, 0.05, 0.1]
        """
        if self.is_log:
            powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            every = max(1, -(-len(powers) // most))
            return [10.0**power for power in powers[::every]]
        rough = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(rough))
        # The last is more than enough, whatever rounding made of the first ones.
        step = next(
            size * power
            for size in (1.0, 2.0, 5.0, 10.0, 20.0)
            if math.floor(self.high / (size * power)) - math.ceil(self.low / (size * power)) < most
        )
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        digits = max(0, 1 - math.floor(math.log10(step)))
        return [round(number * step, digits) for number in range(first, last + 1)]


class Plot:
    """One field with two axes, and what is drawn in it; several may stand in one `drawing`.

    width, height: of the field with its margins; x0, y0: where it begins.
    """

    def __init__(
        self, width: float, height: float, x: Axis, y: Axis, *, left: float = 70.0, right: float = 0.0,
        top: float = 6.0, bottom: float = 22.0, x0: float = 0.0, y0: float = 0.0,
    ) -> None:  # fmt: skip
        self.marks: list[str] = []  # bounded: by what is drawn
        self.left, self.right = x0 + left, x0 + width - right
        self.top, self.bottom = y0 + top, y0 + height - bottom
        self._x, self._y = x, y

    def x(self, value: float) -> float:
        """Where *value* of the lower axis stands."""
        return self.left + (self.right - self.left) * self._x.share(value)

    def y(self, value: float) -> float:
        """Where *value* of the left axis stands."""
        return self.bottom - (self.bottom - self.top) * self._y.share(value)

    def grid(self, values: Iterable[float], words: Callable[[float], str]) -> None:
        """A line across at each of *values*, with what *words* say of it on the left."""
        for value in values:
            y = self.y(value)
            self.marks.append(
                f'<line x1="{self.left:g}" x2="{self.right:g}" y1="{y:.1f}" y2="{y:.1f}" {_stroke("grid")}/>'
            )
            self.text(self.left - 6.0, y + 4.0, words(value), anchor="end")

    def foot(self, ticks: Iterable[tuple[float, str]]) -> None:
        """Words below the field, each at its value of the lower axis; what would stick out on the right ends there."""
        for value, words in ticks:
            x = self.x(value)
            anchor = "end" if x > self.right - 20.0 else "start" if x < self.left + 4.0 else "middle"
            self.text(x, self.bottom + 16.0, words, anchor=anchor)

    def line(self, points: Iterable[Pair], color: str, *, width: float = 1.3, dash: str = "") -> None:
        """A line through *points*."""
        course = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.marks.append(
            f'<polyline points="{course}" fill="none" {_stroke(color)} stroke-width="{width:g}"{_dash(dash)}/>'
        )

    def area(self, points: Sequence[Pair], base: float, color: str, *, opacity: float = 0.25) -> None:
        """What lies between *points* and the value *base* of the left axis."""
        if not points:
            return
        ends = [(points[0][0], base), *points, (points[-1][0], base)]
        course = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in ends)
        self.marks.append(f'<polygon points="{course}" {_fill(color)} fill-opacity="{opacity:g}"/>')

    def upright(self, value: float, color: str, *, dash: str = "", tall: float | None = None) -> None:
        """An upright line at *value* of the lower axis: through the whole field, or *tall* from its foot."""
        x, top = self.x(value), self.top if tall is None else self.bottom - tall
        self.marks.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{self.bottom:.1f}" {_stroke(color)}{_dash(dash)}/>'
        )

    def bar(self, x: Pair, y: Pair, color: str, *, opacity: float = 1.0, gap: float = 0.0) -> None:
        """A box over the values *x* and *y* of both axes, *gap* narrower than these."""
        left, right = sorted(self.x(value) for value in x)
        top, bottom = sorted(self.y(value) for value in y)
        seen = "" if opacity == 1.0 else f' fill-opacity="{opacity:g}"'
        self.marks.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left - gap, 0.5):.1f}"'
            f' height="{bottom - top:.1f}" {_fill(color)}{seen}/>'
        )

    def dots(self, points: Iterable[Pair], color: str, *, radius: float = 3.0, opacity: float = 1.0) -> None:
        """A dot at each of *points*."""
        dots = "".join(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius:g}"/>' for x, y in points)
        self.marks.append(f'<g {_fill(color)} fill-opacity="{opacity:g}">{dots}</g>')

    def text(
        self, x: float, y: float, words: str, *, color: str = "soft", anchor: str = "start", size: float | None = None
    ) -> None:
        """*words* at a place of the drawing, and not of the axes."""
        sized = "" if size is None else f' font-size="{size:g}"'
        self.marks.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {_fill(color)}{sized}>{escape(words)}</text>'
        )

    def legend(self, names: Iterable[tuple[str, str]], *, apart: float = 170.0) -> None:
        """Names of lines, in their colours, along the top."""
        for number, (name, color) in enumerate(names):
            self.text(self.left + 8.0 + apart * number, self.top + 12.0, name, color=color)


def drawing(width: float, height: float, title: str, plots: Iterable[Plot], *, size: float = 12.0) -> str:
    """All *plots* as one picture; *title*: what it shows, for whoever does not see it."""
    marks = "".join(mark for plot in plots for mark in plot.marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img"'
        f' aria-label="{escape(title)}" font-family="{_FONT}" font-size="{size:g}">{marks}</svg>'
    )


def times(begin: int, end: int, most: int = 8) -> list[tuple[float, str]]:
    """Where the minutes, hours, days, months or years from *begin* to *end* (ns) begin, at most *most*, in words (UTC).

    >>> times(1_704_067_200 * 10**9, 1_711_929_600 * 10**9)[1]
    (1.7067456e+18, '2024-02')
    """
    ends = np.array([begin // SECOND, end // SECOND], "datetime64[s]")
    for step, unit, length in _TIMES:
        first, last = ends.astype(f"datetime64[{unit}]").astype(np.int64).tolist()
        # Years are counted from that of the epoch, and are to be round.
        zero = 1970 if unit == "Y" else 0
        numbers = range(-(-(first + zero) // step) * step - zero, last + 1, step)
        if len(numbers) > most + 1:
            continue
        found = np.array(numbers, np.int64).astype(f"datetime64[{unit}]").astype("datetime64[s]")
        within = found[(ends[0] <= found) & (found <= ends[1])]
        if len(within) <= most:
            places = (within.astype(np.int64) * SECOND).tolist()
            return [(float(at), str(one).replace("T", " ")[:length]) for at, one in zip(places, within, strict=True)]
    return []


def _stroke(color: str) -> str:
    return f'class="s-{color}" stroke="{COLORS[color]}"'


def _fill(color: str) -> str:
    return f'class="f-{color}" fill="{COLORS[color]}"'


def _dash(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""
