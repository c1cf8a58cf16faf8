"""How sure the figures of an equity are: 95 % intervals from its daily returns, drawn anew in blocks.

The percentiles of a stationary bootstrap (B. Efron, 1979; D. Politis, J. Romano, 1994). Drawdowns are those of days:
the figure over every point can be deeper. Memory: 32 draws at a time.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.curve_figures import LEAST_DAYS, YEAR_DAYS
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval, interval_of
from tidemark.backtest.metrics.luck.stationary import mean_block, places
from tidemark.backtest.statistics import DRAWS

Array = npt.NDArray[Any]
_AT_ONCE = 32
_FIGURES = (
    "total_return", "annual_return", "volatility", "downside_deviation", "sharpe", "sortino", "max_drawdown", "calmar",
)  # fmt: skip


class ReturnIntervals(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of daily returns with their 95 % intervals. block: the mean length of what was drawn, in days."""

    days: int
    draws: int
    block: float
    total_return: Interval
    annual_return: Interval
    volatility: Interval
    downside_deviation: Interval
    sharpe: Interval
    sortino: Interval
    max_drawdown: Interval
    calmar: Interval


def return_intervals(
    returns: Array, *, is_cut: bool = False, draws: int = DRAWS, block: float | None = None, seed: int = 1
) -> ReturnIntervals:
    """The intervals of the figures of *returns*, float64 (days,): those of `Curve.daily`.

    is_cut: whether these are not all of them, so that there is nothing to be said of the whole. block: the mean length
    of a block in days; the third root of the days, if it is not given.
    """
    count = len(returns)
    length = mean_block(count) if block is None else block
    if count < LEAST_DAYS or is_cut:
        why = f"more than {count} days, of which no more were kept" if is_cut else f"fewer than {LEAST_DAYS} days"
        nothing = Interval(None, why)
        return ReturnIntervals(days=count, draws=0, block=length, **dict.fromkeys(_FIGURES, nothing))
    rng = np.random.default_rng(seed)
    pieces = [
        _figures(returns[places(count, min(_AT_ONCE, draws - begin), length, rng)])
        for begin in range(0, draws, _AT_ONCE)
    ]
    found, drawn = _figures(returns[None])[:, 0], np.concatenate(pieces, axis=1)
    intervals = {
        name: interval_of(Figure.of(value) if np.isfinite(value) else Figure.none("it does not exist"), row)
        for name, value, row in zip(_FIGURES, found.tolist(), drawn, strict=True)
    }
    return ReturnIntervals(days=count, draws=draws, block=length, **intervals)


def _figures(returns: Array) -> Array:
    """Those of `curve_figures.py` for each row of returns, in the order of `_FIGURES`: float64 (figures, rows)."""
    count, year = returns.shape[1], YEAR_DAYS
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        equity = np.cumprod(1.0 + returns, axis=1)
        end = equity[:, -1]
        annual = np.where(end > 0.0, np.maximum(end, 0.0) ** (year / count) - 1.0, -1.0)
        mean, deviation = returns.mean(axis=1), returns.std(axis=1, ddof=1)
        below = np.sqrt((np.minimum(returns, 0.0) ** 2).mean(axis=1))
        peaks = np.maximum(np.maximum.accumulate(equity, axis=1), 1.0)
        deepest = (equity / peaks - 1.0).min(axis=1)
        # What rounding leaves of returns that are all the same is no deviation.
        varying = np.where(deviation > 1e-14 * np.abs(mean), deviation, 0.0)
        return np.stack(
            [
                end - 1.0, annual, deviation * np.sqrt(year), below * np.sqrt(year),
                np.where(varying > 0.0, mean / varying, np.nan) * np.sqrt(year),
                np.where(below > 0.0, mean / below, np.nan) * np.sqrt(year),
                deepest, np.where(deepest < 0.0, annual / -deepest, np.nan),
            ]
        )  # fmt: skip
