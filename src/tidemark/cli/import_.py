"""`tidemark import`: candles of equities, currencies and coins that others wrote down."""

import datetime as dt
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from tidemark.backtest.imports.conversion import Imported, Wishes, convert, stem_of
from tidemark.backtest.imports.times import ORDERS
from tidemark.cli.shared import JsonOption, print_json
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

# Whoever waits for longer sees how far it is.
_PATIENCE_NS = 2 * SECOND


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV, JSON, Feather or Parquet, one or many.")],
    timeframe: Annotated[
        str | None, typer.Option(help="The candles' length; else it is found out.", show_default=False)
    ] = None,
    symbol: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The market, else the name of the file.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the candles are written.")] = Path("candles"),
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Of times that say none, like America/New_York; else UTC.", show_default=False
        ),
    ] = None,
    dates: Annotated[
        str | None, typer.Option(metavar="ORDER", help=f"{' or '.join(ORDERS)}: of 01/02/2024.", show_default=False)
    ] = None,
    most_bad: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="How many percent of the rows may be no candles.")
    ] = 5.0,
    json: JsonOption = False,
) -> None:
    """Read candles of others, check every row, and write those that are candles as Parquet, a file for each.

    Yahoo, Stooq, Alpha Vantage, MetaTrader, Binance, freqtrade and plain tables are understood by what stands in them.
    What is no candle stands beside the output, with line, reason and value; nothing is filled in, adjusted or left out
    in silence.

    Examples:
      tidemark import AAPL.csv --timeframe 1d

      tidemark import EURUSD_1h.csv --timezone Europe/Athens --out candles

      tidemark import *.csv --out candles --json
    """
    wishes = Wishes(
        out=out, timeframe=_timeframe(timeframe), symbol=symbol, zone=_zone(timezone), dates=_order(dates),
        most_bad=most_bad / 100.0,
    )  # fmt: skip
    stems = [stem_of(file) for file in files]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise SettingsError(
            f"two files are called {twice!r}, and would be written to one; import them to folders of their own"
        )
    if symbol is not None and len(files) > 1:
        raise SettingsError(f"--symbol {symbol!r} names one market, and there are {len(files)} files")
    done = []
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    clock = SystemClock()
    begun = clock.monotonic_ns()
    try:
        for number, file in enumerate(files):
            task = progress.add_task(f"reading {file.name}", total=1.0)

            def each(part: float) -> None:
                progress.update(task, completed=part)  # noqa: B023
                if clock.monotonic_ns() - begun > _PATIENCE_NS:
                    progress.start()

            done.append(convert(file, wishes, each))
            progress.remove_task(task)
            if not json:
                _print(done[number])
    finally:
        progress.stop()
    if json:
        print_json({"files": done})


def _timeframe(text: str | None) -> Timeframe | None:
    try:
        return None if text is None else Timeframe(text)
    except ValueError as error:
        names = ", ".join(one.value for one in Timeframe)
        raise SettingsError(f"--timeframe {text!r} is none; there are {names}") from error


def _zone(text: str | None) -> ZoneInfo | None:
    try:
        return None if text is None else ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"--timezone {text!r} is none; write one like Europe/London or UTC") from error


def _order(text: str | None) -> str | None:
    if text is not None and text not in ORDERS:
        raise SettingsError(f"--dates {text!r} is none; there are {' and '.join(ORDERS)}")
    return text


def _print(told: Imported) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    # Paths are told whole, so that they can be used.
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    more = f" and {told.symbol_count - len(told.symbols)} more" if told.symbol_count > len(told.symbols) else ""
    for name, text in (
        (told.file, f"{told.candles:,} candles of {told.timeframe.value} from {told.rows:,} rows"),
        ("markets", ", ".join(told.symbols) + more),
        (
            "from",
            f"{_moment(told.begin)} to {_moment(told.end)} UTC{', turned: the newest came first' * told.is_turned}",
        ),
        ("volume", _volume(told)),
        ("not read", ", ".join(told.ignored)),
        ("gaps", _gaps(told)),
        ("splits", _splits(told)),
        ("no candles", ", ".join(f"{count:,} {reason}" for reason, count in told.bad.items())),
        ("see", told.quarantine or ""),
        ("written to", told.output),
    ):
        if text:
            table.add_row(name, text)
    Console().print(table, highlight=False)


def _volume(told: Imported) -> str:
    if told.volume is None:
        return "no volume: there is no column of it"
    return told.volume if told.has_volume else f"no volume: {told.volume} is 0 throughout"


def _gaps(told: Imported) -> str:
    gaps = told.gaps
    if gaps.longest_from is None or gaps.longest_to is None:
        return "none"
    return (
        f"{gaps.places:,}, {gaps.weekends:,} of them over a weekend, {gaps.missing:,} candles in all; the longest from"
        f" {_moment(gaps.longest_from)} to {_moment(gaps.longest_to)}"
    )


def _splits(told: Imported) -> str:
    if not told.splits:
        return ""
    first = "; ".join(
        f"{one.symbol} {_moment(one.at)} {one.before:g} to {one.after:g}, like {one.ratio:g} for 1"
        for one in told.splits[:3]
    )
    return f"{told.splits_found:,} that look as if nobody adjusted them: {first}"


def _moment(at_ns: int) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=at_ns // SECOND)
    return f"{moment:%Y-%m-%d}" if at_ns % (86_400 * SECOND) == 0 else f"{moment:%Y-%m-%d %H:%M}"
