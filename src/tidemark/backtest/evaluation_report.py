"""An evaluation as a page of Markdown and a picture beside it."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from tidemark.backtest.evaluation import BINS, Evaluation, Row
from tidemark.backtest.statistics import Estimate
from tidemark.errors import StoreError
from tidemark.units import SECOND, format_seconds

_BAR, _HIGH = 14, 160


def markdown(told: Evaluation, picture: str, command: str, fee_bps: float) -> str:
    """The page, with all figures; *picture* is the name of the file beside it."""
    share = f"{100 * told.coverage:.0f} %"
    origin = (
        f"Measured by `{command}`, and written down as it came out. Only what candles tell is in it: factors of trades,"
        f" books and positions had nothing to say, so that {share} of the weight was there."
    )
    reading = (
        "How to read it. *IC* is Spearman's correlation of figure and later return, each ranked within its market."
        " *Edge* is the share of hits less what a coin with the same bias would hit. *Spread* is the mean return behind"
        " the highest tenth of the figure's values less that behind the lowest, in hundredths of a percent. In brackets"
        " are 95 % intervals of a bootstrap of whole blocks of time, the same for all markets, of a day or twice the"
        " horizon. *Independent* counts spans of a horizon that do not overlap, over all markets, which move together:"
        f" fewer are truly independent. *Stands* says whether the IC survives the correction for all {told.tests} tests"
        " of this page (Benjamini and Hochberg, at most 5 % of those that stand are expected to be false)."
    )
    fees = (
        f"Fees: a position that is opened and closed by market orders costs twice the taker's fee, {2 * fee_bps:g} bps"
        f" at {fee_bps:g} bps a side; both legs of a spread {4 * fee_bps:g} bps. No figure here has fees taken off."
    )
    lines = ["# What the scores were worth", "", origin, ""]
    lines += [f"Every {format_seconds(told.every_s)} at the close of a {told.timeframe} candle, of these markets:", ""]
    lines += ["| market | candles | from | to | file |", "| --- | ---: | --- | --- | --- |"]
    lines += [
        f"| {one.symbol} | {one.candles:,} | {_day(one.first)} | {_day(one.last)} | `{one.source}` |"
        for one in told.markets
    ]
    lines += ["", reading, "", fees, "", "## The score", ""]
    lines += [f"![histogram of the score, and the mean return by its decile]({picture})", ""]
    lines += ["| percentile | score |", "| ---: | ---: |"]
    lines += [*(f"| {percent} | {value:.1f} |" for percent, value in told.percentiles.items()), ""]
    for kind, title in (("score", "Score"), ("component", "Components"), ("factor", "Factors")):
        rows = [row for row in told.rows if row.kind == kind]
        if kind != "score":
            lines += [f"## {title}", ""]
        lines += [*_table(rows), ""]
    lines += ["## Mean return by decile of the score, in bps", "", *_deciles(told), ""]
    return "\n".join(lines)


def picture(told: Evaluation) -> str:
    """The histogram of the score, and for each horizon the mean return by its decile, as one SVG."""
    most = max(told.histogram, default=1) or 1
    width = BINS * _BAR
    parts = [
        f'<text x="0" y="14">score: how often, {sum(told.histogram):,} readings</text>',
        *(
            f'<rect x="{at * _BAR}" y="{20 + _HIGH * (1 - count / most):.1f}" width="{_BAR - 2}"'
            f' height="{_HIGH * count / most:.1f}" fill="#3b6ea5"/>'
            for at, count in enumerate(told.histogram)
        ),
        *(
            f'<text x="{width * mark / 100:.0f}" y="{_HIGH + 36}" text-anchor="middle">{mark}</text>'
            for mark in range(0, 101, 10)
        ),
    ]
    rows = [row for row in told.rows if row.kind == "score"]
    top = _HIGH + 60
    for number, row in enumerate(rows):
        parts += _panel(row, number * (width // max(len(rows), 1)), top, width // max(len(rows), 1) - 12)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 {width + 20} {top + _HIGH + 40}"'
        f' font-family="sans-serif" font-size="12">{"".join(parts)}</svg>\n'
    )


def write(told: Evaluation, file: Path, command: str, fee_bps: float) -> None:
    """The page to *file*, and the picture beside it."""
    beside = file.with_suffix(".svg")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(markdown(told, beside.name, command, fee_bps), encoding="utf-8")
        beside.write_text(picture(told), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}; name another with --report") from error


def _panel(row: Row, left: int, top: int, width: int) -> list[str]:
    """The mean return by decile, with its intervals as lines."""
    deciles = row.measured.deciles
    most = max(abs(bound) for one in deciles for bound in (one.low, one.high, one.value)) or 1.0
    middle, half, step = top + 20 + _HIGH / 2, _HIGH / 2, width / len(deciles)

    def height(value: float) -> float:
        return middle - half * value / most

    title = f"{format_seconds(row.horizon_s)}: mean return by decile, up to {1e4 * most:.1f} bps"
    parts = [
        f'<text x="{left}" y="{top + 10}" font-size="9">{title}</text>',
        f'<line x1="{left}" x2="{left + width}" y1="{middle}" y2="{middle}" stroke="#999"/>',
    ]
    for number, one in enumerate(deciles):
        x = left + step * (number + 0.5)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{height(one.low):.1f}" y2="{height(one.high):.1f}" stroke="#888"/>'
            f'<circle cx="{x:.1f}" cy="{height(one.value):.1f}" r="3" fill="#3b6ea5"/>'
        )
    return parts


def _table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| figure | horizon | IC | stands | hits | coin | edge, % | spread, bps | samples | independent | blocks |",
        "| --- | ---: | --- | --- | ---: | ---: | --- | --- | ---: | ---: | ---: |",
    ]
    for row in rows:
        one = row.measured
        lines.append(
            f"| {row.name.replace('_', ' ')} | {format_seconds(row.horizon_s)} | {_within(one.correlation, 1.0, 4)}"
            f" | {'yes' if one.survives else 'no'} | {100 * one.hits:.2f} | {100 * one.base:.2f}"
            f" | {_within(one.edge, 100.0, 2)} | {_within(one.spread, 1e4, 2)} | {one.samples:,}"
            f" | {one.independent:,} | {one.blocks} |"
        )
    return lines


def _deciles(told: Evaluation) -> list[str]:
    rows = [row for row in told.rows if row.kind == "score"]
    names = " | ".join(str(number + 1) for number in range(10))
    lines = [f"| horizon | {names} |", f"| ---: |{' --- |' * 10}"]
    for row in rows:
        cells = " | ".join(_within(one, 1e4, 1) for one in row.measured.deciles)
        lines.append(f"| {format_seconds(row.horizon_s)} | {cells} |")
    return lines


def _within(one: Estimate, scale: float, digits: int) -> str:
    return f"{scale * one.value:+.{digits}f} [{scale * one.low:+.{digits}f}, {scale * one.high:+.{digits}f}]"


def _day(at: int) -> str:
    return dt.datetime.fromtimestamp(at / SECOND, dt.UTC).strftime("%Y-%m-%d")
