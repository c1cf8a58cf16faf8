"""The equity of a run as its points come, in pieces of any size, and the sums that its figures are made of.

How the points are cut changes no bit of any figure. Memory: constant but for one return a day, of which 7,305 (twenty
years) are kept, and one row a month.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.closes import MOST, Closes, Returns
from tidemark.backtest.metrics.drawdown import Drawdown, Drawdowns
from tidemark.backtest.metrics.holdings import Holdings
from tidemark.backtest.metrics.moments import Moments
from tidemark.backtest.metrics.months import Month, Months
from tidemark.units import DAY

Array = npt.NDArray[Any]


class CurveSums(msgspec.Struct, frozen=True, kw_only=True):
    """What an equity was, from which its figures follow; times ns since the epoch, money in quote currency.

    moments: of the returns of days (UTC); below: the sum of the squares of those under 0; lowest, highest: None without
    any; unseen: days without a point. held_ns: time with a position; mean_exposure, highest_exposure: all positions
    against the equity. is_ruined: it was 0 or less at the end of a day, after which there are no returns.
    """

    began: int
    ended: int
    start: float
    end: float
    moments: Moments
    below: float
    lowest: float | None
    highest: float | None
    unseen: int
    is_ruined: bool
    drawdown: Drawdown | None
    longest_ns: int
    held_ns: int
    mean_exposure: float
    highest_exposure: float
    mean_equity: float
    months: tuple[Month, ...]


class Curve:
    """The equity of a run that began with *start* (quote currency, above 0) at *began* (ns).

    A point at midnight ends the day before it. The last day counts as far as it is known, and so does the first.
    most: returns that are kept.
    """

    def __init__(self, start: float, began: int, most: int = MOST) -> None:
        if not start > 0.0:
            raise ValueError(f"a run cannot begin with an equity of {start}; it has to be above 0")
        self._start, self._began = start, began
        self._end, self._ended = start, began
        self._closes = Closes()
        self._returns = Returns(start, began // DAY, most)
        self._months = Months(start)
        self._drawdowns = Drawdowns(start, began)
        self._holdings = Holdings(start, began)

    def put(self, at: Array, equity: Array, exposure: Array) -> None:
        """Go on with points; ValueError for one that is not later than the one before it, or not finite.

        at: int64 ns (n,); equity: float64 (n,); exposure: float64 (n,), what all positions are worth, without sign.
        """
        if not len(at):
            return
        if int(at[0]) <= self._ended or (np.diff(at) <= 0).any():
            raise ValueError(f"points of equity have to be later than {self._ended} and than each other")
        if not (np.isfinite(equity).all() and np.isfinite(exposure).all()):
            raise ValueError(f"points of equity have to be finite; one after {self._ended} is not")
        for day, close in self._closes.put(at, equity):
            self._returns.put(day, close)
            self._months.put(day, close)
        self._drawdowns.put(at, equity)
        self._holdings.put(at, equity, exposure)
        self._end, self._ended = float(equity[-1]), int(at[-1])

    def daily(self) -> Array:
        """The returns of days so far, float64 (n,), the first *most* of them; the last day as far as it is known."""
        return self._all_returns().kept

    @property
    def is_cut(self) -> bool:
        """Whether there were more days than are kept; then no interval follows from them."""
        return self._all_returns().is_cut

    def sums(self) -> CurveSums:
        """What it was so far."""
        returns = self._all_returns()
        return CurveSums(
            began=self._began,
            ended=self._ended,
            start=self._start,
            end=self._end,
            moments=returns.moments,
            below=returns.below,
            lowest=returns.lowest,
            highest=returns.highest,
            unseen=returns.unseen,
            is_ruined=returns.is_ruined,
            drawdown=self._drawdowns.worst,
            longest_ns=self._drawdowns.longest_ns,
            held_ns=self._holdings.held_ns,
            mean_exposure=self._holdings.mean_exposure,
            highest_exposure=self._holdings.highest,
            mean_equity=self._holdings.mean_equity,
            months=self._months.table(*(self._closes.open or ())),
        )

    def _all_returns(self) -> Returns:
        returns = self._returns.copy()
        if self._closes.open is not None:
            returns.put(*self._closes.open)
        return returns
