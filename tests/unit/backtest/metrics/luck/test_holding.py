from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.round_trips import BEGAN

from tidemark.backtest.bars import Bars
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.luck.holding import Holding
from tidemark.units import DAY, HOUR


def bars(rows: list[tuple[int, int, float, float]]) -> Bars:
    """Of market, hour, open and close."""
    market, hour, opened, close = (np.array(column) for column in zip(*rows, strict=True))
    highs, lows = np.maximum(opened, close), np.minimum(opened, close)
    return Bars(
        market=market.astype(np.int32), open_time=BEGAN + hour * HOUR, open=opened, high=highs, low=lows, close=close,
        volume=np.ones(len(rows)),
    )  # fmt: skip


def held(holding: Holding, pieces: list[Bars]) -> list[np.ndarray]:
    points = [*(holding.put(piece) for piece in pieces), holding.end()]
    return [np.concatenate([point[column] for point in points]) for column in range(3)]


def test_each_market_has_the_same_share_from_its_first_candle() -> None:
    told = bars(
        [(0, 0, 100.0, 110.0), (0, 1, 110.0, 120.0), (1, 1, 50.0, 25.0), (0, 2, 120.0, 90.0), (1, 2, 25.0, 50.0)]
    )

    at, equity, exposure = held(Holding(2, 1000.0, HOUR), [told])

    # 500 in each: 5 of the first, and 10 of the second an hour later.
    assert ((at - BEGAN) // HOUR).tolist() == [1, 2, 3]
    assert equity.tolist() == pytest.approx([550.0 + 500.0, 600.0 + 250.0, 450.0 + 500.0])
    assert exposure.tolist() == pytest.approx([550.0, 850.0, 950.0])


def test_costs_of_both_sides_and_of_holding_are_taken_off() -> None:
    told = bars([(0, 0, 100.0, 100.0), (0, 24, 100.0, 200.0), (0, 48, 200.0, 200.0)])

    _, equity, exposure = held(Holding(1, 1010.0, HOUR, cost=0.01, carry=0.001), [told])

    # 10 are bought for 1010, and bring 990 at 100. A day of 990 costs 0.99, and one of 1980 costs 1.98.
    assert exposure.tolist() == pytest.approx([990.0, 1980.0, 1980.0])
    assert equity.tolist() == pytest.approx([990.0, 1980.0 - 0.99, 1980.0 - 0.99 - 1.98])


def walks(markets: int, hours: int) -> Bars:
    """Markets that begin later one by one, each with holes."""
    rng = np.random.default_rng(4)
    prices = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (hours + 1, markets)), axis=0))
    return bars(
        [
            (market, hour, prices[hour, market], prices[hour + 1, market])
            for hour in range(hours)
            for market in range(markets)
            if hour >= 5 * market and (market == 0 or rng.random() < 0.8)
        ]
    )


WALKS = walks(4, 60)


@given(st.lists(st.integers(0, len(WALKS)), max_size=8))
def test_how_the_candles_are_cut_does_not_matter(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(WALKS)]
    pieces = [WALKS.part(begin, end) for begin, end in pairwise(edges)]

    whole = held(Holding(4, 1000.0, HOUR, cost=0.001, carry=0.01), [WALKS])
    cut = held(Holding(4, 1000.0, HOUR, cost=0.001, carry=0.01), pieces)

    assert (np.diff(cut[0]) > 0).all()
    for one, other in zip(whole, cut, strict=True):
        assert one == pytest.approx(other, rel=1e-12)


def test_it_is_what_adding_up_every_market_gives() -> None:
    at, equity, _ = held(Holding(4, 1000.0, HOUR), [WALKS])

    for time, found in zip(at.tolist(), equity.tolist(), strict=True):
        until = WALKS.open_time + HOUR <= time
        worth = 0.0
        for market in range(4):
            mine = until & (WALKS.market == market)
            bought = WALKS.open[WALKS.market == market][0]
            worth += 250.0 * (WALKS.close[mine][-1] / bought if mine.any() else 1.0)
        assert found == pytest.approx(worth)


def test_its_points_are_those_of_an_equity() -> None:
    curve, holding = Curve(1000.0, BEGAN), Holding(4, 1000.0, HOUR)
    for begin in range(0, len(WALKS), 7):
        curve.put(*holding.put(WALKS.part(begin, begin + 7)))
    curve.put(*holding.end())

    assert curve.sums().moments.count == 60 * HOUR // DAY + 1
    assert curve.sums().ended == BEGAN + 60 * HOUR


def test_nothing_gives_nothing() -> None:
    holding = Holding(1, 1.0, HOUR)

    assert len(holding.put(WALKS.part(0, 0))[0]) == 0
    assert len(holding.end()[0]) == 0
