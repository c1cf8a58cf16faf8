"""The figures of an equity: each with its formula, its unit, whether it is of a year, and where it is from.

A day is one of UTC, a year has 365 of them, since these markets do not close; r are the returns of days, T the years
from the beginning to the last point. What is of a year needs 30 days: fewer say nothing of one.
"""

import math

import msgspec

from tidemark.backtest.metrics.curve import CurveSums
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.months import Month
from tidemark.units import DAY, SECOND

YEAR_DAYS = 365
LEAST_DAYS = 30
_FEW = f"fewer than {LEAST_DAYS} days"


class CurveFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of an equity, each as the function of its name says; times ns since the epoch.

    days: returns that count; unseen: those of them without a point, on which nothing changed.
    """

    began: int
    ended: int
    start: float
    end: float
    days: int
    unseen: int
    is_ruined: bool
    total_return: Figure
    annual_return: Figure
    volatility: Figure
    downside_deviation: Figure
    sharpe: Figure
    sortino: Figure
    calmar: Figure
    max_drawdown: Figure
    drawdown_peak_at: int | None
    drawdown_trough_at: int | None
    drawdown_recovered_at: int | None
    drawdown_length: Figure
    drawdown_recovery: Figure
    longest_drawdown: Figure
    best_day: Figure
    worst_day: Figure
    skew: Figure
    kurtosis: Figure
    time_in_market: Figure
    mean_exposure: Figure
    highest_exposure: Figure
    months: tuple[Month, ...]


def curve_figures(sums: CurveSums) -> CurveFigures:
    """All figures of an equity."""
    fall = sums.drawdown
    return CurveFigures(
        began=sums.began,
        ended=sums.ended,
        start=sums.start,
        end=sums.end,
        days=sums.moments.count,
        unseen=sums.unseen,
        is_ruined=sums.is_ruined,
        total_return=total_return(sums),
        annual_return=annual_return(sums),
        volatility=volatility(sums),
        downside_deviation=downside_deviation(sums),
        sharpe=sharpe(sums),
        sortino=sortino(sums),
        calmar=calmar(sums),
        max_drawdown=max_drawdown(sums),
        drawdown_peak_at=None if fall is None else fall.peak_at,
        drawdown_trough_at=None if fall is None else fall.trough_at,
        drawdown_recovered_at=None if fall is None else fall.recovered_at,
        drawdown_length=drawdown_length(sums),
        drawdown_recovery=drawdown_recovery(sums),
        longest_drawdown=longest_drawdown(sums),
        best_day=best_day(sums),
        worst_day=worst_day(sums),
        skew=skew(sums),
        kurtosis=kurtosis(sums),
        time_in_market=time_in_market(sums),
        mean_exposure=mean_exposure(sums),
        highest_exposure=highest_exposure(sums),
        months=sums.months,
    )


def total_return(sums: CurveSums) -> Figure:
    """What the equity gained over the whole run.

    Formula: end / start - 1
    Unit: fraction
    Of a year: no
    Source: CFA Institute, Global Investment Performance Standards (2020), without flows of cash
    """
    return Figure.of(sums.end / sums.start - 1.0)


def annual_return(sums: CurveSums) -> Figure:
    """The gain of a year that, compounded, would have brought the same (CAGR).

    Formula: (end / start) ^ (1 / T) - 1; -1 where nothing was left
    Unit: fraction a year
    Of a year: by compounding over the time that passed, to the nanosecond
    Source: CFA Institute, Global Investment Performance Standards (2020)
    """
    years = (sums.ended - sums.began) / (YEAR_DAYS * DAY)
    if years * YEAR_DAYS < LEAST_DAYS:
        return Figure.none(_FEW)
    if sums.end <= 0.0:
        return Figure.of(-1.0)
    power = math.log(sums.end / sums.start) / years
    return Figure.of(math.expm1(power) if power < 700.0 else math.inf)


def volatility(sums: CurveSums) -> Figure:
    """How far the returns of days stray from their mean.

    Formula: sd(r) * sqrt(365), sd with n - 1
    Unit: fraction a year
    Of a year: by the square root of 365, as if days were independent
    Source: J. Hull, Options, Futures and Other Derivatives, chapter on estimating volatility
    """
    deviation = sums.moments.deviation
    if sums.moments.count < LEAST_DAYS or deviation is None:
        return Figure.none(_FEW)
    return Figure.of(deviation * math.sqrt(YEAR_DAYS))


def downside_deviation(sums: CurveSums) -> Figure:
    """How far the returns of days fall below 0; days that gained count as 0.

    Formula: sqrt(mean(min(r, 0) ^ 2)) * sqrt(365)
    Unit: fraction a year
    Of a year: by the square root of 365
    Source: F. Sortino, R. van der Meer, Downside Risk, Journal of Portfolio Management 17 (1991)
    """
    if sums.moments.count < LEAST_DAYS:
        return Figure.none(_FEW)
    return Figure.of(math.sqrt(sums.below / sums.moments.count * YEAR_DAYS))


def sharpe(sums: CurveSums) -> Figure:
    """The mean return of a day against its deviation; what is earned without risk is taken as 0.

    Formula: mean(r) / sd(r) * sqrt(365), sd with n - 1
    Unit: ratio, of a year
    Of a year: by the square root of 365
    Source: W. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994)
    """
    deviation = sums.moments.deviation
    if sums.moments.count < LEAST_DAYS or deviation is None:
        return Figure.none(_FEW)
    if not sums.moments.varies:
        return Figure.none("the returns of all days are the same")
    return Figure.of(sums.moments.mean / deviation * math.sqrt(YEAR_DAYS))


def sortino(sums: CurveSums) -> Figure:
    """The mean return of a day against its deviation below 0.

    Formula: mean(r) / sqrt(mean(min(r, 0) ^ 2)) * sqrt(365)
    Unit: ratio, of a year
    Of a year: by the square root of 365
    Source: F. Sortino, L. Price, Performance Measurement in a Downside Risk Framework, Journal of Investing 3 (1994)
    """
    if sums.moments.count < LEAST_DAYS:
        return Figure.none(_FEW)
    below = math.sqrt(sums.below / sums.moments.count)
    return Figure.ratio(sums.moments.mean * math.sqrt(YEAR_DAYS), below, "no day lost")


def calmar(sums: CurveSums) -> Figure:
    """The gain of a year against the deepest fall of the whole run.

    Formula: annual_return / |max_drawdown|
    Unit: ratio, of a year
    Of a year: as the annual return is
    Source: T. Young, Calmar Ratio: A Smoother Tool, Futures 20 (1991), over the whole run in the place of 36 months
    """
    gain, fall = annual_return(sums), max_drawdown(sums)
    if gain.value is None:
        return gain
    return Figure.ratio(gain.value, -(fall.value or 0.0), "no drawdown")


def max_drawdown(sums: CurveSums) -> Figure:
    """The deepest fall from the highest equity before it, over every point and not only those of days.

    Formula: min over t of equity(t) / max over s <= t of equity(s), less 1
    Unit: fraction, not above 0
    Of a year: no
    Source: M. Magdon-Ismail, A. Atiya, Maximum Drawdown, Risk 17 (2004)
    """
    return Figure.of(0.0 if sums.drawdown is None else sums.drawdown.depth)


def drawdown_length(sums: CurveSums) -> Figure:
    """How long the deepest fall lasted: from its peak until that was reached again, or to the last point.

    Formula: recovered_at - peak_at
    Unit: seconds
    Of a year: no
    Source: ours; the times of the three points stand beside it
    """
    fall = sums.drawdown
    if fall is None:
        return Figure.none("no drawdown")
    end = sums.ended if fall.recovered_at is None else fall.recovered_at
    return Figure.of((end - fall.peak_at) / SECOND)


def drawdown_recovery(sums: CurveSums) -> Figure:
    """How long it took from the bottom of the deepest fall until its peak was reached again.

    Formula: recovered_at - trough_at
    Unit: seconds
    Of a year: no
    Source: ours
    """
    fall = sums.drawdown
    if fall is None:
        return Figure.none("no drawdown")
    if fall.recovered_at is None:
        return Figure.none("it was not recovered from")
    return Figure.of((fall.recovered_at - fall.trough_at) / SECOND)


def longest_drawdown(sums: CurveSums) -> Figure:
    """The longest time under water: below an equity that had been reached; not always that of the deepest fall.

    Formula: max over falls of the time from their peak until it was reached again, or to the last point
    Unit: seconds
    Of a year: no
    Source: ours
    """
    return Figure.of(sums.longest_ns / SECOND)


def best_day(sums: CurveSums) -> Figure:
    """The highest return of a day.

    Formula: max(r)
    Unit: fraction
    Of a year: no
    Source: ours
    """
    return Figure.none("no days") if sums.highest is None else Figure.of(sums.highest)


def worst_day(sums: CurveSums) -> Figure:
    """The lowest return of a day.

    Formula: min(r)
    Unit: fraction
    Of a year: no
    Source: ours
    """
    return Figure.none("no days") if sums.lowest is None else Figure.of(sums.lowest)


def skew(sums: CurveSums) -> Figure:
    """How much farther the returns of days stray to one side: below 0 of rare large losses.

    Formula: mean((r - mean) ^ 3) / sd ^ 3, sd with n
    Unit: ratio, of a day
    Of a year: no
    Source: K. Pearson; that of a sample, without correction
    """
    return _shape(sums, sums.moments.skew)


def kurtosis(sums: CurveSums) -> Figure:
    """How much of the deviation rare days make: 3 of a normal distribution.

    Formula: mean((r - mean) ^ 4) / sd ^ 4, sd with n
    Unit: ratio, of a day
    Of a year: no
    Source: K. Pearson; that of a sample, without correction
    """
    return _shape(sums, sums.moments.kurtosis)


def time_in_market(sums: CurveSums) -> Figure:
    """The share of the time with a position; a point holds until the next one.

    Formula: time with a position / (ended - began)
    Unit: fraction
    Of a year: no
    Source: ours
    """
    return Figure.ratio(sums.held_ns, sums.ended - sums.began, "no time passed")


def mean_exposure(sums: CurveSums) -> Figure:
    """What all positions were worth against the equity, long and short added up, on average over the time.

    Formula: mean over time of sum(|position|) / equity; 0 while the equity is not above 0
    Unit: fraction; 1 is without leverage
    Of a year: no
    Source: ours
    """
    if sums.ended == sums.began:
        return Figure.none("no time passed")
    return Figure.of(sums.mean_exposure)


def highest_exposure(sums: CurveSums) -> Figure:
    """What all positions were worth against the equity, at most.

    Formula: max over points of sum(|position|) / equity
    Unit: fraction; 1 is without leverage
    Of a year: no
    Source: ours
    """
    return Figure.of(sums.highest_exposure)


def _shape(sums: CurveSums, value: float | None) -> Figure:
    if sums.moments.count < LEAST_DAYS:
        return Figure.none(_FEW)
    return Figure.none("the returns of all days are the same") if value is None else Figure.of(value)
