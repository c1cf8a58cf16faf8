"""`tidemark backtest`: strategies over candles of the past, what they were worth, and how much of it could be luck."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidemark.cli import backtest_baseline, backtest_report, backtest_sweep
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
from tidemark.cli.kept_runs import RunArgument, kept_runs
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tidemark.backtest.runs.request import Request
    from tidemark.backtest.runs.shelf import Shelf

group = typer.Typer(no_args_is_help=True, help=__doc__.partition(": ")[2].capitalize())


@group.command()
def run(
    strategy: StrategyArgument,
    data: DataOption,
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    begin: FromOption = None,
    end: ToOption = None,
    param: ParamOption = None,
    model: ModelOption = None,
    cash: CashOption = 10_000.0,
    name: Annotated[str | None, typer.Option(help="What the run is called.", show_default=False)] = None,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Round trips that are written at a time.")] = 100,
    shuffles: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1000,
            help="Over how many shuffled markets as well; by default what takes little.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Run a strategy over candles and write down what it does.

    Orders are filled with the next candle; fees, slippage and funding are on unless --model turns them off. Round trips
    and equity are written while it runs, so that a run that is killed keeps what it had; `resume` goes on with it.

    Examples:
      tidemark backtest run mean_cross.py --data candles

      tidemark backtest run mean_cross.py --data candles --symbol BTCUSDT --param fast=10 --param slow=50

      tidemark backtest run mean_cross.py --data candles --from 2024-01-01 --to 2025-01-01 --model fees.use=none

      tidemark backtest run rules:spring_long,utad_short --data candles --param spring_long.depth=0.2 --param risk=0.005
    """
    from tidemark.backtest.runs.request import Request
    from tidemark.backtest.runs.shelf import new_id

    request = Request(
        strategy=strategy, parameters=_parameters(strategy, param, config, set_), models=pairs("--model", model),
        data=data, markets=tuple(symbol or ()), timeframe=timeframe, begin=day("--from", begin), end=day("--to", end),
        cash=cash, batch=batch, shuffles=shuffles,
    )  # fmt: skip
    title = name or Path(strategy.partition(".py")[0]).name
    with kept_runs(config, set_) as (engine, shelf):
        _execute(engine, shelf, new_id(title), (title, request), json=json)


@group.command()
def resume(run: RunArgument, config: ConfigOption = None, set_: SetOption = None, json: JsonOption = False) -> None:
    """Go on with a run that was interrupted.

    It is done again from its first candle, which gives the same round trips, and those that were not written are. Where
    the candles or the strategy have changed since, it is refused.

    Examples:
      tidemark backtest resume mean_cross-3f2a1b
    """
    with kept_runs(config, set_) as (engine, shelf):
        _execute(engine, shelf, shelf.find(run).id, None, json=json)


