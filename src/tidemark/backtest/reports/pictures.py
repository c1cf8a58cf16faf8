"""The pictures of a report. Those over time are drawn twice, for a page and for the width of a telephone."""

import datetime as dt
from collections.abc import Sequence

from tidemark.backtest.metrics.curve_figures import CurveFigures
from tidemark.backtest.metrics.trip_figures import TripFigures
from tidemark.backtest.reports.against import Against
from tidemark.backtest.reports.gathered import Dot
from tidemark.backtest.reports.words import percent, short
from tidemark.plot import Axis, Pair, Plot, drawing, times
from tidemark.store.backtest_rows import Point
from tidemark.units import SECOND, format_seconds

WIDE, NARROW = 960, 400
_HALF, _HIGH = 470, 250
_LEFT = 62.0
# Seconds: the marks of an axis of holding times where it is one of factors, and how far they lie apart elsewhere.
_HELD = (1, 10, 60, 600, 3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)
_APART = (1, 5, 15, 60, 300, 900, 3600, 2 * 3600, 6 * 3600, 12 * 3600, *(86_400 * days for days in (1, 2, 7, 30, 365)))
_MARKS = 5
# From the longest holding time to the shortest, beyond which factors are drawn in the place of distances.
_UNEVEN = 20.0


def equity(begin: float, points: Sequence[Point], began: int, holding: Sequence[Pair], width: int = WIDE) -> str:
    """What a run that *began* (ns) with *begin* was worth, beside *holding*: times (ns) and what that was worth."""
    course = [(float(began), begin), *((float(one.at), one.equity) for one in points)]
    x = Axis(course[0][0], max(course[-1][0], holding[-1][0] if holding else 0.0, course[0][0] + 1.0))
    y = Axis.around([value for _, value in (*course, *holding)])
    plot = Plot(width, _HIGH, x, y, left=_LEFT, right=6)
    plot.grid(y.steps(), short)
    plot.foot(times(int(x.low), int(x.high), width // 90))
    plot.line([(x.low, begin), (x.high, begin)], "soft", width=1, dash="2 4")
    if holding:
        plot.line(holding, "amber", width=1.5, dash="6 3")
    plot.line(course, "blue", width=1.6)
    plot.legend([("this run", "blue"), *([("bought and held", "amber")] if holding else [])], apart=90)
    return drawing(width, _HIGH, "equity over time", [plot], size=13)


def held_points(holding: CurveFigures) -> list[Pair]:
    """What holding was worth at the ends of months: nothing between them is kept."""
    worth, made = holding.start, [(float(holding.began), holding.start)]
    for number, month in enumerate(holding.months, 1):
        worth *= 1.0 + month.value
        last = number == len(holding.months)
        made.append((float(holding.ended) if last else _month_after(month.year, month.month), worth))
    return made


def drawdown(points: Sequence[Point], began: int, width: int = WIDE) -> str:
    """How far the equity lay below the highest before it."""
    course = [(float(began), 0.0), *((float(one.at), one.drawdown) for one in points)]
    deepest = min(value for _, value in course)
    x = Axis(course[0][0], max(course[-1][0], course[0][0] + 1.0))
    y = Axis(1.08 * deepest or -0.01, 0.0)
    plot = Plot(width, 150, x, y, left=_LEFT, right=6)
    plot.grid(y.steps(4), lambda value: f"{100 * value:g} %")
    plot.foot(times(int(x.low), int(x.high), width // 90))
    plot.area(course, 0.0, "red")
    plot.line(course, "red")
    return drawing(width, 150, f"drawdown over time, at its deepest {percent(deepest)}", [plot], size=13)


def held_against_gain(dots: Sequence[Dot]) -> str:
    """How long trips were held, and what they brought."""
    times_held = [one.held_s for one in dots]
    low = max(min(times_held), 1.0)
    high = max(*times_held, low)
    x = Axis(low / 1.2, high * 1.2, is_log=True) if high > _UNEVEN * low else Axis(0.0, high * 1.05)
    marks = [mark for mark in _HELD if x.low <= mark <= x.high] if x.is_log else _marks(x.high)
    return _scatter(
        [(max(one.held_s, x.low), one.gain) for one in dots], x,
        [(mark, format_seconds(mark) if mark else "0") for mark in marks], "how long it was held",
    )  # fmt: skip


def worst_against_gain(dots: Sequence[Dot]) -> str:
    """How far prices went against trips, and what they brought."""
    return _by_excursion([(one.worst, one.gain) for one in dots], "furthest against it (MAE)")


def best_against_gain(dots: Sequence[Dot]) -> str:
    """How far prices went for trips, and what they brought."""
    return _by_excursion([(one.best, one.gain) for one in dots], "furthest for it (MFE)")


def r_histogram(found: TripFigures) -> str:
    """How many trips brought how many R; "" where none had a stop."""
    counts, edges = found.r_counts, found.r_edges
    seen = [number for number, count in enumerate(counts) if count]
    if not seen:
        return ""
    # Each bin is half an R wide; those at both ends have all that lies beyond.
    step = edges[1] - edges[0]
    begins = [edges[0] - step, *edges]
    first, last = seen[0], seen[-1]
    x, y = Axis(begins[first], begins[last] + step), Axis(0.0, 1.08 * max(counts))
    plot = Plot(_HALF, _HIGH, x, y, left=_LEFT, right=6, bottom=38)
    plot.grid([value for value in y.steps(5) if value == int(value)], short)
    for number in range(first, last + 1):
        begin = begins[number]
        plot.bar((begin, begin + step), (0.0, counts[number]), "red" if begin < 0.0 else "blue", gap=1)
    plot.foot([(value, f"{value:g}") for value in x.steps(8)])
    _below(plot, "R", begins[first] < edges[0], begins[last] >= edges[-1])
    return drawing(_HALF, _HIGH, "how many trips brought how many R", [plot], size=13)


def against(total: float, rows: Sequence[Against], width: int = WIDE) -> str:
    """The total return of a run beside those of *rows*, each with where 95 % of it lie."""
    shown = [one for one in rows if one.mean is not None]
    bounds = [bound for one in shown for bound in (one.mean, one.low, one.high) if bound is not None]
    x, y = Axis.around([0.0, total, *bounds], spare=0.08), Axis(float(len(shown)), 0.0)
    high = 62 + 34 * len(shown)
    plot = Plot(width, high, x, y, left=150, right=20, top=26, bottom=28)
    for value in x.steps(width // 90):
        plot.upright(value, "grid")
    plot.foot([(value, f"{100 * value:g} %") for value in x.steps(width // 90)])
    for number, one in enumerate(shown):
        at = number + 0.5
        plot.text(0.0, plot.y(at) + 4.0, one.name, color="ink")
        if one.low is not None and one.high is not None:
            plot.bar((one.low, one.high), (at - 0.17, at + 0.17), "amber", opacity=0.35)
        plot.dots([(one.mean or 0.0, at)], "amber", radius=5)
    plot.upright(total, "blue")
    is_right = plot.x(total) > width - 80.0
    plot.text(
        min(plot.x(total), width),
        16.0,
        f"this run {percent(total)}",
        color="blue",
        anchor="end" if is_right else "middle",
    )
    return drawing(width, high, "the total return beside what chance brings", [plot], size=13)


def _marks(high: float) -> list[int]:
    """Times from 0 to *high* (s) that people count in, at most `_MARKS` beyond 0."""
    step = next((step for step in _APART if high < step * (_MARKS + 1)), int(high / _MARKS) + 1)
    return list(range(0, int(high) + 1, step))


def _by_excursion(pairs: Sequence[Pair], words: str) -> str:
    x = Axis.around([0.0, *(value for value, _ in pairs)])
    return _scatter(pairs, x, [(value, f"{100 * value:g} %") for value in x.steps(5)], words)


def _scatter(pairs: Sequence[Pair], x: Axis, marks: Sequence[tuple[float, str]], words: str) -> str:
    y = Axis.around([0.0, *(gain for _, gain in pairs)])
    plot = Plot(_HALF, _HIGH, x, y, left=_LEFT, right=6, bottom=38)
    plot.grid(y.steps(), lambda value: f"{100 * value:g} %")
    plot.foot(marks)
    plot.line([(x.low, 0.0), (x.high, 0.0)], "soft", width=1)
    # Many dots of full colour would be one area.
    opacity = 0.75 if len(pairs) < 200 else 0.4
    plot.dots([one for one in pairs if one[1] <= 0.0], "red", radius=2.4, opacity=opacity)
    plot.dots([one for one in pairs if one[1] > 0.0], "blue", radius=2.4, opacity=opacity)
    plot.text((plot.left + plot.right) / 2, _HIGH - 6.0, words, anchor="middle")
    return drawing(_HALF, _HIGH, f"profit of trips by {words}", [plot], size=13)


def _below(plot: Plot, words: str, is_more_below: bool, is_more_above: bool) -> None:
    ends = " and ".join(end for end, there in (("left", is_more_below), ("right", is_more_above)) if there)
    beyond = f"; on the {ends}, all beyond" if ends else ""
    plot.text((plot.left + plot.right) / 2, plot.bottom + 32.0, words + beyond, anchor="middle")


def _month_after(year: int, month: int) -> float:
    following = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
    return following.timestamp() * SECOND
