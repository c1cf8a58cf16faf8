"""`tidemark backtest baseline`: what runs have to be, in a file that a team commits."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidemark.cli.kept_runs import RunArgument, kept_runs
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError

if TYPE_CHECKING:
    from tidemark.backtest.baselines.checking import Moved, Verdict
    from tidemark.backtest.baselines.file import Baselines

group = typer.Typer(no_args_is_help=True, help="Keep what runs have to be, and find out whether they still are.")
FileOption = Annotated[Path, typer.Option("--file", metavar="FILE", help="The file of baselines.")]
_FILE = Path("baselines.json")


@group.command("set")
def set_baseline(
    run: RunArgument,
    file: FileOption = _FILE,
    name: Annotated[str | None, typer.Option(help="What it is called; else as the run is.", show_default=False)] = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIGURE=BAND",
            help="How far a figure may move: 0.05, or 5%; `all` names the others.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Take a run as what it has to be from now on.

    The file gets what was asked for, the hashes of code, candles and round trips, and figures with how far each may
    move: 1% unless told otherwise. Paths in it lead from where it lies, so that it can be committed with the strategy.

    Examples:
      tidemark backtest baseline set mean_cross-3f2a1b

      tidemark backtest baseline set mean_cross --tolerance sharpe=0.05 --tolerance all=2%
    """
    from tidemark.backtest.baselines.file import Baselines, baseline_of, read, write

    bands = _bands(tolerance)
    with kept_runs(config, set_) as (_, shelf):
        found = shelf.find(run)
    made = baseline_of(found, file, bands)
    before = read(file) if file.exists() else Baselines()
    called = name or found.name
    write(file, Baselines(baselines={**before.baselines, called: made}))
    if json:
        print_json({"file": str(file), "name": called, "baseline": made})
    else:
        verb = "is replaced" if called in before.baselines else "is new"
        typer.echo(f"{called} {verb} in {file}: {made.figures['trips'].value:,.0f} trips of run {found.id}")


@group.command()
def check(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run to judge; else all are run again.", show_default=False),
    ] = None,
    file: FileOption = _FILE,
    name: Annotated[
        str | None,
        typer.Option(help="Only this baseline; for a RUN that of its name.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Find out whether runs are still what their baselines say.

    Each baseline is run again, and leaves no run behind; with RUN that one is judged, and nothing is run. A line each:
    golden-equal where all round trips are the same, within tolerance where figures moved no farther than they may,
    outside where one did. Where candles, parameters or costs are others, that is said instead; other code is said and
    compared. Exit code 1 unless all are golden-equal or within tolerance.

    Examples:
      tidemark backtest baseline check

      tidemark backtest baseline check mean_cross-77aa01 --name mean_cross

      tidemark backtest baseline check --file tests/baselines.json --json
    """
    from tidemark.backtest.baselines.checking import again, judged
    from tidemark.backtest.baselines.file import read
    from tidemark.cli.progress import progress

    known = read(file)
    verdicts = []
    if run is not None:
        with kept_runs(config, set_) as (_, shelf):
            found = shelf.find(run)
        chosen = name or found.name
        verdicts.append(judged(chosen, known.baselines[_known(chosen, known, file)], found))
    else:
        names = sorted(known.baselines) if name is None else [_known(name, known, file)]
        for each in names:
            with ExitStack() as stack:

                def shown(words: str, total: int, stack: ExitStack = stack) -> Callable[[int], None]:
                    return stack.enter_context(progress(words, total))

                verdicts.append(again(each, known.baselines[each], file, SystemClock(), shown))
    if json:
        print_json({"passed": all(one.passes for one in verdicts), "baselines": verdicts})
    else:
        for one in verdicts:
            typer.echo(line_of(one))
    return 0 if all(one.passes for one in verdicts) else 1


def line_of(verdict: "Verdict") -> str:
    """What is to be said of a baseline, in one line."""
    said = []
    if verdict.error is not None:
        said.append(" ".join(verdict.error.split()))
    elif verdict.moved:
        # What is outside comes first.
        said += [_moved(one) for one in sorted(verdict.moved, key=lambda one: one.is_within)]
    elif verdict.trips is not None:
        said.append(f"{verdict.trips:,} trips")
    return f"{verdict.name}: {verdict.outcome.value}; {'; '.join((*said, *verdict.differs))}"


def _moved(one: "Moved") -> str:
    was, now = (f"{value:.6g}" if value is not None else "not defined" for value in (one.was, one.now))
    return f"{one.figure} was {was} and is {now}{'' if one.is_within else f', beyond {one.tolerance}'}"


def _known(name: str, told: "Baselines", file: Path) -> str:
    if name not in told.baselines:
        names = ", ".join(sorted(told.baselines)) or "none"
        raise SettingsError(f"{file} has no baseline {name!r}; it has {names}; --name names one")
    return name


def _bands(given: list[str] | None) -> dict[str, str]:
    made = {}
    for pair in given or ():
        figure, equals, band = pair.partition("=")
        if not equals or not figure:
            raise SettingsError(f"--tolerance {pair!r} is not understood; write FIGURE=BAND, like sharpe=0.05")
        made[figure] = band
    return made
