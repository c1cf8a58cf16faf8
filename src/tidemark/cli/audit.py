"""`tidemark audit`: does the running process grow, and what is it that grows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError, SilentProcessError
from tidemark.live.caller import Caller, socket_path
from tidemark.proof.audit import Report, audit
from tidemark.proof.recording import Recording, read_samples
from tidemark.proof.report import Table as ReportTable
from tidemark.proof.report import check_name, facts, findings_table, ranked_table, write
from tidemark.proof.sampling import Step, sample
from tidemark.units import parse_seconds

_COLORS = {"VALID": "red", "INCONCLUSIVE": "yellow", "INVALID": "green"}
# With --watch the verdict is told this often.
_TOLD_EVERY = 20


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    socket: SocketOption = None,
    for_: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long to look; under 5m growth is not judged.")
    ] = "10m",
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C, and tell the verdict now and then.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page as well: .html or .md.", show_default=False),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judge recorded samples, a JSON object a line.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Say whether the running process grows, whether every bound holds, and what it is that grows.

    Each hypothesis answers VALID (it is so), INVALID or INCONCLUSIVE, with its figures. What a container of the ledger
    may hold is exact at once; growth needs a run of five minutes at least, and ten are better. The feed goes on.

    Exit codes: 0 flat, 1 it grows or a bound is broken, 3 the run was too short to tell.

    Examples:
      tidemark audit

      tidemark audit --for 1h --report audit.html

      tidemark audit --watch

      tidemark audit --venue binance --for 30s --json
    """
    if report is not None:
        check_name(report)
    clock = SystemClock()
    recording = Recording()
    console = Console(stderr=True)
    ended = ""
    if samples is not None:
        for one in read_samples(samples):
            recording.add(one)
    else:
        for_s = parse_seconds(for_)
        if for_s <= 0:
            raise SettingsError(f"--for {for_}: a run takes some time, like 10m")
        path = socket if socket is not None else socket_path(settings(config, set_, {"venue.name": venue}).settings)
        with Caller(path) as process:
            ended = _look(
                lambda: sample(process, recording, for_s, sleep=time.sleep, monotonic_ns=clock.monotonic_ns),
                lambda: audit(recording, clock.monotonic_ns),
                console,
                watch=watch,
            )
    if not recording.looks:
        if samples is not None:
            raise SilentProcessError(f"{samples} holds no sample; a soak writes them, one a line")
        raise SilentProcessError(ended or "stopped before the first sample: nothing can be judged")
    found = audit(recording, clock.monotonic_ns)
    if report is not None:
        write(found, report)
    if json:
        print_json(found)
    else:
        _print(found)
    if ended:
        console.print(f"the run ended early: {ended}", highlight=False, soft_wrap=True)
    return int(found.code)


def _look(steps: Callable[[], Iterator[Step]], judge: Callable[[], Report], console: Console, *, watch: bool) -> str:
    """Take the samples; why that ended early, if it did. Ctrl-C ends it in order."""
    ended = ""
    try:
        while True:
            with _bar(console) as show:
                for number, step in enumerate(steps(), start=1):
                    ended = step.ended
                    show(step.share)
                    if watch and number % _TOLD_EVERY == 0:
                        _tell(judge(), console)
            if not watch or ended:
                break
    except KeyboardInterrupt:
        console.print("stopped; what was seen so far is judged")
    return ended


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("looking", total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _tell(report: Report, console: Console) -> None:
    console.print(Text(report.verdict.value, style=_COLORS[report.verdict.value]), report.summary, soft_wrap=True)


def _narrow(table: ReportTable) -> ReportTable:
    """Without the claims: a terminal has no room for them, and the page has."""
    head, rows = table
    at = head.index("claim")
    return head[:at] + head[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]


def _print(report: Report) -> None:
    console = Console()
    verdict = Text(report.verdict.value, style=f"bold {_COLORS[report.verdict.value]}")
    console.print(verdict, report.summary, highlight=False, soft_wrap=True)
    for name, words in facts(report):
        console.print(f"  {name}: {words}", highlight=False, soft_wrap=True)
    for title, (head, rows) in (("Who it is", ranked_table(report)), ("Hypotheses", _narrow(findings_table(report)))):
        if not rows:
            continue
        table = Table(title=title, title_style="bold", title_justify="left", box=None, header_style="bold")
        for name in head:
            table.add_column(name, overflow="fold", justify="right" if name == "ms" else "left")
        for row in rows:
            table.add_row(*(Text(cell, style=_COLORS.get(cell, "")) for cell in row))
        console.print()
        console.print(table)
