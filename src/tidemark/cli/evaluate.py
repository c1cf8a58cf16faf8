"""`tidemark evaluate`: whether scores, components and factors said anything about what came next."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tidemark.backtest import evaluation_report
from tidemark.backtest.candle_files import markets
from tidemark.backtest.evaluation import Evaluation, evaluate
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.engine.sizing import weights
from tidemark.errors import CaptureError, SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND, format_seconds, parse_seconds

_MOST_HORIZON_S = 30 * 86400


def command(
    data: Annotated[Path, typer.Option("--data", metavar="FOLDER", help="Parquet files of candles, or the archive.")],
    horizons: Annotated[str, typer.Option(metavar="TIMES", help="How much later the price is looked at.")] = (
        "5m,15m,1h,4h,24h"
    ),
    timeframe: Annotated[str, typer.Option(help="The candles to begin with; longer ones are made of them.")] = "1m",
    match: Annotated[str, typer.Option(metavar="PATTERN", help="Only files of such a name.")] = "*.parquet",
    every: Annotated[str, typer.Option(metavar="TIME", help="How often what is said is taken down.")] = "5m",
    fee_bps: Annotated[float, typer.Option(min=0.0, max=100.0, help="The taker's fee a side, to compare with.")] = 5.5,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write a page (.md), with a picture beside it.")
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Read candles in order, with the code that scores live, and hold each figure against what the price did next.

    For each factor, component and the score: rank correlation, hits against a coin with the same bias, and the mean
    return by tenths, each with a 95 % interval by a bootstrap of blocks of time, and corrected for the number of tests.
    Only what candles tell can be measured on candles.

    Examples:
      tidemark evaluate --data candles --horizons 5m,1h,24h

      tidemark evaluate --data ~/.local/share/tidemark/archive --report evaluation.md

      tidemark evaluate --data candles --match '*_1h_*' --timeframe 1h --every 1h --json
    """
    chosen = settings(config, set_, {}).settings
    if report is not None and report.suffix != ".md":
        raise SettingsError(f"--report {report}: a page of Markdown is written; name a file that ends in .md")
    beginning = _timeframe(timeframe)
    every_ns = _nanoseconds("--every", every)
    if every_ns % beginning.ns:
        raise SettingsError(f"--every {every} is no whole number of {timeframe} candles")
    spans = [_nanoseconds("--horizons", one.strip()) for one in horizons.split(",")]
    for span, text in zip(spans, horizons.split(","), strict=True):
        if span % beginning.ns:
            raise SettingsError(f"--horizons {text}: no whole number of {timeframe} candles")
    console = Console(stderr=True)
    with console.status("looking for candles ..."):
        found = list(markets(data, beginning, match))
    if not found:
        raise CaptureError(f"{data} holds no market with {timeframe} candles; try another --timeframe or --match")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=len(found))
        told = evaluate(
            found, spans, weights(chosen), every_ns=every_ns,
            each=lambda number, name: progress.update(task, completed=number, description=f"reading {name}"),
        )  # fmt: skip
    if report is not None:
        words = (
            f"tidemark evaluate --data {shlex.quote(data.name)} --match {shlex.quote(match)} --timeframe {timeframe}"
        )
        evaluation_report.write(told, report, f"{words} --every {every} --horizons {horizons}", fee_bps)
    if json:
        print_json(told)
    else:
        _print(told, fee_bps)


def _timeframe(text: str) -> Timeframe:
    try:
        return Timeframe(text)
    except ValueError as error:
        names = ", ".join(one.value for one in Timeframe)
        raise SettingsError(f"--timeframe {text!r} is none; there are {names}") from error


def _nanoseconds(flag: str, text: str) -> int:
    seconds = parse_seconds(text)
    if not 0.0 < seconds <= _MOST_HORIZON_S:
        raise SettingsError(f"{flag} {text!r}: write a time above 0, up to {format_seconds(_MOST_HORIZON_S)}")
    return round(seconds * SECOND)


def _print(told: Evaluation, fee_bps: float) -> None:
    console = Console()
    table = Table(
        title=f"{len(told.markets)} markets, {100 * told.coverage:.0f} % of the score's weight is in candles",
        box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False,
    )  # fmt: skip
    for name in ("figure", "after", "IC", "95 %", "stands", "edge, %", "spread", "n"):
        table.add_column(name, justify="left" if name in {"figure", "stands"} else "right", no_wrap=True)
    kind = ""
    for row in told.rows:
        if row.kind != kind:
            kind = row.kind
            table.add_row(Text(kind, style="bold"))
        one = row.measured
        table.add_row(
            f" {row.name}", format_seconds(row.horizon_s), f"{one.correlation.value:+.3f}",
            f"{one.correlation.low:+.3f} {one.correlation.high:+.3f}", "yes" if one.survives else "no",
            f"{100 * one.edge.value:+.2f}", f"{1e4 * one.spread.value:+.2f}", f"{one.independent:,}",
        )  # fmt: skip
    console.print(table)
    spread = ", ".join(f"{percent} %: {value:.1f}" for percent, value in told.percentiles.items())
    console.print(f"\nthe score's percentiles: {spread}", highlight=False)
    console.print(
        "after: how much later the price is looked at; spread: of the highest tenth against the lowest, in bps; n:"
        f" spans that do not overlap; stands: after the correction for {told.tests} tests; a round trip by market"
        f" orders costs {2 * fee_bps:g} bps, which no figure has taken off",
        highlight=False,
    )
