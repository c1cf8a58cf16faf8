"""An evaluation as a page of Markdown and a picture beside it."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from tidemark.backtest.evaluation import BINS, Evaluation, Row
from tidemark.backtest.statistics import Estimate
from tidemark.errors import StoreError
from tidemark.plot import Axis, Plot, drawing
from tidemark.units import SECOND, format_seconds

_BAR, _HIGH, _SIDE = 14, 160, 10


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
    whole = Plot(width, _HIGH + 42, Axis(0, BINS), Axis(0.0, most), left=0, top=20, x0=_SIDE)
    whole.text(_SIDE, 14, f"score: how often, {sum(told.histogram):,} readings")
    for at, count in enumerate(told.histogram):
        whole.bar((at, at + 1), (0, count), "blue", gap=2)
    whole.foot([(BINS * mark / 100, str(mark)) for mark in range(0, 101, 10)])
    rows = [row for row in told.rows if row.kind == "score"]
    each = width // max(len(rows), 1)
    panels = [_panel(row, _SIDE + number * each, _HIGH + 60, each - 12) for number, row in enumerate(rows)]
    return drawing(width + 2 * _SIDE, 2 * _HIGH + 100, "what the score was worth", [whole, *panels]) + "\n"


def write(told: Evaluation, file: Path, command: str, fee_bps: float) -> None:
    """The page to *file*, and the picture beside it."""
    beside = file.with_suffix(".svg")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(markdown(told, beside.name, command, fee_bps), encoding="utf-8")
        beside.write_text(picture(told), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}; name another with --report") from error


def _panel(row: Row, x0: int, y0: int, width: int) -> Plot:
    """The mean return by decile, with its intervals as lines."""
    deciles = row.measured.deciles
    most = max(abs(bound) for one in deciles for bound in (one.low, one.high, one.value)) or 1.0
    plot = Plot(width, _HIGH + 20, Axis(0, len(deciles)), Axis(-most, most), left=0, top=20, bottom=0, x0=x0, y0=y0)
    title = f"{format_seconds(row.horizon_s)}: mean return by decile, up to {1e4 * most:.1f} bps"
    plot.text(x0, y0 + 10, title, size=9)
    plot.line([(0, 0), (len(deciles), 0)], "grid")
    for number, one in enumerate(deciles):
        plot.line([(number + 0.5, one.high), (number + 0.5, one.low)], "soft")
    plot.dots([(number + 0.5, one.value) for number, one in enumerate(deciles)], "blue")
    return plot


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
