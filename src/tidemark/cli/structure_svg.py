"""A picture of structure: candles, volume, the range with its bounds and phases, and events with their names."""

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from tidemark.analysis.wyckoff.market import Candles, Structured
from tidemark.analysis.wyckoff.told import EventView

WIDTH, HEIGHT = 1200, 700
_LEFT, _RIGHT, _TOP = 20, 80, 50
_PRICES, _VOLUME = 500, 110
_LABEL, _LINE = 11, 14
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#1d2433}.title{font-size:15px;font-weight:600}.note{fill:#5a6472}"
    ".up{fill:#2b6cb0;stroke:#2b6cb0}.down{fill:#c05621;stroke:#c05621}.bound{stroke:#1d2433;stroke-dasharray:6 4}"
    ".range{fill:#2b6cb0;fill-opacity:.07}.phase{fill:#5a6472;fill-opacity:.06}.schematic{fill:none;stroke:#805ad5;"
    "stroke-dasharray:3 3}.gone{text-decoration:line-through;fill:#8a93a0}"
)


def write(told: Structured, candles: Candles, file: Path) -> None:
    """Write the picture; *file* is replaced."""
    file.write_text("\n".join(_lines(told, candles)) + "\n", encoding="utf-8")


def _lines(told: Structured, candles: Candles) -> Iterator[str]:
    canvas = _Canvas(told, candles)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
    yield f"<title>{escape(told.symbol)} {told.timeframe.value}</title><style>{_STYLE}</style>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    yield f'<text class="title" x="{_LEFT}" y="24">{escape(told.symbol)} {told.timeframe.value}</text>'
    yield f'<text class="note" x="{_LEFT}" y="41">{escape(_caption(told))}</text>'
    yield from canvas.range()
    yield from canvas.candles_and_volume()
    yield from canvas.schematic()
    yield from canvas.events()
    yield "</svg>"


def _caption(told: Structured) -> str:
    there = told.reading.range
    if there is None:
        return "no trading range"
    like = told.reading.schematic
    kind = "" if like is None else f", {like.template.replace('_', ' ').lower()} ({like.score:.0%} alike)"
    return (
        f"phase {there.phase} of a range from a {there.origin}, quality {there.quality:.0f} of 100{kind};"
        f" profile {told.reading.profile}"
    )


class _Canvas:
    def __init__(self, told: Structured, candles: Candles) -> None:
        self.told, self.candles = told, candles
        levels = [*candles.high, *candles.low]
        there = told.reading.range
        if there is not None:
            levels += [there.creek, there.ice]
        low, high = min(levels), max(levels)
        pad = 0.06 * (high - low) or 0.01 * high
        self.low, self.span = low - pad, high - low + 2 * pad
        self.step = (WIDTH - _LEFT - _RIGHT) / max(len(candles.time_ms), 1)
        self.first, self.length = candles.time_ms[0], told.timeframe.ns // 1_000_000
        self.place = {time: number for number, time in enumerate(candles.time_ms)}

    def x(self, time_ms: int) -> float:
        """The middle of the bar that opened then; bars before the first lie left of it."""
        number = self.place.get(time_ms)
        if number is None:
            number = (time_ms - self.first) // self.length
        return min(max(_LEFT + (number + 0.5) * self.step, _LEFT), WIDTH - _RIGHT)

    def y(self, price: float) -> float:
        """Where a price stands."""
        return _TOP + _PRICES * (1.0 - (price - self.low) / self.span)

    def range(self) -> Iterator[str]:
        """The range, its bounds and its phases."""
        there = self.told.reading.range
        if there is None:
            return
        left, right = self.x(there.begin_ms), WIDTH - _RIGHT
        top, bottom = self.y(there.creek), self.y(there.ice)
        wide, tall = f"{right - left:.1f}", f"{bottom - top:.1f}"
        yield f'<rect class="range" x="{left:.1f}" y="{top:.1f}" width="{wide}" height="{tall}"/>'
        for name, price, y in (("creek", there.creek, top), ("ice", there.ice, bottom)):
            yield f'<line class="bound" x1="{left:.1f}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text x="{right + 4}" y="{y + 4:.1f}">{name} {price:.6g}</text>'
        for number, phase in enumerate(there.phases):
            begin = self.x(phase.begin_ms)
            end = right if phase.end_ms is None else self.x(phase.end_ms)
            if number % 2 == 0:
                yield (
                    f'<rect class="phase" x="{begin:.1f}" y="{_TOP}" width="{max(end - begin, 0):.1f}"'
                    f' height="{_PRICES + _VOLUME}"/>'
                )
            yield f'<text class="title" x="{(begin + end) / 2 - 4:.1f}" y="{_TOP + 16}">{phase.phase}</text>'

    def candles_and_volume(self) -> Iterator[str]:
        """Bars, and below them what was traded in each."""
        bars = self.candles
        most = max(bars.volume, default=0.0) or 1.0
        base = HEIGHT - 20
        columns = zip(bars.time_ms, bars.open, bars.high, bars.low, bars.close, bars.volume, strict=True)
        for time_ms, opened, high, low, close, volume in columns:
            x, kind = self.x(time_ms), "up" if close >= opened else "down"
            top, bottom = self.y(max(opened, close)), self.y(min(opened, close))
            width = max(0.7 * self.step, 0.5)
            fill = ' fill-opacity="0"' if kind == "up" else ""
            yield f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{self.y(high):.1f}" y2="{self.y(low):.1f}"/>'
            yield (
                f'<rect class="{kind}"{fill} x="{x - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}"'
                f' height="{max(bottom - top, 0.5):.1f}"/>'
            )
            height = _VOLUME * volume / most
            yield (
                f'<rect class="{kind}" fill-opacity=".45" stroke="none" x="{x - width / 2:.1f}"'
                f' y="{base - height:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
            )

    def schematic(self) -> Iterator[str]:
        """The template that the range is most like."""
        like = self.told.reading.schematic
        if like is not None and len(like.points) > 1:
            points = " ".join(f"{self.x(time):.1f},{self.y(price):.1f}" for time, price in like.points)
            yield f'<polyline class="schematic" points="{points}"/>'

    def events(self) -> Iterator[str]:
        """Names beside their bars, moved away from the price until they do not touch each other."""
        taken: list[tuple[float, float, float]] = []
        for one in self.told.reading.events:
            if one.at_ms < self.first:
                continue
            x, is_below = self.x(one.at_ms), _is_below(one)
            y = self.y(one.level) + (_LABEL + 6 if is_below else -6)
            wide = 7.0 * len(one.name)
            while any(abs(y - other) < _LINE and abs(x - at) < (wide + width) / 2 for at, other, width in taken):
                y += _LINE if is_below else -_LINE
            taken.append((x, y, wide))
            gone = ' class="gone"' if one.is_withdrawn else ""
            yield f'<text{gone} text-anchor="middle" x="{x:.1f}" y="{y:.1f}">{one.name}</text>'


def _is_below(event: EventView) -> bool:
    """Lows have their names below them, highs above: reactions and signs lie on the other side of their direction."""
    return (event.direction > 0) != (event.name in {"AR", "SOS", "SOW"})
