"""The same strategy over markets that never were: whether it lives on what the real ones had and those lack."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.data.cache import Columns
from tidemark.backtest.data.merge import market_rows, merged
from tidemark.backtest.driver import Sink
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.p_value import p_value
from tidemark.backtest.metrics.luck.shuffled import Grid, shuffled
from tidemark.backtest.metrics.luck.shuffled_returns import Shuffled, none
from tidemark.backtest.runs.request import DataUsed
from tidemark.errors import StrategyError
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY

# Blocks are of a day on average, and of no fewer candles.
LEAST_BLOCK = 20


class Drives(Protocol):
    """A driver, as far as it is needed here."""

    def take(self, bars: Bars) -> None:
        """Take the next candles."""
        ...

    def end(self) -> None:
        """After the last candle."""
        ...


class _Worth:
    """Keeps what an account was worth last, as a sink."""

    def __init__(self, cash: float) -> None:
        self.last = cash

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        del closed

    def equity(self, at: Array, worth: Array) -> None:
        if len(at):
            self.last = float(worth[-1, 0])


def over_shuffled(
    make: Callable[[Sink], Drives], used: DataUsed, columns: Columns, *, cash: float, found: Figure, draws: int,
    each: Callable[[int], bool],
) -> Shuffled:  # fmt: skip
    """Run the strategy of *make* over *draws* shuffled markets; *found*: its total return over the real ones.

    columns: the candles that it was over. each: told how many candles were taken, of all markets together; where it
    says no, nothing comes of it. Memory: that of a run, and chunks of the real candles.
    """
    step = Timeframe(used.timeframe).ns
    block = float(max(DAY // step, LEAST_BLOCK))
    grid = Grid(begin=used.begin, step=step, count=(used.end - used.begin) // step + 1)
    if found.value is None:
        return none(found.why)
    returns, taken = np.zeros(draws), 0
    for draw in range(draws):
        worth = _Worth(cash)
        try:
            driver = make(worth)
            for bars in _drawn(used, columns, grid, block, draw + 1):
                driver.take(bars)
                taken += len(bars)
                if not each(taken):
                    return none("nobody waited for it")
            driver.end()
        except StrategyError as error:
            return none(f"over shuffled market {draw + 1}, {error}")
        returns[draw] = worth.last / cash - 1.0
    if not draws:
        return none("no shuffled markets were asked for")
    low, high = np.percentile(returns, (2.5, 97.5)).tolist()
    return Shuffled(
        draws=draws, block=block, mean=Figure.of(float(returns.mean())), low=Figure.of(low), high=Figure.of(high),
        p=p_value(found.value, returns),
    )  # fmt: skip


def _drawn(used: DataUsed, columns: Columns, grid: Grid, block: float, seed: int) -> Iterator[Bars]:
    markets = range(len(used.markets))
    whole = [columns.market(number, used.begin, used.end + 1) for number in markets]
    rows = market_rows(len(markets))
    for bars in merged([shuffled(one, grid, block=block, seed=seed, at_once=rows) for one in whole]):
        yield bars
        for number in markets:
            columns.release(number)
