"""How sweeps are told: the list of them, and one with its best trials, its windows, and how much of it is luck."""

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.reports.words import NOTHING, value
from tidemark.backtest.sweeps.asked import Asked, is_highest_best
from tidemark.backtest.sweeps.conductor import settings_of, used_in
from tidemark.backtest.sweeps.judging import Judged
from tidemark.backtest.sweeps.space import Values, point
from tidemark.backtest.sweeps.summary import Summary, Told
from tidemark.backtest.sweeps.walked import Walked
from tidemark.cli.kept import moment
from tidemark.store.sweep_rows import Sweep, Value

# Beside the figure that is looked for.
_SHOWN = ("sharpe", "total_return", "max_drawdown", "profit_factor")
_MOST_WINDOWS = 40
_MOST_DOWN, _MOST_ACROSS = 40, 10


def in_json(sweep: Sweep) -> dict[str, object]:
    """A sweep as JSON: its texts as the objects that they are."""
    parts = {name: getattr(sweep, name) for name in ("settings", "data", "summary")}
    return msgspec.structs.asdict(sweep) | {
        name: None if text is None else msgspec.json.decode(text) for name, text in parts.items()
    }


def show_sweeps(found: Sequence[Sweep], done: Sequence[int]) -> None:
    """The sweeps, a line each."""
    console = Console()
    if not found:
        console.print("no sweeps yet; begin with: tidemark backtest sweep run mean_cross.py --data candles --grid ...")
        return
    table = _table("sweep", "state", "begun (UTC)", "strategy", "search", "trials>", "by", "best>")
    for sweep, count in zip(found, done, strict=True):
        settings = settings_of(sweep)
        summary = _summary(sweep)
        best = None if summary is None else _best(summary)
        table.add_row(
            sweep.id, sweep.state.value, moment(sweep.created_at)[:16], settings.strategy, settings.asked.search,
            f"{count:,} of {sweep.trials:,}", settings.asked.by.replace("_", " "),
            "" if best is None else _told(settings.asked.by, best),
        )  # fmt: skip
    console.print(table)


def has_a_map(asked: Asked) -> bool:
    """Whether all of its trials fit on a screen, one parameter down and the other one across."""
    sizes = [len(axis.values) for axis in asked.axes if isinstance(axis, Values)]
    is_plain = asked.search == "grid" and asked.walk is None
    return is_plain and len(sizes) == 2 and 1 < sizes[0] <= _MOST_DOWN and 1 < sizes[1] <= _MOST_ACROSS


def show_sweep(sweep: Sweep, best: Sequence[Told], done: int, worth: Sequence[Value] = ()) -> None:
    """One sweep: what was tried, and what came of it. worth: all of its trials, where they make a map."""
    console = Console()
    settings, used = settings_of(sweep), used_in(sweep)
    asked = settings.asked
    why = f": {sweep.error}" if sweep.error else ""
    console.print(f"[bold]{escape(sweep.id)}[/bold]: {sweep.state.value}{escape(why)}", highlight=False)
    names = ", ".join(axis.name for axis in asked.axes)
    markets = used.markets[0] if len(used.markets) == 1 else f"{len(used.markets)} markets"
    console.print(
        f"{settings.strategy} of {settings.code.file}, {asked.search} over {names}\n"
        f"{markets} in {used.timeframe}, {used.candles:,} candles, {moment(used.begin)} to {moment(used.end)} UTC\n"
        f"{done:,} of {sweep.trials:,} trials are done",
        highlight=False,
        markup=False,
    )
    if best:
        console.print(_trials(asked, best))
    if worth:
        console.print(_map(asked, worth))
    summary = _summary(sweep)
    if summary is None:
        return
    for why, count in summary.errors.items():
        console.print(f"{count:,} failed: {why}", highlight=False, markup=False)
    if summary.walked is None:
        console.print(_luck(summary.luck))
    else:
        _show_walked(console, asked, summary.walked)


def _trials(asked: Asked, best: Sequence[Told]) -> Table:
    names = list(dict.fromkeys([asked.by, *_SHOWN]))
    table = _table(
        "", *(f"{axis.name}>" for axis in asked.axes), *(f"{name.replace('_', ' ')}>" for name in names), "trips>"
    )
    for place, one in enumerate(best, 1):
        table.add_row(
            str(place), *(one.parameters[axis.name] for axis in asked.axes),
            *(_told(name, one.figures[name]) for name in names), f"{one.trips:,}",
        )  # fmt: skip
    return table


