"""The mirrored market has the mirrored score.

Its prices are reflected; buyers and sellers, bids and asks, longs and shorts are swapped.
"""

from typing import Any

import numpy as np
import pytest
from tests.build import ALL, MIDNIGHT, instrument

from tidemark.analysis.analysis import Analysis, Weights
from tidemark.analysis.explain import explain
from tidemark.analysis.regime import Regime
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.market.freshness import CHANNELS
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.book import BookRules
from tidemark.model.events import (
    Funding,
    Liquidation,
    Listing,
    LongShortRatio,
    MarketEvent,
    OpenInterest,
    StreamGap,
    Tick,
    TickerUpdate,
)
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, MINUTE, SECOND

# Differences of prices are exact on this grid. They are so small against the price that a share of it, like a distance
# in basis points, is the same above the middle and below it but for some millionths.
MIDDLE, TICK = 131_072.0, 1.0 / 128.0
SYMBOL = "BTCUSDT"
SECONDS = 2100
# Settlements and ratios that are known at the start.
HISTORY = 40
# One level of a book may lie within 10 bps of one middle and beyond those of the other.
TOLERANCE = 0.05


class Side:
    """One of the two markets; both are told the same, and the mirrored one turns it round."""

    def __init__(self, *, is_mirrored: bool) -> None:
        self.is_mirrored = is_mirrored
        self.engine = Engine(
            EngineSize(
                series=1,
                retention=ALL,
                tape_rows=100,
                is_numbered=True,
                batch_trades=64,
                grace_ns=2 * SECOND,
                book_depth=50,
                book_rules=BookRules(windows=(50,), resyncs_by_rest=False),
                weights=Weights(timeframes={Timeframe.S10: 0.7, Timeframe.M1: 0.3}, regime=Timeframe.S10),
            ),
            Ledger(),
        )
        self._number = 0
        at = MIDNIGHT - 3600 * SECOND
        self.tell(Listing(ts_event=at, ts_recv=at, instrument=instrument(SYMBOL, TICK)))
        for channel in CHANNELS:
            self.tell(
                StreamGap(
                    ts_event=at, ts_recv=at, venue="bybit", channel=channel, symbols=(), gap_to=at, cause="start"
                )
            )  # fmt: skip

    @property
    def analysis(self) -> Analysis:
        assert self.engine.analysis is not None
        return self.engine.analysis

    def price(self, price: float) -> float:
        return 2.0 * MIDDLE - price if self.is_mirrored else price

    def tell(self, *events: MarketEvent) -> None:
        for event in events:
            batch = Batch(1, 1)
            batch.add(event)
            self.engine.process(batch)

    def trade(self, now: int, price: float, size: float, *, is_buy: bool) -> None:
        self._number += 1
        batch = Batch(1, 1)
        side = is_buy != self.is_mirrored
        assert batch.trades.append(0, now, now, self._number, self._number, self.price(price), size, side)
        self.engine.process(batch)

    def book(self, now: int, number: int, bids: list[tuple[float, float]], asks: list[tuple[float, float]]) -> None:
        batch = Batch(1, 1)
        bids, asks = (
            [(self.price(price), size) for price, size in side]
            for side in ((asks, bids) if self.is_mirrored else (bids, asks))
        )
        assert batch.books.append(0, True, now, now, -1, number, -1, tuple(bids), tuple(asks))
        self.engine.process(batch)


