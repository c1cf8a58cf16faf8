"""`tidemark backtest sweep`: one strategy with many settings, and how much of the best of them is luck."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidemark.cli.backtest_options import (
    CashOption,
    DataOption,
    FromOption,
    ModelOption,
    ParamOption,
    StrategyArgument,
    SymbolOption,
    TimeframeOption,
    ToOption,
    day,
    pairs,
)
from tidemark.cli.kept_runs import kept_runs
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tidemark.backtest.sweeps.asked import Asked
    from tidemark.backtest.sweeps.shelf import SweepShelf
    from tidemark.backtest.sweeps.workers import Workers
    from tidemark.store.sweep_rows import Sweep

group = typer.Typer(no_args_is_help=True, help=__doc__.partition(": ")[2].capitalize())
SweepArgument = Annotated[str, typer.Argument(metavar="SWEEP", help="The sweep's id, or the beginning of it.")]
JobsOption = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes; by default one for each core.", show_default=False),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Use the workers of this scheduler of Dask, like tcp://10.0.0.5:8786.",
        show_default=False,
    ),
]  # fmt: skip
LocalClusterOption = Annotated[
    int | None,
    typer.Option(min=1, max=1024, metavar="N", help="Begin a scheduler of Dask with so many workers here.",
                 show_default=False),
]  # fmt: skip


@group.command()
def run(
    strategy: StrategyArgument,
    data: DataOption,
    grid: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUES", help="Try each: fast=5,10,20 or slow=50:200:50.", show_default=False),
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", metavar="NAME=LOW:HIGH", help="Try values between: fast=5:50 or stop=log:0.001:0.1.",
                     show_default=False),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(metavar="grid|random|tpe", help="How; by default grid, with a --range random.",
                     show_default=False),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="So many, drawn at random or by tpe; 100 by default.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="What is drawn follows from it.")] = 1,
    at_once: Annotated[
        int, typer.Option(min=1, max=1024, help="Trials that tpe draws before it learns what they were worth.")
    ] = 8,
    by: Annotated[str, typer.Option(metavar="FIGURE", help="What is looked for, like calmar.")] = "sharpe",
    walk: Annotated[
        str | None,
        typer.Option(
            metavar="train=DAYS,test=DAYS", help="Walk forward; also purge=1d, embargo=1d, anchored.",
            show_default=False,
        ),
    ] = None,
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    begin: FromOption = None,
    end: ToOption = None,
    param: ParamOption = None,
    model: ModelOption = None,
    cash: CashOption = 10_000.0,
    name: Annotated[str | None, typer.Option(help="What the sweep is called.", show_default=False)] = None,
    jobs: JobsOption = None,
    scheduler: SchedulerOption = None,
    local_cluster: LocalClusterOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Run a strategy with many settings and say which were best, and how much of that is luck.

    Trials are written as they come: Ctrl-C keeps those that are done, `sweep resume` goes on with what is missing. How
    many run at once, and where, changes no bit of what comes of them. With --walk parameters are chosen in one stretch
    of days and tested in the next.

    Examples:
      tidemark backtest sweep run mean_cross.py --data candles --grid fast=5,10,20 --grid slow=50:200:50

      tidemark backtest sweep run mean_cross.py --data candles --range fast=5:50 --range slow=60:300 --search tpe --trials 200

      tidemark backtest sweep run mean_cross.py --data candles --grid fast=5,10,20 --walk train=180d,test=30d,purge=1d

      tidemark backtest sweep run mean_cross.py --data s3://candles/1m --grid fast=5:50:5 --scheduler tcp://10.0.0.5:8786
    """  # noqa: E501 - examples are lines to be copied
    from tidemark.backtest.runs.request import Request
    from tidemark.backtest.runs.shelf import new_id
    from tidemark.backtest.sweeps.asked import asked_of
    from tidemark.backtest.sweeps.crew import crew
    from tidemark.backtest.sweeps.space import axes_of
    from tidemark.backtest.sweeps.windows import walk_of

    request = Request(
        strategy=strategy, parameters=pairs("--param", param), models=pairs("--model", model), data=data,
        markets=tuple(symbol or ()), timeframe=timeframe, begin=day("--from", begin), end=day("--to", end), cash=cash,
    )  # fmt: skip
    asked = asked_of(
        request, axes_of(grid or (), range_ or ()), search=search, trials=trials, seed=seed, by=by,
        walk=None if walk is None else walk_of(walk), at_once=at_once,
    )  # fmt: skip
    title = name or Path(strategy.partition(".py")[0]).name
    with _shelf(config, set_) as (engine, shelf), crew(jobs, scheduler, local_cluster) as workers:
        is_far = scheduler is not None
        _execute(engine, shelf, new_id(f"{title}-sweep"), (title, asked), workers, is_far=is_far, json=json)