def _map(asked: Asked, worth: Sequence[Value]) -> Table:
    """A grid of two parameters: the brighter the better, whatever is better of the figure."""
    axes = [axis for axis in asked.axes if isinstance(axis, Values)]
    down, across = axes
    sign = 1.0 if is_highest_best(asked.by) else -1.0
    order = sorted({sign * one.value for one in worth if one.value is not None})
    found = {tuple(point(axes, one.number - 1).values()): one.value for one in worth}
    table = _table(f"{asked.by.replace('_', ' ')}: {down.name}, {across.name}", *(f"{name}>" for name in across.values))
    for row in down.values:
        cells = [found.get((row, column)) for column in across.values]
        table.add_row(row, *(_cell(asked.by, one, sign, order) for one in cells))
    return table


def _cell(by: str, worth: float | None, sign: float, order: Sequence[float]) -> Text:
    if worth is None:
        return Text(NOTHING)
    shade = 60 + round(195 * order.index(sign * worth) / max(len(order) - 1, 1))
    return Text(value(by, worth), style=f"black on rgb({shade},{shade},{60 + shade // 4})")


def _luck(luck: Judged) -> Table:
    table = _table("how much of the best one is luck", "value>", "")
    pairs = luck.overfitting
    rows = (
        ("chance that it is better than luck", "win_rate", luck.deflated_sharpe,
         "above what as many tries without skill would show (deflated Sharpe ratio)"),
        ("tries that are independent", "days", luck.independent, "trials that move together count as fewer"),
        ("sharpe of the best by chance", "sharpe", luck.chance_sharpe, "expected of so many tries without skill"),
        ("probability of overfitting", "win_rate", pairs.probability,
         f"the best of one half of the days is below the middle in the other; {pairs.trials:,} trials"),
        ("sharpe where it was chosen", "sharpe", pairs.chosen, f"the mean of {pairs.choices:,} choices"),
        ("sharpe where it was not", "sharpe", pairs.kept, ""),
    )  # fmt: skip
    for words, kind, figure, why in rows:
        table.add_row(words, _told(kind, figure), figure.why or why)
    return table


def _show_walked(console: Console, asked: Asked, told: Walked) -> None:
    by = asked.by.replace("_", " ")
    table = _table(
        "test from", "to", *(f"{axis.name}>" for axis in asked.axes), f"{by} in training>", "in test>", "trips>"
    )
    for row in told.windows[-_MOST_WINDOWS:]:
        cells = [row.parameters.get(axis.name, "") for axis in asked.axes]
        table.add_row(
            moment(row.window.test_begin)[:10], moment(row.window.test_end)[:10], *cells, _value(asked.by, row.train),
            _value(asked.by, row.test) if row.error is None else row.error, f"{row.trips:,}",
        )  # fmt: skip
    if len(told.windows) > _MOST_WINDOWS:
        console.print(f"the last {_MOST_WINDOWS} of {len(told.windows):,} windows; --json has all of them")
    console.print(table)
    whole = _table("all tests, one after the other", "value>", "")
    whole.add_row("equity", f"{told.end:,.2f}", f"from {told.start:,.2f}")
    for name, figure in told.figures.items():
        whole.add_row(name.replace("_", " "), _told(name, figure), figure.why)
    chance = told.probabilistic_sharpe
    whole.add_row("chance that sharpe > 0", _told("win_rate", chance), chance.why)
    whole.add_row(f"mean {by} in training", _told(asked.by, told.train), told.train.why)
    whole.add_row(f"mean {by} in test", _told(asked.by, told.test), told.test.why)
    whole.add_row("kept of it", _told("win_rate", told.kept), told.kept.why)
    whole.add_row("windows that were worse in test", _told("win_rate", told.worse), told.worse.why)
    console.print(whole)
    if told.unused:
        console.print(f"days at the end that are no whole test, and were not used: {told.unused:,}", highlight=False)


def _table(*names: str) -> Table:
    """A table of these columns; those that end in > hold figures."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for place, name in enumerate(names):
        table.add_column(
            name.removesuffix(">"), justify="right" if name.endswith(">") else "left", no_wrap=place == 0 and name != ""
        )
    return table


def _summary(sweep: Sweep) -> Summary | None:
    return None if sweep.summary is None else msgspec.json.decode(sweep.summary, type=Summary)


def _best(summary: Summary) -> Figure:
    if summary.walked is not None:
        return summary.walked.test
    return Figure.none("no trial has one") if summary.best is None else Figure(summary.best.value)


def _value(name: str, value: float | None) -> str:
    return _told(name, Figure(value))


def _told(name: str, figure: Figure) -> str:
    return NOTHING if figure.value is None else value(name, figure.value)