def live(sides: tuple[Side, ...], seed: int) -> None:
    """A market in which everything moves, told to both."""
    rng = np.random.default_rng(seed)
    drift = rng.normal(scale=0.3)
    price = MIDDLE
    for past in range(HISTORY, 0, -1):
        settled, stated = MIDNIGHT - past * 8 * HOUR, MIDNIGHT - past * 5 * MINUTE
        rate, share = float(rng.normal(scale=1e-4)), float(rng.uniform(0.3, 0.7))
        for side in sides:
            rate, share = (-rate, 1.0 - share) if side.is_mirrored else (rate, share)
            side.tell(
                Funding(ts_event=settled, ts_recv=MIDNIGHT, symbol=SYMBOL, rate=rate, due_at=settled),
                LongShortRatio(ts_event=stated, ts_recv=MIDNIGHT, symbol=SYMBOL, long_share=share),
            )
    for second in range(SECONDS):
        now = MIDNIGHT + second * SECOND
        count = int(rng.integers(0, 5))
        moves = np.round(rng.normal(drift, 6.0, count)) * TICK
        sizes = np.round(rng.exponential(2.0, count) + 0.125, 3)
        buys = rng.uniform(size=count) < 0.5 + 0.3 * np.sin(second / 200.0 + seed)
        depths = np.round(rng.exponential(5.0, (2, 50)) + 0.125, 3)
        spread = int(rng.integers(1, 5))
        funding, basis = rng.normal(scale=1e-4), np.round(rng.normal(scale=30.0)) * TICK
        interest, share = 1000.0 + 50.0 * np.sin(second / 100.0), float(rng.uniform(0.3, 0.7))
        liquidated = rng.uniform(size=2)
        steps = np.cumsum(rng.integers(1000, 3000, (2, 50)), axis=1)
        steps -= steps[:, :1]
        begin = price
        for side in sides:
            price = begin
            for move, size, is_buy in zip(moves.tolist(), sizes.tolist(), buys.tolist(), strict=True):
                price += move
                side.trade(now, price, size, is_buy=is_buy)
            below, above = price - spread * TICK, price + spread * TICK
            side.book(
                now, second + 1,
                list(zip((below - steps[0] * TICK).tolist(), depths[0].tolist(), strict=True)),
                list(zip((above + steps[1] * TICK).tolist(), depths[1].tolist(), strict=True)),
            )  # fmt: skip
            stamps: dict[str, Any] = {"ts_event": now, "ts_recv": now, "symbol": SYMBOL}
            rate = -funding if side.is_mirrored else funding
            side.tell(
                TickerUpdate(
                    **stamps, last=side.price(price), mark=side.price(price + basis), index=side.price(price),
                    bid=side.price(below), ask=side.price(above), volume_24h=1e6, turnover_24h=1e11,
                    funding_rate=rate, next_funding_at=MIDNIGHT + 8 * 60 * MINUTE,
                )
            )  # fmt: skip
            if second % 60 == 0:
                held = 1.0 - share if side.is_mirrored else share
                side.tell(OpenInterest(**stamps, value=interest), LongShortRatio(**stamps, long_share=held))
            if liquidated[0] < 0.1:
                is_long = (liquidated[1] < 0.6) != side.is_mirrored
                side.tell(Liquidation(**stamps, price=side.price(price), size=1.0 + second % 3, is_long=is_long))
            side.tell(Tick(ts_event=now + SECOND // 2, ts_recv=now + SECOND // 2))


@pytest.mark.parametrize("seed", range(2))
def test_the_mirrored_market_has_the_mirrored_score(seed: int) -> None:
    straight, mirrored = Side(is_mirrored=False), Side(is_mirrored=True)
    live((straight, mirrored), seed)
    one, other = straight.analysis.scores, mirrored.analysis.scores
    assert one is not None
    assert other is not None
    names = straight.analysis.weighing.factors

    assert one.is_known[0]
    assert one.is_present[0].all()
    assert abs(one.score[0] - 50.0) > 10 * TOLERANCE
    assert other.score[0] == pytest.approx(100.0 - one.score[0], abs=TOLERANCE)
    for name, up, down in zip(names, one.points[0], other.points[0], strict=True):
        assert down == pytest.approx(-up, abs=TOLERANCE), name
    for figure in ("coverage", "agreement", "conviction"):
        assert getattr(other, figure)[0] == pytest.approx(getattr(one, figure)[0], abs=1e-3)
    turned = {Regime.TREND_UP: Regime.TREND_DOWN, Regime.TREND_DOWN: Regime.TREND_UP}
    regime = Regime(int(straight.analysis.regimes()[0]))
    assert mirrored.analysis.regimes()[0] == turned.get(regime, regime)
    told, turned_round = explain(straight.analysis, 0, SYMBOL), explain(mirrored.analysis, 0, SYMBOL)
    assert told is not None
    assert turned_round is not None
    for up_component, down_component in zip(told.components, turned_round.components, strict=True):
        assert up_component.missing == down_component.missing
