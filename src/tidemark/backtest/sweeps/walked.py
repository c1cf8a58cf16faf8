"""What came of a walk forward: per window what was chosen and what that was worth in the test, and all tests joined."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
import sqlalchemy as sa

from tidemark.backtest.bars import Array
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import LEAST_DAYS, curve_figures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.deflated import probabilistic_sharpe
from tidemark.backtest.runs.request import DataUsed
from tidemark.backtest.sweeps.asked import Asked, is_highest_best
from tidemark.backtest.sweeps.trial import returns_of
from tidemark.backtest.sweeps.windows import Window, windows
from tidemark.model.timeframe import Timeframe
from tidemark.store.sweep_rows import Trial, best, tests
from tidemark.units import DAY

# What daily returns tell; the depth of a drawdown is that of the ends of days.
_FIGURES = (
    "total_return", "annual_return", "volatility", "downside_deviation", "sharpe", "sortino", "calmar", "max_drawdown",
    "best_day", "worst_day",
)  # fmt: skip


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A window: what was chosen, and the figure that is looked for in the training and in the test.

    error: why there is no test; the account holds nothing then.
    """

    window: Window
    parameters: dict[str, str]
    train: float | None
    test: float | None
    trips: int
    error: str | None = None


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """windows: one after the other. end: what the cash came to by all tests, one after the other.

    figures: of all tests joined, by their days. probabilistic_sharpe: how likely the true Sharpe ratio of that is above
    0; nothing of it was chosen by these days. train, test: the mean of the figure that is looked for over the windows
    that have both; kept: the second by the first; worse: the share of windows in which the test was worse.
    unused: days at the end that are no whole test.
    """

    windows: tuple[Row, ...]
    start: float
    end: float
    figures: dict[str, Figure]
    probabilistic_sharpe: Figure
    train: Figure
    test: Figure
    kept: Figure
    worse: Figure
    unused: int


class Day(NamedTuple):
    """The equity (quote currency) at the end of a day since the epoch."""

    day: int
    equity: float


def walked(connection: sa.Connection, sweep: str, asked: Asked, used: DataUsed) -> Walked:
    """What the tests of a sweep come to."""
    if asked.walk is None:
        raise ValueError(f"sweep {sweep} does not walk forward")
    end = used.end + Timeframe(used.timeframe).ns
    there = windows(asked.walk, used.begin, end)
    rows = tuple(_row(connection, sweep, asked, there[test.window], test) for test in tests(connection, sweep))
    curve = Curve(asked.request.cash, there[0].test_begin)
    _put(curve, joined(tests(connection, sweep), asked.request.cash))
    sums = curve.sums()
    figures = curve_figures(sums)
    pairs = [(row.train, row.test) for row in rows if row.train is not None and row.test is not None]
    short = f"; a test has fewer than {LEAST_DAYS} days" * (asked.walk.test < LEAST_DAYS)
    none = Figure.none(f"{asked.by} is not defined in both parts of any window{short}")
    train = Figure.of(float(np.mean([one for one, _ in pairs]))) if pairs else none
    test = Figure.of(float(np.mean([other for _, other in pairs]))) if pairs else none
    sign = 1.0 if is_highest_best(asked.by) else -1.0
    return Walked(
        windows=rows,
        start=sums.start,
        end=sums.end,
        figures={name: getattr(figures, name) for name in _FIGURES},
        probabilistic_sharpe=probabilistic_sharpe(sums.moments),
        train=train,
        test=test,
        kept=_kept(train, test),
        worse=Figure.ratio(sum(sign * other < sign * one for one, other in pairs), len(pairs), none.why),
        unused=(end - there[-1].test_end) // DAY,
    )


def joined(found: Iterable[Trial], cash: float) -> list[Day]:
    """The equity of one account through all tests, at the ends of days: each goes on with what the last one left."""
    days: list[Day] = []  # bounded: days of all tests
    equity = cash
    for test in found:
        for place, value in enumerate(returns_of(test).tolist()):
            equity *= 1.0 + value
            days.append(Day(test.first_day + place, equity))
    return days


def _put(curve: Curve, days: list[Day]) -> None:
    at: Array = np.array([day.day + 1 for day in days], np.int64) * DAY
    curve.put(at, np.array([day.equity for day in days], np.float64), np.zeros(len(days)))


def _row(connection: sa.Connection, sweep: str, asked: Asked, window: Window, test: Trial) -> Row:
    chosen = best(connection, sweep, is_highest=is_highest_best(asked.by), most=1, window=window.number)
    return Row(
        window=window, parameters=msgspec.json.decode(test.parameters, type=dict[str, str]),
        train=chosen[0].value if chosen else None, test=test.value, trips=test.trips, error=test.error,
    )  # fmt: skip


def _kept(train: Figure, test: Figure) -> Figure:
    if train.value is None or test.value is None:
        return Figure.none(train.why)
    if train.value <= 0.0:
        return Figure.none("the trainings were not above 0")
    return Figure.of(test.value / train.value)
