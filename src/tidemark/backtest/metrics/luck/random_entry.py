"""What the same trips would have brought at random times: the same markets, sides, lengths, sizes and costs.

Of each market the trips are put in a random order and spread over its candles at random, none over another, since an
account has one position in a market.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.p_value import p_value
from tidemark.model.round_trip import RoundTrip

Array = npt.NDArray[Any]
# Prices at numbers of candles, in their shape: `opens.__getitem__` of an array, or of a file that is mapped.
Prices = Callable[[Array], Array]

DRAWS = 999
# Trips that are placed at a time.
_AT_ONCE = 200_000


class MarketTrips(msgspec.Struct, frozen=True, kw_only=True):
    """The trips of one market, and the opens of its candles; arrays are (trips,).

    candles: how many there are. side: 1 or -1. held: candles, at least 1. notional: what was held at the entry, quote
    currency. costs: fees, funding and slippage of all trips; profit: of all trips, net of them.
    """

    prices: Prices
    candles: int
    side: Array
    held: Array
    notional: Array
    costs: float
    profit: float

    @classmethod
    def of(cls, trips: Iterable[RoundTrip], prices: Prices, candles: int) -> "MarketTrips":
        """Those of *trips*; one that ended in the candle in which it began takes one candle."""
        rows = (
            (int(one.side), max(one.bars, 1), one.quantity * one.entry_price, one.fees + one.funding + one.slippage,
             one.profit) for one in trips
        )  # fmt: skip
        # Row by row into the array: as many tuples would take five times as much.
        side, held, notional, costs, profit = np.fromiter(rows, np.dtype((np.float64, 5))).T
        return cls(
            prices=prices, candles=candles, side=side, held=held.astype(np.int64), notional=notional,
            costs=float(costs.sum()), profit=float(profit.sum()),
        )  # fmt: skip


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """What chance brings in the place of a run; money in quote currency.

    profit: of the run. mean, low, high: of the random runs, on average and between 2.5 and 97.5 %. p: the share of runs
    that brought at least as much, the run itself among them; none without trips, or without room for them.
    """

    trips: int
    draws: int
    profit: float
    mean: Figure
    low: Figure
    high: Figure
    p: Figure

    @classmethod
    def none(cls, why: str) -> "Chance":
        """Nothing, because of *why*."""
        nothing = Figure.none(why)
        return cls(trips=0, draws=0, profit=0.0, mean=nothing, low=nothing, high=nothing, p=nothing)


def random_entries(markets: Iterable[MarketTrips], *, draws: int = DRAWS, seed: int = 1) -> Chance:
    """What the trips of *markets* would have brought at random times.

    Markets are taken one by one: only one has to be in memory. Memory: 200,000 trips at a time, or one draw.
    """
    rng = np.random.default_rng(seed)
    totals, profit, trips = np.zeros(draws), 0.0, 0
    for one in markets:
        count = len(one.side)
        if not count:
            continue
        if int(one.held.sum()) >= one.candles:
            return Chance.none("the trips of a market last longer than its candles")
        profit, trips = profit + one.profit, trips + count
        at_once = max(1, _AT_ONCE // count)
        for begin in range(0, draws, at_once):
            totals[begin : begin + at_once] += _drawn(one, min(at_once, draws - begin), rng)
    if not trips:
        return Chance.none("no trips")
    low, high = np.percentile(totals, (2.5, 97.5)).tolist()
    return Chance(
        trips=trips,
        draws=draws,
        profit=profit,
        mean=Figure.of(float(totals.mean())),
        low=Figure.of(low),
        high=Figure.of(high),
        p=p_value(profit, totals),
    )


def _drawn(market: MarketTrips, draws: int, rng: np.random.Generator) -> Array:
    """The profit of all trips of a market in each draw, net: float64 (draws,)."""
    count = len(market.side)
    free = market.candles - 1 - int(market.held.sum())
    order = rng.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)
    held = market.held[order]
    before = np.sort(rng.integers(0, free + 1, (draws, count)), axis=1)
    entry = before + np.cumsum(held, axis=1) - held
    gains = market.prices(entry + held) / market.prices(entry) - 1.0
    profits: Array = ((market.side * market.notional)[order] * gains).sum(axis=1) - market.costs
    return profits
