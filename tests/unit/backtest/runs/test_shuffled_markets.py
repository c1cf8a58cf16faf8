from collections.abc import Callable

import numpy as np
import pytest
from tests.backtests import BEGAN, Made, account, candles, walk

from tidemark.backtest.bars import Bars
from tidemark.backtest.driver import Driver, Sink
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.shuffled_returns import Shuffled
from tidemark.backtest.runs.shuffled_markets import over_shuffled
from tidemark.backtest.strategies.base import Context, Strategy
from tidemark.backtest.strategies.loading import Loaded
from tidemark.memory.ledger import Ledger


class Holds(Strategy):
    def on_candle(self, ctx: Context) -> None:
        if ctx.candles == 1:
            ctx.target(0.5)


class Breaks(Strategy):
    def on_candle(self, ctx: Context) -> None:
        if ctx.candles == 50:
            raise ValueError("no idea")


class Sees:
    """A driver that keeps the candles it was given, and loses nothing."""

    def __init__(self) -> None:
        self.bars: list[Bars] = []

    def take(self, bars: Bars) -> None:
        self.bars.append(bars)

    def end(self) -> None:
        return


def driver(kind: type[Strategy], *markets: str) -> Callable[[Sink], Driver]:
    def make(sink: Sink) -> Driver:
        return Driver(Loaded(kind, {}), markets, account(*markets), sink, ledger=Ledger())

    return make


def run(made: Made, kind: type[Strategy], found: float = 0.0, draws: int = 9, most: int = 10**9) -> Shuffled:
    markets = made.used.markets
    return over_shuffled(
        driver(kind, *markets), made.used, made.columns(), cash=10_000.0, found=Figure(found), draws=draws,
        each=lambda taken: taken < most,
    )  # fmt: skip


def test_holding_brings_about_what_the_real_market_did() -> None:
    rising = Made({"UP": candles(100.0 * 1.0005 ** np.arange(2000))})

    found = run(rising, Holds, found=0.5 * (1.0005**2000 - 1.0))

    # Every candle is the same, so all markets that are made of them are, but for where the first close is.
    assert found.draws == 9
    assert found.mean.value == pytest.approx(0.5 * (1.0005**1998 - 1.0), rel=0.01)
    assert found.low.value == pytest.approx(found.high.value, rel=0.01)


def test_all_markets_take_the_same_blocks_in_order_of_time() -> None:
    one = walk(3000)
    other = Bars(**{name: getattr(one, name).copy() for name in one.__struct_fields__} | {"market": one.market + 1})
    made = Made({"A": one, "B": other})
    seen: list[Sees] = []

    def make(sink: Sink) -> Sees:
        del sink
        seen.append(Sees())
        return seen[-1]

    over_shuffled(make, made.used, made.columns(), cash=1.0, found=Figure(0.0), draws=2, each=lambda taken: taken >= 0)

    for drawn in seen:
        times = np.concatenate([bars.open_time for bars in drawn.bars])
        market = np.concatenate([bars.market for bars in drawn.bars])
        close = np.concatenate([bars.close for bars in drawn.bars])
        assert times[0] == BEGAN
        assert (np.diff(times) >= 0).all()
        assert np.array_equal(close[market == 0], close[market == 1])
        assert not np.array_equal(close[market == 0], one.close)
    assert not np.array_equal(seen[0].bars[0].close, seen[1].bars[0].close)


def test_one_that_does_as_well_everywhere_is_no_better_than_chance() -> None:
    found = run(Made({"A": walk(3000)}), Holds, found=-1.0)

    assert found.p.value == 1.0
    assert found.block == 1440.0
    better = run(Made({"A": walk(3000)}), Holds, found=1e9)
    assert better.p.value == pytest.approx(0.1)


def test_what_stops_it_is_told() -> None:
    made = Made({"A": walk(500)})

    assert run(made, Breaks).p.why.startswith("over shuffled market 1, the strategy raised ValueError: no idea")
    assert run(made, Holds, most=1).p.why == "nobody waited for it"
    assert run(made, Holds, draws=0).p.why == "no shuffled markets were asked for"
