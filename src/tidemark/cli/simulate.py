"""`tidemark simulate`: worlds in which everything goes wrong, each a function of its seed."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tidemark.cli.shared import JsonOption, print_json
from tidemark.errors import SettingsError
from tidemark.proof.simulation.pair import Result
from tidemark.proof.simulation.schedule import LEAST_S
from tidemark.proof.simulation.seeds import simulate
from tidemark.units import parse_seconds


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints; `digest` is that of the only seed."""

    seeds: int
    simulated_s: float
    faults: int
    outputs: int
    candles: int
    gaps: int
    digest: str | None
    failed: list[Result]


def command(
    seeds: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many worlds, one a seed.")] = 30,
    first: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    seed: Annotated[
        int | None, typer.Option(min=0, help="This one alone: what failed happens again.", show_default=False)
    ] = None,
    length: Annotated[str, typer.Option(metavar="TIME", help="How long each world lasts, by its own clock.")] = "6m",
    jobs: Annotated[int, typer.Option(min=0, max=64, help="Processes side by side; 0: one a core.")] = 0,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the files and the log of seeds that fail.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Live through made-up worlds in which everything goes wrong, and say what did not hold.

    In each of them the whole service watches a local exchange over a network of its own, by a clock that only moves
    when nothing can happen. The seed decides the market, the faults (connections, silence, lost and broken frames,
    bans, clocks, full disks, kills), the latencies and the order of events; the same seed gives the same again. What
    must hold: every bound of memory, every candle well-formed and in order, no book that can be read and is crossed,
    all candles those of the same world without faults but where the ledger of gaps says otherwise, and an end within
    ten seconds.

    Examples:
      tidemark simulate

      tidemark simulate --seeds 1000 --keep failures

      tidemark simulate --seed 17 --keep failures
    """
    length_s = parse_seconds(length)
    if length_s < LEAST_S:
        raise SettingsError(f"--length {length} is too short: faults and their repair take {LEAST_S / 60:.0f}m")
    chosen = [seed] if seed is not None else list(range(first, first + seeds))
    results = _run(chosen, length_s, jobs or os.cpu_count() or 1, keep, is_quiet=json)
    failed = sorted((result for result in results if result.broken), key=lambda result: result.seed)
    told = _Told(
        seeds=len(results),
        simulated_s=sum(result.simulated_s for result in results),
        faults=sum(len(result.faults) for result in results),
        outputs=sum(result.outputs for result in results),
        candles=sum(result.candles for result in results),
        gaps=sum(result.gaps for result in results),
        digest=results[0].digest if seed is not None else None,
        failed=failed,
    )
    if json:
        print_json(told)
    else:
        _tell(told, length)
    if failed:
        raise typer.Exit(1)


def _run(chosen: list[int], length_s: float, jobs: int, keep: Path | None, *, is_quiet: bool) -> list[Result]:
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]}"))
    progress = Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), disable=is_quiet or not sys.stderr.isatty()
    )
    results: list[Result] = []
    with progress:
        task = progress.add_task("", total=len(chosen), failed="")
        for result in simulate(chosen, length_s=length_s, jobs=jobs, keep=keep):
            results.append(result)
            failures = sum(bool(one.broken) for one in results)
            progress.update(task, advance=1, failed=f"{failures} failed" if failures else "")
    return results


def _tell(told: _Told, length: str) -> None:
    console = Console()
    for result in told.failed:
        console.print(_table(result))
        console.print(f"again: tidemark simulate --seed {result.seed} --length {length} --keep failures\n")
    print(
        f"{told.seeds} seeds, {told.simulated_s / 3600:.1f} simulated hours, {told.faults} faults,"
        f" {told.outputs} outputs, {told.candles} candles, {told.gaps} gaps: "
        + (f"{len(told.failed)} failed" if told.failed else "everything held")
        + (f"; digest {told.digest}" if told.digest else "")
    )


def _table(result: Result) -> Table:
    table = Table(
        title=f"Seed {result.seed}: {result.venue}, {result.symbols} markets", title_style="bold", title_justify="left",
        box=None, pad_edge=False, header_style="bold",
    )  # fmt: skip
    table.add_column("what went wrong on purpose", no_wrap=True)
    table.add_column("what did not hold", overflow="fold")
    faults = [
        f"{fault.at_s:7.1f} s  {fault.kind}"
        + (f" of {', '.join(fault.channels)}" if fault.channels else "")
        + (f", {fault.amount:g}" if fault.amount else "")
        + (f", for {fault.for_s:.0f} s" if fault.for_s else "")
        for fault in result.faults
    ]
    for row in range(max(len(faults), len(result.broken))):
        table.add_row(faults[row] if row < len(faults) else "", result.broken[row] if row < len(result.broken) else "")
    return table
