"""Figures of backtests in words: each in the unit that its function in `metrics/` names."""

import datetime as dt

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval
from tidemark.units import SECOND, format_seconds

SHARES = frozenset({
    "total_return", "annual_return", "volatility", "downside_deviation", "max_drawdown", "best_day", "worst_day",
    "time_in_market", "mean_exposure", "highest_exposure", "win_rate", "cost_share", "mean_mfe", "mean_mae",
    "furthest_mfe", "furthest_mae",
})  # fmt: skip
SECONDS = frozenset({"drawdown_length", "drawdown_recovery", "longest_drawdown", "mean_held"})
RS = frozenset({"expectancy_r", "r_deviation", "r_lowest", "r_highest", "mean_mfe_r", "mean_mae_r"})
COUNTS = frozenset({"win_streak", "loss_streak"})
# What the broker tells, by its reason.
REASONS = {
    "no_margin": "orders refused: no margin was left",
    "too_small": "orders refused: below the least quantity or value",
    "no_position": "orders refused: there was nothing to reduce or to protect",
    "wrong_price": "orders refused: their price makes no sense",
    "wrong_size": "orders refused: their size makes no sense",
    "wrong_order": "orders refused: what they say makes no sense",
    "no_place": "orders refused: as many waited as may",
    "would_take": "orders refused: they were only to rest, and the price was beyond them",
    "expired": "orders that waited until their life was over",
    "shrunk": "orders made smaller: there was margin for a part",
    "liquidated": "positions liquidated",
    "linked": "orders cancelled, as the other of the two was filled",
    "unchanged": "orders without effect: what they were to reach was held already",
}
NOTHING = "-"
_ABBREVIATED = {"r": "R", "mfe": "MFE", "mae": "MAE"}


def title(name: str) -> str:
    """The name of a figure or a setting as it is read.

    >>> title("expectancy_r"), title("max_drawdown")
    ('expectancy in R', 'max drawdown')
    """
    words = name.removesuffix("_r") + " in R" if name.endswith("_r") else name
    return (
        words.replace("_", " ").replace("mfe", "MFE").replace("mae", "MAE").replace("r ", "R ", name.startswith("r_"))
    )


def value(name: str, number: float) -> str:
    """A figure of that name with its unit.

    >>> value("win_rate", 0.5), value("mean_held", 5400.0), value("expectancy_r", 0.25), value("profit", -1234.5)
    ('50.00 %', '1.5h', '0.25 R', '-1,234.50')
    """
    if name in SHARES:
        return f"{100.0 * number:,.2f} %"
    if name in SECONDS:
        return format_seconds(number)
    if name in COUNTS:
        return f"{number:,.0f}"
    return f"{number:,.2f}{' R' * (name in RS)}"


def figure(name: str, found: Figure) -> str:
    """The same, or a dash where it is not defined."""
    return NOTHING if found.value is None else value(name, found.value)


def sure(name: str, interval: Interval | None) -> str:
    """The 95 % interval of a figure; "" where there is none.

    >>> from tidemark.backtest.statistics import Estimate
    >>> sure("win_rate", Interval(Estimate(value=0.5, low=0.4, high=0.6)))
    '40.00 % to 60.00 %'
    """
    if interval is None or interval.estimate is None:
        return ""
    return f"{value(name, interval.estimate.low)} to {value(name, interval.estimate.high)}"


def percent(share: float, digits: int = 2) -> str:
    """A share with its sign.

    >>> percent(0.0123)
    '+1.23 %'
    """
    return f"{100.0 * share:+,.{digits}f} %"


def short(number: float) -> str:
    """A number for an axis.

    >>> short(12_500.0), short(2_000_000.0), short(0.5)
    ('12.5k', '2M', '0.5')
    """
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= 10.0 * size or (unit != "k" and abs(number) >= size):
            return f"{number / size:.6g}{unit}"
    return f"{number:.6g}"


def moment(at: int) -> str:
    """A time (ns), UTC, to the minute.

    >>> moment(1_700_000_000_000_000_000)
    '2023-11-14 22:13'
    """
    return f"{dt.datetime.fromtimestamp(at // SECOND, dt.UTC):%Y-%m-%d %H:%M}"
