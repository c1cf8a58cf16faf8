"""`tidemark soak`: days of market in minutes, with faults, and a verdict on all of it."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tidemark.cli.shared import JsonOption, print_json
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.proof.audit import Report as Audit
from tidemark.proof.audit import audit
from tidemark.proof.soak.conductor import Conductor, Outcome, Sighting
from tidemark.proof.soak.delivery import Delivered
from tidemark.proof.soak.plan import Plan
from tidemark.proof.soak.profiles import PROFILES
from tidemark.proof.soak.report import check_name, facts, write
from tidemark.proof.soak.schedule import draw
from tidemark.proof.soak.verdict import Judgement, judge_soak
from tidemark.units import format_bytes

_COLORS = {"VALID": "red", "INCONCLUSIVE": "yellow", "INVALID": "green"}
_LEAST_HOURS = 0.5


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    passes: bool
    is_conclusive: bool
    judgement: Judgement
    plan: Plan
    simulated_s: float
    elapsed_s: float
    service_cpu_s: float
    messages: int
    requests: int
    peak_rss: int
    delivered: Delivered
    audit: Audit | None
    sightings: tuple[Sighting, ...]


def command(
    profile: Annotated[
        Literal["short", "full"],
        typer.Option(help="short: 3 h, some minutes; full: 3 days of 560 markets at 750 messages a second."),
    ] = "short",
    days: Annotated[
        float | None, typer.Option(min=_LEAST_HOURS / 24, max=365, help="How many days of market.", show_default=False)
    ] = None,
    symbols: Annotated[int | None, typer.Option(min=1, max=2000, help="How many markets.", show_default=False)] = None,
    rate: Annotated[
        float | None, typer.Option(min=1, max=100_000, help="Messages a second over all of them.", show_default=False)
    ] = None,
    venue: Annotated[Literal["bybit", "binance"], typer.Option(help="Which exchange.")] = "bybit",
    seed: Annotated[int, typer.Option(min=0, help="Decides the market and what goes wrong.")] = 1,
    calm: Annotated[bool, typer.Option("--calm", help="Nothing goes wrong.")] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting of the service; may be given often.", show_default=False
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots: .html.", show_default=False)
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the service's files, logs and samples.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Watch a whole market for days, in minutes, while everything goes wrong, and prove that memory stays flat.

    The service runs as it always does, in a process of its own, against the local exchange in this one; both live by a
    clock that runs as fast as they can work. Connections are cut, go silent, lie, repeat and reorder; the disk is full,
    the database busy, clocks jump, markets come and go, whoever is told of signals refuses, hangs or is gone, the
    service is killed and started again. It passes when memory and Python's blocks do not grow, the budget and every
    bound hold at every look, nothing is left over at the end, no candle differs from what was traded but where the
    ledger of gaps says so, and every notification arrived, once and in order.

    Exit codes: 0 passed, 1 failed, 3 passed but too short to tell everything (not with --profile short).

    Examples:
      tidemark soak

      tidemark soak --profile full --report soak.html

      tidemark soak --days 0.5 --symbols 40 --rate 200 --seed 7 --json
    """
    if report is not None:
        check_name(report)
    usual = PROFILES[profile]
    hours = usual.hours if days is None else days * 24
    plan = Plan(
        seed=seed,
        venue=venue,
        symbols=symbols or usual.symbols,
        rate=rate or usual.rate,
        hours=hours,
        faults=() if calm else draw(seed, venue, hours, kills_alerts=usual.kills_alerts),
        told=_pairs(set_),
    )
    with _folder(keep) as folder, _bar(plan, is_quiet=json) as tell:
        outcome = Conductor(plan, folder, tell).run()
        outcome.write_samples(folder)
    clock = SystemClock()
    recording = max(outcome.recordings, key=lambda one: len(one.looks), default=None)
    audited = audit(recording, clock.monotonic_ns) if recording is not None and recording.looks else None
    judgement = judge_soak(outcome, audited)
    if report is not None:
        write(outcome, judgement, audited, report)
    if json:
        print_json(_told(outcome, judgement, audited))
    else:
        _print(outcome, judgement)
    if not judgement.passes:
        raise typer.Exit(1)
    if not judgement.is_conclusive and profile != "short":
        raise typer.Exit(3)


def _pairs(pairs: list[str] | None) -> dict[str, str]:
    told = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SettingsError(f"--set {pair!r} is not understood; write KEY=VALUE, like memory.budget=256MB")
        told[key] = value
    return told


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="tidemark-soak-") as folder:
            yield Path(folder)
        return
    if keep.exists() and any(keep.iterdir()):
        raise SettingsError(f"--keep {keep}: the folder is not empty; name a new one")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


@contextmanager
def _bar(plan: Plan, *, is_quiet: bool) -> Iterator[Callable[[float, Sighting | None], None]]:
    columns = (TextColumn("soaking"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), disable=is_quiet or not sys.stderr.isatty(), transient=True
    ) as progress:
        task = progress.add_task("", total=1.0, told="starting")

        def tell(share: float, newest: Sighting | None) -> None:
            words = f"{share * plan.hours:.1f} of {plan.hours:g} h"
            if newest is not None:
                words += (
                    f", RSS {format_bytes(newest.rss)}, {newest.facts.candles:,} candles, {newest.facts.gaps:,} gaps"
                )
            progress.update(task, completed=min(share, 1.0), told=words)

        yield tell


def _told(outcome: Outcome, judgement: Judgement, audited: Audit | None) -> _Told:
    return _Told(
        passes=judgement.passes,
        is_conclusive=judgement.is_conclusive,
        judgement=judgement,
        plan=outcome.plan,
        simulated_s=outcome.simulated_s,
        elapsed_s=outcome.elapsed_s,
        service_cpu_s=outcome.service_cpu_s,
        messages=outcome.messages,
        requests=outcome.requests,
        peak_rss=outcome.peak_rss,
        delivered=outcome.delivered,
        audit=audited,
        sightings=outcome.sightings,
    )


def _print(outcome: Outcome, judgement: Judgement) -> None:
    console = Console()
    for name, words in facts(outcome):
        console.print(f"  {name}: {words}", highlight=False, soft_wrap=True)
    table = Table(box=None, header_style="bold")
    for name in ("what would be wrong", "verdict", "figures"):
        table.add_column(name, overflow="fold")
    for point in judgement.points:
        table.add_row(point.name, Text(point.verdict.value, style=_COLORS[point.verdict.value]), point.words)
    console.print()
    console.print(table)
    for point in judgement.points:
        for words in point.details:
            console.print(f"  {point.name}: {words}", highlight=False, soft_wrap=True, style="red")
    word = ("passed" if judgement.is_conclusive else "passed, as far as it can tell") if judgement.passes else "FAILED"
    console.print()
    console.print(word, style="bold green" if judgement.passes else "bold red")