@group.command("list")
def list_(
    top: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the newest.")] = 20,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Show the runs that there are, newest first.

    Examples:
      tidemark backtest list

      tidemark backtest list --top 5 --json
    """
    from tidemark.cli.backtest_shown import show_runs, told_in_json

    with kept_runs(config, set_) as (_, shelf):
        found = shelf.all(top)
    if json:
        print_json({"runs": [told_in_json(one) for one in found]})
    else:
        show_runs(found)


@group.command()
def show(
    run: RunArgument,
    trips: Annotated[int, typer.Option(min=0, max=100_000, help="With so many of its last round trips.")] = 0,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Show what came of a run: its figures, its groups, its settings.

    Examples:
      tidemark backtest show mean_cross-3f2a1b

      tidemark backtest show mean_cross --trips 10
    """
    from tidemark.backtest.runs.result import last_trips
    from tidemark.cli.backtest_shown import show_run, told_in_json

    with kept_runs(config, set_) as (engine, shelf):
        found = shelf.find(run)
        with engine.connect() as connection:
            newest = last_trips(connection, found.id, trips) if trips else []
    if json:
        print_json(told_in_json(found, newest))
    else:
        show_run(found, newest)


@group.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="A run.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="Another one.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Hold two runs against each other: figures side by side, and in what they were asked differently.

    Examples:
      tidemark backtest compare mean_cross-3f2a1b mean_cross-77aa01
    """
    from tidemark.backtest.runs.comparison import compared
    from tidemark.cli.backtest_shown import show_comparison

    with kept_runs(config, set_) as (_, shelf):
        told = compared(shelf.find(first), shelf.find(second))
    if json:
        print_json(told)
    else:
        show_comparison(told)


@group.command()
def rm(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="The runs to remove.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Remove runs with all that was written down of them.

    Examples:
      tidemark backtest rm mean_cross-3f2a1b
    """
    gone = []
    with kept_runs(config, set_) as (_, shelf):
        for one in runs:
            found = shelf.find(one)
            shelf.remove(found.id)
            gone.append(found.id)
    if json:
        print_json({"removed": gone})
    else:
        typer.echo(f"removed {', '.join(gone)}")


@group.command()
def check(
    strategy: StrategyArgument,
    data: DataOption,
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    param: ParamOption = None,
    cuts: Annotated[int, typer.Option(min=1, max=1000, help="How often the candles end earlier.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Where they end.")] = 1,
    json: JsonOption = False,
) -> int:
    """Find out whether a strategy sees what comes later.

    It is run over candles that end earlier, at times that are drawn. Round trips, positions and orders until then have
    to be the same. What it knows from elsewhere than the candles cannot be found so. Indicators are begun again shortly
    before the end as well: how far they are from their value then says how long they remember. Exit code 1 where
    something changed.

    Examples:
      tidemark backtest check mean_cross.py --data candles

      tidemark backtest check mean_cross.py --data candles --cuts 20 --json
    """
    from tidemark.backtest.runs.lookahead import examined
    from tidemark.backtest.runs.opening import opened
    from tidemark.backtest.runs.request import Request
    from tidemark.cli.backtest_shown import show_checked
    from tidemark.cli.progress import progress

    request = Request(
        strategy=strategy, parameters=_parameters(strategy, param), data=data, markets=tuple(symbol or ()),
        timeframe=timeframe,
    )  # fmt: skip
    source = opened(request)
    with progress("looking", round(source.used.candles * (1.0 + cuts / 2))) as each:
        told = examined(request, source, cuts=cuts, seed=seed, each=each)
    if json:
        print_json(told)
    else:
        show_checked(told)
    return 0 if told.passed else 1


def _parameters(
    strategy: str, given: list[str] | None, config: Path | None = None, set_: list[str] | None = None
) -> dict[str, str]:  # fmt: skip
    """Those that were given; of rules what the settings say of the engine as well."""
    from tidemark.backtest.rules.asked import is_rules, parameters_from

    made = pairs("--param", given)
    return parameters_from(settings(config, set_, {}).effective()) | made if is_rules(strategy) else made


group.command()(backtest_report.report)
group.command()(backtest_report.export)
group.add_typer(backtest_baseline.group, name="baseline")
group.add_typer(backtest_sweep.group, name="sweep")


def _execute(
    engine: "sa.Engine", shelf: "Shelf", run: str, asked: "tuple[str, Request] | None", *, json: bool
) -> None:  # fmt: skip
    """Begin the run that is *asked* for, or go on with the one of that id, and show what came of it."""
    from tidemark.backtest.data.cache import Cache
    from tidemark.backtest.runs.chance import draws_of
    from tidemark.backtest.runs.execution import Execution, settings_of
    from tidemark.backtest.runs.opening import opened
    from tidemark.cli.backtest_shown import show_run, told_in_json
    from tidemark.cli.progress import progress

    with shelf.held(run):
        request = settings_of(shelf.find(run)).request if asked is None else asked[1]
        source = opened(request, Cache(shelf.columns))
        steps = source.used.candles * (1 + draws_of(request, source.used))
        with progress(f"{source.used.candles:,} candles", steps) as each:
            execution = Execution(engine, SystemClock(), progress=each)
            begun = execution.begin(run, asked[0], request, source) if asked is not None else shelf.find(run)
            try:
                done, _ = execution.run(begun, source)
            except KeyboardInterrupt:
                raise SettingsError(f"interrupted; go on with: tidemark backtest resume {run}") from None
    if json:
        print_json(told_in_json(done))
    else:
        show_run(done)
