"""What `tidemark wyckoff generate` and `accuracy` do; pyarrow is loaded where files are read or written."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from tidemark.analysis.wyckoff import profile
from tidemark.analysis.wyckoff.reader import Reader
from tidemark.analysis.wyckoff.reading import Bars
from tidemark.cli.shared import print_json
from tidemark.errors import CaptureError, SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.proof.accuracy import report as pages
from tidemark.proof.accuracy import tuning
from tidemark.proof.accuracy.tally import Cases
from tidemark.proof.accuracy.tester import SERIES_BARS, Factory, Outcome, Run, evaluate, planted, try_series
from tidemark.proof.accuracy.textbook import Textbook
from tidemark.proof.report import Table as Rows
from tidemark.sim.schematics.market import BLOCK
from tidemark.sim.schematics.parameters import SETS

GENERATED_BARS, TESTED_BARS, TUNED_BARS = 200_000, 400_000, 1_200_000
# Of real candles, markets and bars that are kept to be shuffled: 25 MB.
MOST_MARKETS, MOST_CANDLES = 100, 500_000
_LEAST_CANDLES = 500
PLAINEST = "textbook"


def generate(folder: Path, name: str, bars: int | None, seed: int, *, json: bool) -> None:
    """Write a truth to *folder*."""
    if name not in SETS:
        raise SettingsError(f"--dataset {name!r} cannot be generated; there are {', '.join(SETS)}")
    from tidemark.proof.accuracy import dataset as files

    wanted = bars or GENERATED_BARS
    with _progress("writing", wanted) as each:
        written = files.write(folder, planted(SETS[name], wanted, seed, SERIES_BARS, BLOCK), each)
    if json:
        print_json(written)
        return
    print(
        f"{written.bars:,} bars of {written.series:,} series: {written.candles}\n"
        f"{written.events:,} events of {written.ranges:,} ranges: {written.labels}"
    )


def accuracy(
    name: str, bars: int | None, seed: int, reader: str, data: Path | None, report: Path | None, *, quick: bool,
    json: bool,
) -> None:  # fmt: skip
    """Try *reader* on a set or a file of labels, and tell how it did."""
    factory = _factory(reader)
    if report is not None:
        pages.check_name(report)
    rest = report.with_suffix(".cases.jsonl") if report is not None else None
    with Cases(rest) as cases:
        run = _run(name, bars, seed, factory, data, cases, quick=quick)
    if report is not None:
        pages.write(run, reader, report)
    if json:
        print_json(run.outcome)
    else:
        _print(run.outcome, reader)


def tuned(reader: str, bars: int | None, seed: int, out: Path, *, json: bool) -> None:
    """Measure the confidence and the phases of a profile anew, on the set that is there for it, and write it."""
    if out.suffix != ".json":
        raise SettingsError(f"--out {out}: a profile is written; name a file that ends in .json")
    base = profile.load(reader)
    found = tuning.truths(bars or TUNED_BARS, seed, has_volume=base.has_volume)
    with _progress("tuning", tuning.WORK) as each:
        made = tuning.tune(base, found, each)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    if json:
        print_json(made)
    else:
        print(f"{made.name} {made.version}, tuned on {sum(len(one.bars.time) for one in found):,} bars: {out}")


def _factory(reader: str) -> Factory:
    """What makes a reader: the engine with a profile, or the plain rules of the books."""
    if reader == PLAINEST:
        return lambda _: Textbook()
    if reader not in profile.names():
        raise SettingsError(f"--reader {reader!r} is none; there are {', '.join([*profile.names(), PLAINEST])}")
    chosen = profile.load(reader)
    return lambda timeframe: Reader(chosen, timeframe.ns)


def _run(
    name: str, bars: int | None, seed: int, factory: Factory, data: Path | None, cases: Cases, *, quick: bool
) -> Run:
    if name not in SETS:
        # Arrow's own allocator holds on to ten megabytes, of the hundred that this may take. Its reader of Parquet goes
        # by this alone, and looks when it is loaded.
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        from tidemark.proof.accuracy import dataset as files

        labels = Path(name)
        if not labels.is_file():
            raise SettingsError(f"--dataset {name!r} is neither {' nor '.join(SETS)}, and no file of labels")
        candles = labels.with_name(files.CANDLES)
        with _progress("reading", files.bars_in(candles)) as each:
            return try_series(factory, files.read(candles, labels), labels.name, cases, each)
    wanted = bars or (TESTED_BARS // 10 if quick else TESTED_BARS)
    real = _real(data) if data is not None else []
    with _progress("reading", wanted + wanted // 2 * (3 if real else 2)) as each:
        return evaluate(factory, SETS[name], wanted, seed, candles=real, cases=cases, each=each)


def _real(folder: Path) -> list[Bars]:
    """Hourly candles of real markets, up to what is kept."""
    from tidemark.backtest.candle_files import FIGURES, markets

    found: list[Bars] = []
    left = MOST_CANDLES
    for one in markets(folder, Timeframe.H1):
        count = min(len(one.time), left)
        if count >= _LEAST_CANDLES:
            columns = {name: one.figures[name][:count].copy() for name in FIGURES}
            found.append(Bars(time=one.time[:count].copy(), **columns))
            left -= count
        if left < _LEAST_CANDLES or len(found) == MOST_MARKETS:
            break
    if not found:
        raise CaptureError(f"{folder} holds no market with {_LEAST_CANDLES} hourly candles or more; leave --data out")
    return found


@contextmanager
def _progress(words: str, total: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(words, total=total)
        yield lambda done: progress.update(task, completed=done)


def _print(outcome: Outcome, reader: str) -> None:
    console = Console()
    console.print(f"{reader} on {pages.origin(outcome)}\n", highlight=False)
    head, rows = pages.events_table(outcome.events, sides=False)
    # A share stands above its interval: ten columns fit on a narrow screen so.
    _table(console, (head, [tuple(_folded(cell) for cell in row) for row in rows]))
    known, drawn = outcome.phases_known, outcome.phases_drawn
    console.print(
        f"\nphases as known then: {known.accuracy:.1%} of all bars, {known.within:.1%} of those in planted ranges;"
        f" as drawn afterwards: {drawn.accuracy:.1%} and {drawn.within:.1%}\n",
        highlight=False,
    )
    _table(console, pages.schematics_table(outcome))
    if outcome.negatives:
        console.print()
        _table(console, pages.negatives_table(outcome))
    console.print(
        "\nbelow each share: its 95 % interval; delay: bars from the event to the close at which it was known, median"
        " and 90 %",
        highlight=False,
    )
    if outcome.dataset in SETS:
        console.print("\nthe sets differ in what they are drawn from, and in all seeds:")
        _table(console, pages.differences_table())


def _folded(cell: str) -> str:
    return cell.replace(" ", "\n") if "-" in cell else cell


def _table(console: Console, table: Rows) -> None:
    head, rows = table
    drawn = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    for number, name in enumerate(head):
        drawn.add_column(name, justify="right" if number else "left")
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn, highlight=False)
