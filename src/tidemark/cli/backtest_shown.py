"""How backtests are told: the list of runs, one of them, and two side by side."""

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval
from tidemark.backtest.metrics.luck.return_intervals import ReturnIntervals
from tidemark.backtest.metrics.luck.trip_intervals import TripIntervals
from tidemark.backtest.reports.words import SHARES
from tidemark.backtest.rules.said import RuleSaid
from tidemark.backtest.runs.comparison import Comparison, Pair, result_in
from tidemark.backtest.runs.lookahead import Checked
from tidemark.backtest.runs.request import DataUsed, Settings
from tidemark.backtest.runs.result import Result
from tidemark.cli.kept import moment
from tidemark.model.round_trip import RoundTrip
from tidemark.store.backtest_rows import Run

_CURVE = (
    "total_return", "annual_return", "volatility", "sharpe", "sortino", "calmar", "max_drawdown", "time_in_market",
    "mean_exposure",
)  # fmt: skip
_TRIPS = (
    "win_rate", "profit_factor", "expectancy", "expectancy_r", "payoff", "fees", "funding", "slippage", "cost_share",
    "mean_bars", "mean_mfe", "mean_mae",
)  # fmt: skip


def told_in_json(run: Run, trips: Sequence[RoundTrip] = ()) -> dict[str, object]:
    """A run as JSON: what was asked and what came of it as objects, and not as the texts that the database has."""
    parts = {name: getattr(run, name) for name in ("settings", "data", "result")}
    made = msgspec.structs.asdict(run) | {
        name: None if text is None else msgspec.json.decode(text) for name, text in parts.items()
    }
    return {**made, "trips": list(trips)} if trips else made


def show_runs(found: Sequence[Run]) -> None:
    """The runs, a line each."""
    console = Console()
    if not found:
        console.print("no runs yet; begin with: tidemark new-strategy mean_cross")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("run", "state", "begun (UTC)", "strategy", "over", "trips", "return", "sharpe", "drawdown"):
        is_figure = name in {"trips", "return", "sharpe", "drawdown"}
        table.add_column(name, justify="right" if is_figure else "left", no_wrap=name == "run")
    for run in found:
        settings = msgspec.json.decode(run.settings, type=Settings)
        data = msgspec.json.decode(run.data, type=DataUsed)
        figures = ["", "", "", ""]
        if run.result is not None:
            result = msgspec.json.decode(run.result, type=Result)
            figures = [
                f"{result.trips:,}",
                *(_told(name, getattr(result.curve, name)) for name in ("total_return", "sharpe", "max_drawdown")),
            ]
        table.add_row(
            run.id, run.state.value, moment(run.created_at)[:16], settings.strategy,
            f"{_markets(data)}, {data.timeframe}", *figures,
        )  # fmt: skip
    console.print(table)


def show_run(run: Run, trips: Sequence[RoundTrip] = ()) -> None:
    """One run: what it was, and what came of it."""
    console = Console()
    settings = msgspec.json.decode(run.settings, type=Settings)
    data = msgspec.json.decode(run.data, type=DataUsed)
    parameters = ", ".join(f"{name}={value}" for name, value in settings.parameters.items())
    console.print(f"[bold]{run.id}[/bold]: {run.state.value}{': ' + run.error if run.error else ''}", highlight=False)
    console.print(
        f"{settings.strategy} of {settings.code.file}{' with ' + parameters if parameters else ''}\n"
        f"{_markets(data)} in {data.timeframe}, {data.candles:,} candles,"
        f" {moment(data.begin)} to {moment(data.end)} UTC",
        highlight=False,
    )
    if run.result is not None:
        result = result_in(run)
        _show_result(console, result)
    if trips:
        console.print(_trips(trips))


def show_comparison(told: Comparison) -> None:
    """Two runs side by side."""
    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("", told.first, told.second):
        table.add_column(name, justify="left" if not name else "right", overflow="fold")
    for one in told.asked:
        table.add_row(one.name, one.first or "", one.second or "")
    if told.asked:
        table.add_section()
    for pair in told.figures:
        table.add_row(pair.name, *_both(pair))
    console.print(table)
    console.print("their round trips are equal" if told.same else "their round trips differ", highlight=False)


