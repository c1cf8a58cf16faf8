"""`tidemark archive`: what has been archived, and whether it can be read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.errors import StoreError
from tidemark.settings.settings import Settings
from tidemark.store.archive_layout import Part, parts
from tidemark.units import format_bytes


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive has of one market, of one kind: days or years, the first and last of them, rows and bytes."""

    kind: str
    venue: str
    symbol: str
    periods: int
    first: str
    last: str
    files: int
    rows: int
    bytes: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole archive. `unreadable`: a line for each file that cannot be read; `checked`: whether all were."""

    folder: str
    holdings: tuple[Holding, ...]
    rows: int
    bytes: int
    files: int
    checked: bool
    unreadable: tuple[str, ...]


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    symbol: Annotated[str | None, typer.Option(help="Only this market.", show_default=False)] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read every file whole; exit code 1 when one cannot be.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Print what the archive holds: markets, days, rows and bytes.

    The files are Parquet with hive partitions, for pyarrow, DuckDB, Polars and whatever else reads them.

    Examples:
      tidemark archive

      tidemark archive --symbol BTCUSDT --json

      tidemark archive --check
    """
    chosen = settings(config, set_, {}).settings
    root = chosen.store.path / "archive"
    found = [part for part in parts(root) if symbol is None or part.symbol == symbol]
    report = _report(root, found, check=check)
    if json:
        print_json(report)
    else:
        _print(report, chosen, symbol)
    return 1 if report.unreadable else 0


def _report(root: Path, found: Sequence[Part], *, check: bool) -> Report:
    from tidemark.store import archive_files

    count = archive_files.check if check else archive_files.count_rows
    markets: dict[tuple[str, str, str], list[Part]] = {}
    rows: dict[Path, int] = {}
    unreadable = []
    for part in found:
        markets.setdefault((part.kind, part.venue, part.symbol), []).append(part)
        try:
            rows[part.path] = count(part.path)
        except StoreError as error:
            unreadable.append(str(error))
    holdings = tuple(
        Holding(
            kind=kind,
            venue=venue,
            symbol=symbol,
            periods=len({part.period for part in of_market}),
            first=min(part.period for part in of_market),
            last=max(part.period for part in of_market),
            files=len(of_market),
            rows=sum(rows.get(part.path, 0) for part in of_market),
            bytes=sum(part.bytes for part in of_market),
        )
        for (kind, venue, symbol), of_market in markets.items()
    )
    return Report(
        folder=str(root),
        holdings=holdings,
        rows=sum(rows.values()),
        bytes=sum(part.bytes for part in found),
        files=len(found),
        checked=check,
        unreadable=tuple(unreadable),
    )


def _print(report: Report, chosen: Settings, symbol: str | None) -> None:
    console = Console()
    if not report.holdings:
        console.print(_nothing(report.folder, chosen, symbol), soft_wrap=True)
        return
    console.print(f"Archive in {report.folder}", style="bold", highlight=False, soft_wrap=True)
    # One table a venue: so a line fits a terminal of the usual width.
    for venue in dict.fromkeys(one.venue for one in report.holdings):
        console.print(_table(venue, [one for one in report.holdings if one.venue == venue]))
    console.print(f"{report.files:,} files, {report.rows:,} rows, {format_bytes(report.bytes)}")
    for words in report.unreadable:
        console.print(words, style="red", soft_wrap=True)
    if report.checked and not report.unreadable:
        console.print("every file can be read", style="green")


def _table(venue: str, holdings: Sequence[Holding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(venue, overflow="fold")
    for name in ("what", "first", "last"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "size"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in holdings:
        size = format_bytes(one.bytes)
        table.add_row(one.symbol, one.kind.replace("_", " "), one.first, one.last, f"{one.rows:,}", size)
    return table


def _nothing(folder: str, chosen: Settings, symbol: str | None) -> str:
    if symbol is not None:
        return f"the archive in {folder} has nothing of {symbol}; without --symbol all of it is listed"
    if not chosen.archive.enabled:
        return f"nothing is archived in {folder}: archive.enabled is false"
    return f"nothing is archived in {folder} yet: `tidemark run` writes it every {chosen.archive.every:g} s"
