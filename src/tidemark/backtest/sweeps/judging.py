"""How much of the best of many trials is luck, by the returns of the days of all of them.

Memory: MOST_CELLS returns and three times that on the way, 30 MB for choices among MOST_COMPARED trials, and what one
trial has; they are read one after the other.
"""

import math

import msgspec
import numpy as np
import sqlalchemy as sa

from tidemark.backtest.bars import Array
from tidemark.backtest.metrics.closes import MOST
from tidemark.backtest.metrics.curve_figures import YEAR_DAYS
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.deflated import best_of_tries, deflated_sharpe, independent_trials
from tidemark.backtest.metrics.luck.overfitting import PARTS, Overfitting, overfitting
from tidemark.backtest.metrics.moments import Moments
from tidemark.backtest.runs.request import DataUsed
from tidemark.backtest.sweeps.trial import returns_of
from tidemark.model.timeframe import Timeframe
from tidemark.store.sweep_rows import Trial, counts, trials
from tidemark.units import DAY

# Trials by days whose returns are compared, 16 MB, and trials, 4 MB for each of a few arrays. Of more than that it is
# every second trial, or every third, ...
MOST_CELLS, MOST_COMPARED = 2_000_000, 2000


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the best trial is luck.

    deflated_sharpe: how likely its true Sharpe ratio is above that which the best of `independent` tries without skill
    is expected to show, `chance_sharpe` (of a year). correlation: of the returns of two trials, on average.
    overfitting: what choosing the best is worth; its `trials` says how many were compared.
    """

    deflated_sharpe: Figure
    independent: Figure
    correlation: Figure
    chance_sharpe: Figure
    overfitting: Overfitting


def not_judged(why: str) -> Judged:
    """Nothing, because of *why*."""
    nothing = Figure.none(why)
    return Judged(
        deflated_sharpe=nothing, independent=nothing, correlation=nothing, chance_sharpe=nothing,
        overfitting=Overfitting(
            trials=0, returns=0, parts=PARTS, choices=0, probability=nothing, loss=nothing, chosen=nothing,
            kept=nothing, slope=nothing,
        ),
    )  # fmt: skip


def judged(connection: sa.Connection, sweep: str, used: DataUsed, best: Trial) -> Judged:
    """How much of *best* is luck, beside all trials of the sweep."""
    days = days_of(used)
    done, failed = counts(connection, sweep)
    count = done - failed
    stride = max(1, -(-count * days // MOST_CELLS), -(-count // MOST_COMPARED))
    matrix = np.zeros((days, -(-count // stride)))
    together = np.zeros(days)
    ratios = Moments()
    place = 0
    for trial in trials(connection, sweep, 0):
        if trial.error is not None:
            continue
        returns = padded(returns_of(trial), days)
        if place % stride == 0:
            matrix[:, place // stride] = returns
        place += 1
        ratio, shape = _standard(returns)
        ratios.add(ratio)
        together += shape
    correlation = correlation_of(together, count)
    tries = independent_trials(count, correlation.value or 0.0)
    variance = (ratios.deviation or 0.0) ** 2
    own = Moments()
    for one in returns_of(best).tolist():
        own.add(one)
    return Judged(
        deflated_sharpe=deflated_sharpe(own, tries, variance),
        independent=Figure.of(tries),
        correlation=correlation,
        chance_sharpe=Figure.of(best_of_tries(tries, variance) * math.sqrt(YEAR_DAYS)),
        overfitting=overfitting(matrix),
    )


def days_of(used: DataUsed) -> int:
    """How many days (UTC) the candles touch, at most those whose returns are kept."""
    last = used.end + Timeframe(used.timeframe).ns - 1
    return min(last // DAY - used.begin // DAY + 1, MOST)


def padded(returns: Array, days: int) -> Array:
    """*returns* of so many days: an account that was ruined earns nothing afterwards."""
    made = np.zeros(days)
    made[: min(len(returns), days)] = returns[:days]
    return made


def correlation_of(together: Array, count: int) -> Figure:
    """The mean correlation of two out of *count*, by the sum of their returns, each less its mean and of length 1.

    Trials that never trade correlate with none.
    """
    if count < 2:
        return Figure.none("fewer than two trials")
    return Figure.of((float(together @ together) - count) / (count * (count - 1)))


def _standard(returns: Array) -> tuple[float, Array]:
    """The Sharpe ratio of one return, and the returns less their mean and of length 1; nothing where none varies."""
    mean = float(returns.mean())
    apart = returns - mean
    length = float(np.sqrt(apart @ apart))
    if len(returns) < 2 or length <= 1e-12 * max(abs(mean), 1e-300) * math.sqrt(len(returns)):
        return 0.0, np.zeros(len(returns))
    return mean / (length / math.sqrt(len(returns) - 1)), apart / length