@group.command()
def resume(
    sweep: SweepArgument,
    jobs: JobsOption = None,
    scheduler: SchedulerOption = None,
    local_cluster: LocalClusterOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Go on with a sweep that was interrupted: only the trials that are missing are done.

    Where the candles have changed since, it is refused; the strategy is that of its beginning.

    Examples:
      tidemark backtest sweep resume mean_cross-sweep-3f2a1b --jobs 8
    """
    from tidemark.backtest.sweeps.crew import crew

    with _shelf(config, set_) as (engine, shelf):
        found = shelf.find(sweep)
        with crew(jobs, scheduler, local_cluster) as workers:
            _execute(engine, shelf, found.id, None, workers, is_far=scheduler is not None, json=json)


@group.command("list")
def list_(
    top: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the newest.")] = 20,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Show the sweeps that there are, newest first.

    Examples:
      tidemark backtest sweep list
    """
    from tidemark.cli.backtest_sweep_shown import in_json, show_sweeps
    from tidemark.store.sweep_rows import counts

    with _shelf(config, set_) as (engine, shelf):
        found = shelf.all(top)
        with engine.connect() as connection:
            done = [counts(connection, one.id)[0] for one in found]
    if json:
        print_json({"sweeps": [in_json(one) | {"done": count} for one, count in zip(found, done, strict=True)]})
    else:
        show_sweeps(found, done)


@group.command()
def show(
    sweep: SweepArgument,
    top: Annotated[int, typer.Option(min=0, max=100_000, help="With so many of the best trials.")] = 10,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Show what came of a sweep: its best trials, how much of that is luck, and the windows of a walk forward.

    Of a sweep that is not over, the best trials so far.

    Examples:
      tidemark backtest sweep show mean_cross-sweep-3f2a1b

      tidemark backtest sweep show mean_cross --top 100 --json
    """
    with _shelf(config, set_) as (engine, shelf):
        _tell(engine, shelf.find(sweep), top, json=json)


@group.command()
def rm(
    sweep: Annotated[list[str], typer.Argument(metavar="SWEEP", help="The sweeps to remove.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Remove sweeps with all of their trials.

    Examples:
      tidemark backtest sweep rm mean_cross-sweep-3f2a1b
    """
    gone = []
    with _shelf(config, set_) as (_, shelf):
        for one in sweep:
            found = shelf.find(one)
            shelf.remove(found.id)
            gone.append(found.id)
    if json:
        print_json({"removed": gone})
    else:
        typer.echo(f"removed {', '.join(gone)}")


@contextmanager
def _shelf(config: Path | None, given: list[str] | None) -> Iterator[tuple["sa.Engine", "SweepShelf"]]:
    from tidemark.backtest.sweeps.shelf import SweepShelf

    with kept_runs(config, given) as (engine, runs):
        yield engine, SweepShelf(engine, runs.columns.parent, SystemClock())


def _execute(
    engine: "sa.Engine", shelf: "SweepShelf", sweep: str, asked: "tuple[str, Asked] | None", workers: "Workers", *,
    is_far: bool, json: bool,
) -> None:  # fmt: skip
    """Begin the sweep that is *asked* for, or go on with the one of that id, and show what came of it.

    is_far: workers share no disk with this process.
    """
    from tidemark.backtest.data.cache import Cache
    from tidemark.backtest.runs.candles import Candles
    from tidemark.backtest.runs.recording import is_recording
    from tidemark.backtest.sweeps.candles import where_of
    from tidemark.backtest.sweeps.conductor import Conductor, settings_of, trials_of
    from tidemark.cli.progress import progress

    with shelf.held(sweep):
        plan = settings_of(shelf.find(sweep)).asked if asked is None else asked[1]
        if is_recording(Path(plan.request.data)):
            raise SettingsError(f"{plan.request.data} is a recording; a sweep goes over candles")
        source = Candles.open(plan.request, Cache(shelf.columns))
        if not is_far:
            # Decoded once, for all workers.
            source.columns()
        total = trials_of(plan, source.used)
        with progress(f"{total:,} trials", total) as each:
            conductor = Conductor(engine, SystemClock(), progress=each)
            begun = conductor.begin(sweep, asked[0], plan, source) if asked is not None else shelf.find(sweep)
            try:
                done = conductor.run(begun, where_of(source, None if is_far else shelf.columns), workers)
            except KeyboardInterrupt:
                raise SettingsError(
                    f"interrupted, what is done is kept; go on with: tidemark backtest sweep resume {sweep}"
                ) from None
    _tell(engine, done, 10, json=json)


def _tell(engine: "sa.Engine", sweep: "Sweep", most: int, *, json: bool) -> None:
    from tidemark.backtest.sweeps.conductor import settings_of
    from tidemark.backtest.sweeps.summary import told, top
    from tidemark.backtest.sweeps.walked import joined
    from tidemark.cli.backtest_sweep_shown import has_a_map, in_json, show_sweep
    from tidemark.store.sweep_rows import counts, tests, values

    asked = settings_of(sweep).asked
    with engine.connect() as connection:
        best = [] if asked.walk is not None else [told(one) for one in top(connection, sweep.id, asked, most)]
        equity = [] if asked.walk is None else joined(tests(connection, sweep.id), asked.request.cash)
        done, failed = counts(connection, sweep.id)
        worth = list(values(connection, sweep.id, 0)) if has_a_map(asked) else []
    if json:
        print_json(in_json(sweep) | {"done": done, "failed": failed, "top": best, "equity": equity})
    else:
        show_sweep(sweep, best, done, worth)
