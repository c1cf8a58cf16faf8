"""`tidemark backtest report` and `export`: a run as a page, as a PDF, and as files for other programs."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tidemark.cli.kept_runs import RunArgument, kept_runs
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json
from tidemark.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from tidemark.backtest.reports.export import What

_WHAT = ("trips", "equity")


def report(
    run: RunArgument,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file .html or .pdf; else RUN.html, here.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Write what a run was and what came of it as one page, or as a PDF.

    The page has everything in it: it fetches nothing and runs nothing, so that it can be mailed, printed and kept. A
    PDF is made of it by WeasyPrint, in a process with a limit of memory. A run that failed or was interrupted has a
    report of what it had.

    Examples:
      tidemark backtest report mean_cross-3f2a1b

      tidemark backtest report mean_cross --out mean_cross.pdf
    """
    from tidemark.backtest.reports.gathered import gather
    from tidemark.backtest.reports.page import html
    from tidemark.backtest.reports.pdf import pdf_of

    _must_end(out, "--out", (".html", ".pdf"))
    with kept_runs(config, set_) as (engine, shelf):
        found = shelf.find(run)
        with engine.connect() as connection:
            page = html(gather(connection, found))
    file = Path(f"{found.id}.html") if out is None else out
    made = page.encode()
    if file.suffix == ".pdf":
        with Console(stderr=True).status("drawing the PDF"):
            made = pdf_of(page)
    _written(file, lambda open_file: open_file.write(made))
    _told(file, found.id, len(made), json=json)


def export(
    run: RunArgument,
    out: Annotated[str, typer.Option(metavar="FILE", help="A file .csv or .parquet; - prints CSV.")],
    what: Annotated[str, typer.Option(metavar="WHAT", help="trips or equity.")] = "trips",
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Write the round trips or the equity of a run to a file, for a spreadsheet or a program.

    Times are UTC. Parquet has the ids of the run and the hashes of its code and candles in its metadata.

    Examples:
      tidemark backtest export mean_cross-3f2a1b --out trips.parquet

      tidemark backtest export mean_cross --what equity --out equity.csv

      tidemark backtest export mean_cross --out - > trips.csv
    """
    from tidemark.backtest.reports.export import rows_of, write_csv, write_parquet
    from tidemark.cli.progress import progress

    chosen = _what(what)
    is_printed = out == "-"
    file = Path(out)
    if not is_printed:
        _must_end(file, "--out", (".csv", ".parquet"))
    elif json:
        raise SettingsError("--out - prints rows and --json prints an object; take one of them, or name a file")
    write = write_parquet if file.suffix == ".parquet" else write_csv
    with kept_runs(config, set_) as (engine, shelf):
        found = shelf.find(run)
        with engine.connect() as connection:
            count = rows_of(connection, found.id, chosen)
            with progress(f"{count:,} rows", count) as each:
                put = partial(write, connection, found, chosen, each=each)
                if is_printed:
                    _printed(put)
                else:
                    _written(file, put)
    if not is_printed:
        _told(file, found.id, file.stat().st_size, count, json=json)


def _what(text: str) -> "What":
    for one in _WHAT:
        if one == text:
            return "trips" if one == "trips" else "equity"
    raise SettingsError(f"--what {text!r} is none; there are {' and '.join(_WHAT)}")


def _must_end(file: Path | None, option: str, endings: tuple[str, ...]) -> None:
    if file is not None and file.suffix not in endings:
        raise SettingsError(f"{option} {file}: its ending says what is written; use {' or '.join(endings)}")


def _written(file: Path, write: Callable[[IO[bytes]], object]) -> None:
    from tidemark.store.atomic import write_whole

    try:
        write_whole(file, write)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}; name another with --out") from error


def _printed(write: Callable[[IO[bytes]], object]) -> None:
    try:
        write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever reads has had enough; nothing is left to be said to nobody when this process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(file: Path, run: str, size: int, rows: int | None = None, *, json: bool) -> None:
    from tidemark.units import format_bytes

    if json:
        print_json({"run": run, "file": str(file), "bytes": size} | ({} if rows is None else {"rows": rows}))
    else:
        of = "" if rows is None else f"{rows:,} rows, "
        typer.echo(f"{file}: {of}{format_bytes(size)} of run {run}")
