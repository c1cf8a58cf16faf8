import json
from collections.abc import Callable

from tidemark.sim.bybit.liquidations import BybitLiquidations
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.generator import Generator

START_MS = 1_763_712_000_000


def test_half_a_second_of_a_symbol_is_one_message(make: Callable[..., Generator]) -> None:
    source = make()
    liquidations = BybitLiquidations(source.truth)
    wanted = {"allLiquidation.BTCUSDT"}
    first = Liquidation(0, START_MS + 100, True, 840_000, 843_000, 25)
    second = Liquidation(0, START_MS + 300, False, 850_000, 846_000, 4)
    other = Liquidation(1, START_MS + 310, False, 1, 1, 1)

    assert list(liquidations.frames([first], wanted, START_MS + 250, 0)) == []
    frames = list(liquidations.frames([second, other], wanted, START_MS + 500, 0))

    assert [frame[:2] for frame in frames] == [((START_MS + 500) * 1_000_000, "allLiquidation.BTCUSDT")]
    told = json.loads(frames[0][2])
    assert list(told) == ["topic", "type", "ts", "data"]
    # Buy is a long that was closed; ticks of 0.1, lots of 0.001.
    assert told["data"] == [
        {"T": START_MS + 100, "s": "BTCUSDT", "S": "Buy", "v": "0.025", "p": "84000.0"},
        {"T": START_MS + 300, "s": "BTCUSDT", "S": "Sell", "v": "0.004", "p": "85000.0"},
    ]
    assert list(liquidations.frames([], wanted, START_MS + 1000, 0)) == []


def test_the_truth_counts_what_was_told(make: Callable[..., Generator]) -> None:
    source = make(rate=400_000.0)
    topics = {f"allLiquidation.{market.symbol}" for _, market in source.truth.listed()}
    told = [json.loads(f[2]) for _ in range(40) for f in source.advance(topics, 0.01, 0)]

    count = sum(len(one["data"]) for one in told)
    assert count == sum(source.derivatives.liquidations) > 10
