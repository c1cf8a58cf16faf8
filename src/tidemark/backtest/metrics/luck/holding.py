"""Buying the same markets at the beginning and keeping them: what a run has to be held against."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.backtest.bars import Bars
from tidemark.units import DAY

Array = npt.NDArray[Any]
Points = tuple[Array, Array, Array]


class Holding:
    """The same share of *cash* in each of *markets*, bought at the open of its first candle and never touched again.

    What is held is worth what it would bring if it were sold at the close: costs of both sides are taken off, and so is
    what holding costs. Until its first candle a market's share is cash. Candles come in time order, in pieces of any
    size; the points are those that `Curve` takes. Memory: two numbers a market, and a piece.

    step_ns: how long a candle lasts. cost: of one side, as a fraction of what is traded (fees and slippage). carry:
    what holding costs a day, as a fraction of what is held: the funding.
    """

    def __init__(self, markets: int, cash: float, step_ns: int, cost: float = 0.0, carry: float = 0.0) -> None:
        self._share = cash / markets
        self._step, self._cost, self._carry = step_ns, cost, carry
        self._quantity = np.zeros(markets)
        self._worth = np.full(markets, self._share)
        self._paid = 0.0
        # The newest point, which a further piece may still change: time, worth of all, what of it is held.
        self._newest: tuple[int, float, float] | None = None

    def put(self, bars: Bars) -> Points:
        """The points that are certain now: times (ns) of closes, equity, and what is held."""
        if not len(bars):
            return _nothing()
        gross, held = self._rows(bars)
        at = bars.open_time + self._step
        last = np.r_[np.flatnonzero(np.diff(at)), len(at) - 1]
        times, gross, held = at[last], gross[last], held[last]
        if self._newest is not None and self._newest[0] != times[0]:
            times, gross, held = (
                np.r_[one, more] for one, more in zip(self._newest, (times, gross, held), strict=True)
            )
        self._newest = (int(times[-1]), float(gross[-1]), float(held[-1]))
        return self._net(times, gross, held)

    def end(self) -> Points:
        """The last point: no further piece comes."""
        if self._newest is None:
            return _nothing()
        time, gross, held = self._newest
        return np.array([time]), np.array([gross - self._paid]), np.array([held])

    def _rows(self, bars: Bars) -> tuple[Array, Array]:
        """What all is worth after each candle, and what of it is held, before what holding costs."""
        markets, first = np.unique(bars.market, return_index=True)
        fresh = self._quantity[markets] == 0.0
        self._quantity[markets[fresh]] = self._share / (bars.open[first[fresh]] * (1.0 + self._cost))
        bought = np.zeros(len(bars))
        bought[first[fresh]] = self._share
        worth = self._quantity[bars.market] * bars.close * (1.0 - self._cost)
        before, idle = self._worth.sum(), self._share * np.count_nonzero(self._quantity == 0.0) + bought.sum()
        order = np.argsort(bars.market, kind="stable")
        sorted_markets, changed = bars.market[order], np.empty(len(bars))
        earlier = np.r_[0.0, worth[order][:-1]]
        begins = np.r_[True, np.diff(sorted_markets) != 0]
        earlier[begins] = self._worth[sorted_markets[begins]]
        changed[order] = worth[order] - earlier
        self._worth[sorted_markets[begins]] = worth[order][np.r_[begins[1:], True]]
        gross = before + np.cumsum(changed)
        return gross, gross - (idle - np.cumsum(bought))

    def _net(self, times: Array, gross: Array, held: Array) -> Points:
        """The points but for the newest, less what holding has cost; each is held until the next one."""
        charges = self._carry * held[:-1] * np.diff(times) / DAY
        paid = self._paid + np.cumsum(np.r_[0.0, charges])
        self._paid = float(paid[-1])
        return times[:-1], gross[:-1] - paid[:-1], held[:-1]


def _nothing() -> Points:
    return np.empty(0, np.int64), np.empty(0), np.empty(0)