def show_checked(told: Checked) -> None:
    """What became of a strategy where candles ended earlier."""
    console = Console()
    if told.passed:
        console.print(
            f"nothing looks ahead: {told.compared:,} round trips are the same where the candles end at"
            f" {len(told.cuts)} earlier times", highlight=False,
        )  # fmt: skip
    for one in told.changes:
        console.print(
            f"[bold]looks ahead[/bold]: where the candles end at {moment(one.cut)}, {one.what} is {one.truncated};"
            f" with those that follow it is {one.whole}", highlight=False,
        )  # fmt: skip
    if told.forgetting:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
        table.add_column("begun so many candles before the end")
        for count in told.forgetting[0].candles:
            table.add_column(f"{count:,}", justify="right")
        for one_of in told.forgetting:
            table.add_row(one_of.name, *("-" if apart is None else f"{apart:.2%} off" for apart in one_of.apart))
        console.print(table)


def _show_result(console: Console, result: Result) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_row("equity", f"{result.end:,.2f}", f"from {result.start:,.2f}")
    table.add_row("round trips", f"{result.trips:,}", "")
    for part, names, sure in ((result.curve, _CURVE, result.luck.returns), (result.all, _TRIPS, result.luck.trips)):
        for name in names:
            figure: Figure = getattr(part, name)
            table.add_row(name.replace("_", " "), _told(name, figure), figure.why or _sure(name, sure))
    for name in ("total_return", "max_drawdown"):
        figure = getattr(result.luck.holding, name)
        table.add_row(f"{name.replace('_', ' ')} of holding", _told(name, figure), figure.why)
    luck = result.luck
    for name, words, drawn in (
        ("expectancy", "profit at random times", luck.entries),
        ("total_return", "return in shuffled markets", luck.shuffled),
    ):  # fmt: skip
        between = "" if drawn.low.value is None else f"95 %: {_told(name, drawn.low)} to {_told(name, drawn.high)}"
        table.add_row(words, _told(name, drawn.mean), drawn.mean.why or f"{between}, {drawn.draws:,} draws")
        table.add_row("  at least as good by chance", _told("win_rate", drawn.p), "")
    table.add_row("chance that sharpe > 0", _told("win_rate", luck.probabilistic_sharpe), luck.probabilistic_sharpe.why)
    table.add_row(
        f"  > the best of {luck.trials:,} tries", _told("win_rate", luck.deflated_sharpe), luck.deflated_sharpe.why
    )
    console.print(table)
    if result.rules:
        console.print(_rules(result.rules))
    said = [f"{count:,} {reason.replace('_', ' ')}" for reason, count in result.counts.items() if count]
    if said:
        console.print(f"the broker: {', '.join(said)}", highlight=False)


def _sure(name: str, intervals: ReturnIntervals | TripIntervals) -> str:
    """The 95 % interval of a figure, where there is one."""
    interval: Interval | None = getattr(intervals, name, None)
    if interval is None or interval.estimate is None:
        return ""
    low, high = (_told(name, Figure(one)) for one in (interval.estimate.low, interval.estimate.high))
    return f"95 %: {low} to {high}"


def _rules(rules: Sequence[RuleSaid]) -> Table:
    """What each rule said, and what those lacked that could not speak."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("rule", "signals", "traded", "not warm", "market busy", "could not speak: not known is"):
        table.add_column(name, justify="left" if name.startswith(("rule", "could")) else "right")
    for one in rules:
        table.add_row(
            one.rule, f"{one.signals:,}", f"{one.traded:,}", f"{one.cold:,}", f"{one.busy:,}", ", ".join(one.missing)
        )
    return table


def _trips(trips: Sequence[RoundTrip]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("", "market", "side", "entered (UTC)", "at", "left (UTC)", "at", "by", "profit", "R"):
        table.add_column(name, justify="right" if name in {"", "at", "profit", "R"} else "left")
    for one in trips:
        table.add_row(
            str(one.number), one.symbol, one.side.name.lower(), moment(one.entry_at), f"{one.entry_price:g}",
            moment(one.exit_at), f"{one.exit_price:g}", one.exit.value, f"{one.profit:+,.2f}",
            "" if one.r is None else f"{one.r:+.2f}",
        )  # fmt: skip
    return table


def _markets(data: DataUsed) -> str:
    return data.markets[0] if len(data.markets) == 1 else f"{len(data.markets)} markets"


def _told(name: str, figure: Figure) -> str:
    if figure.value is None:
        return "-"
    return f"{figure.value:.2%}" if name in SHARES else f"{figure.value:,.2f}"


def _both(pair: Pair) -> tuple[str, str]:
    is_share = pair.name.replace(" ", "_") in SHARES
    return tuple(
        "-" if one is None else f"{one:.2%}" if is_share else f"{one:,.2f}" for one in (pair.first, pair.second)
    )  # type: ignore[return-value]
