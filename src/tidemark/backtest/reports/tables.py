"""The tables of a report: all of it text, as it is read."""

from collections.abc import Mapping

import msgspec

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval
from tidemark.backtest.metrics.luck.return_intervals import ReturnIntervals
from tidemark.backtest.metrics.luck.trip_intervals import TripIntervals
from tidemark.backtest.metrics.months import Month
from tidemark.backtest.metrics.trip_figures import TripFigures
from tidemark.backtest.reports.words import REASONS, figure, percent, sure, title
from tidemark.backtest.runs.result import Result

MOST_ROWS = 40
_LONGEST = 120
# The strongest colour of a cell.
_FULL = 0.55
_CURVE = (
    "total_return", "annual_return", "volatility", "downside_deviation", "sharpe", "sortino", "calmar", "max_drawdown",
    "drawdown_length", "drawdown_recovery", "longest_drawdown", "best_day", "worst_day", "skew", "kurtosis",
    "time_in_market", "mean_exposure", "highest_exposure",
)  # fmt: skip
_TRIPS = (
    "profit", "win_rate", "profit_factor", "payoff", "expectancy", "expectancy_r", "r_deviation", "r_lowest",
    "r_highest", "largest_win", "largest_loss", "win_streak", "loss_streak", "mean_held", "mean_bars", "mean_mfe",
    "mean_mae", "furthest_mfe", "furthest_mae", "mean_mfe_r", "mean_mae_r", "fees", "funding", "slippage",
    "cost_share", "traded",
)  # fmt: skip
_OF_GROUPS = ("win_rate", "profit", "expectancy", "expectancy_r", "profit_factor", "mean_held", "fees")
HEADINGS = ("trips", *(title(name) for name in _OF_GROUPS))
_UNNAMED = {"tag": "(no tag)", "regime": "(nothing told it)"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A figure. beside: its interval, or why it is not defined."""

    name: str
    value: str
    beside: str
    is_defined: bool


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group of trips: its figures in the order of `HEADINGS`. share: of the largest profit or loss, -1 to 1."""

    name: str
    cells: tuple[str, ...]
    share: float


class GroupTable(msgspec.Struct, frozen=True, kw_only=True):
    """Groups by one key, those with the most trips. left_out: so many more, which are not shown."""

    by: str
    rows: tuple[GroupRow, ...]
    left_out: int


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A month. strength: of its colour, -0.55 to 0.55."""

    text: str
    strength: float


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table of months; None where the run had none."""

    year: int
    months: tuple[Cell | None, ...]
    whole: str


def curve_rows(result: Result) -> list[Row]:
    """The figures of the equity."""
    return [_row(name, getattr(result.curve, name), sure(name, _of(result.luck.returns, name))) for name in _CURVE]


def trip_rows(found: TripFigures, result: Result | None) -> list[Row]:
    """The figures of all trips; those of a run that has no result have no intervals."""
    intervals = None if result is None else result.luck.trips
    return [_row(name, getattr(found, name), sure(name, _of(intervals, name))) for name in _TRIPS]


def chance_rows(result: Result) -> list[Row]:
    """How likely it is that there is something beyond chance."""
    luck = result.luck
    tried = (
        f"deflated Sharpe ratio, of {luck.trials:,} settings that were run over these candles"
        if luck.trials > 1
        else "deflated Sharpe ratio; no other setting was run over these candles"
    )
    named = (
        ("its true Sharpe ratio is above 0", luck.probabilistic_sharpe, "probabilistic Sharpe ratio"),
        ("it is above the best of as many tries without skill", luck.deflated_sharpe, tried),
    )
    # In percent, as a rate is.
    return [
        Row(name=name, value=figure("win_rate", found), beside=found.why or said, is_defined=found.value is not None)
        for name, found, said in named
    ]


def group_tables(groups: Mapping[str, Mapping[str, TripFigures]]) -> list[GroupTable]:
    """A table for each key by which trips differ."""
    return [_group_table(by, found) for by, found in groups.items() if found and any(found)]


def count_rows(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """What the broker counted, the most frequent first."""
    found = sorted(((reason, count) for reason, count in counts.items() if count), key=lambda one: -one[1])
    return [(REASONS.get(reason, title(reason)), f"{count:,}") for reason, count in found]


def years(months: tuple[Month, ...]) -> list[Year]:
    """The table of months, a row a year."""
    most = max((abs(one.value) for one in months), default=0.0) or 1.0
    made = []
    for year in sorted({one.year for one in months}):
        of_year = {one.month: one.value for one in months if one.year == year}
        whole = 1.0
        for value in of_year.values():
            whole *= 1.0 + value
        cells = tuple(
            Cell(text=f"{100 * of_year[month]:+.1f}", strength=_FULL * of_year[month] / most)
            if month in of_year
            else None
            for month in range(1, 13)
        )
        made.append(Year(year=year, months=cells, whole=percent(whole - 1.0, 1)))
    return made


def shortened(text: str, most: int = _LONGEST) -> str:
    """*text*, or the beginning of it.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _row(name: str, found: Figure, beside: str) -> Row:
    return Row(
        name=title(name), value=figure(name, found), beside=found.why or beside, is_defined=found.value is not None
    )


def _of(intervals: ReturnIntervals | TripIntervals | None, name: str) -> Interval | None:
    """That of the figure *name*, where its kind has one."""
    found: Interval | None = getattr(intervals, name, None)
    return found


def _group_table(by: str, found: Mapping[str, TripFigures]) -> GroupTable:
    # As they came where as many trips are in both.
    shown = sorted(found.items(), key=lambda one: -one[1].count)[:MOST_ROWS]
    most = max(abs(one.profit.value or 0.0) for _, one in shown) or 1.0
    rows = tuple(
        GroupRow(
            name=shortened(name) or _UNNAMED.get(by, "(none)"),
            cells=(f"{one.count:,}", *(figure(of, getattr(one, of)) for of in _OF_GROUPS)),
            share=(one.profit.value or 0.0) / most,
        )
        for name, one in shown
    )
    return GroupTable(by=by, rows=rows, left_out=len(found) - len(shown))
