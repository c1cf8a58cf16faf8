from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtests import BEGAN, Kept, account, candles, driven, walk
from tests.build import instrument

from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.broker.account import Account
from tidemark.backtest.broker.models import Models
from tidemark.backtest.driver import Driver
from tidemark.backtest.strategies.base import Context, Strategy, Stretch
from tidemark.backtest.strategies.loading import Loaded, parameters
from tidemark.errors import StrategyError
from tidemark.memory.ledger import Ledger
from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE


class Cross(Strategy):
    fast: int = 3
    slow: int = 8
    share: float = 1.0

    def indicators(self) -> dict[str, str]:
        return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

    def on_candle(self, ctx: Context) -> None:
        is_above = ctx["fast"] > ctx["slow"]
        if is_above and ctx.position <= 0:
            ctx.target(self.share)
        elif not is_above and ctx.position >= 0:
            ctx.target(-self.share)


class AtOnce(Strategy):
    fast: int = 3
    slow: int = 8
    share: float = 1.0

    def indicators(self) -> dict[str, str]:
        return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

    def signals(self, stretch: Stretch) -> Array:
        return np.where(stretch["fast"] > stretch["slow"], 1, -1)


class Once(Strategy):
    """Buys after the second candle, and leaves after the fourth."""

    def on_candle(self, ctx: Context) -> None:
        if ctx.candles == 2:
            ctx.buy(quantity=2.0, tag="once")
        if ctx.candles == 4:
            ctx.close_position()


def test_what_is_ordered_is_done_at_the_next_open() -> None:
    kept, _ = driven(Once, candles([100, 101, 102, 103, 104, 105]))

    (trip,) = kept.all
    assert (trip.side, trip.quantity, trip.tag, trip.symbol) == (Side.LONG, 2.0, "once", "BTCUSDT")
    assert (trip.entry_price, trip.entry_at) == (101.0, BEGAN + 2 * MINUTE)
    assert (trip.exit_price, trip.exit_at) == (103.0, BEGAN + 4 * MINUTE)
    assert trip.profit == 4.0
    assert trip.exit is Exit.SIGNAL
    assert trip.bars == 2


def test_the_equity_is_told_after_every_candle() -> None:
    kept, _ = driven(Once, candles([100, 101, 102, 103, 104, 105]))

    assert kept.at == [BEGAN + number * MINUTE for number in range(6)]
    assert [row[0] for row in kept.worth] == [10_000, 10_000, 10_002, 10_004, 10_004, 10_004]
    assert [row[2] for row in kept.worth] == [0, 0, 204, 206, 0, 0]


def test_what_is_held_at_the_end_is_closed() -> None:
    class Hold(Strategy):
        def on_candle(self, ctx: Context) -> None:
            if ctx.candles == 1:
                ctx.buy(quantity=1.0)

    kept, _ = driven(Hold, candles([100, 101, 107]))

    assert [(one.exit, one.profit) for one in kept.all] == [(Exit.END, 7.0)]
    assert kept.worth[-1][0] == 10_007


def test_a_strategy_is_asked_when_its_indicators_have_values() -> None:
    asked: list[tuple[object, object]] = []

    class Asked(Strategy):
        def indicators(self) -> dict[str, str]:
            return {"mean": "sma(4)", "strength": "rsi(5)"}

        def on_begin(self, ctx: Context) -> None:
            asked.append(("begin", ctx.symbol))

        def on_candle(self, ctx: Context) -> None:
            asked.append((ctx.candles, round(ctx["mean"], 9)))

        def on_end(self, ctx: Context) -> None:
            asked.append(("end", ctx.candles))

    _, driver = driven(Asked, candles([1, 2, 3, 4, 5, 6, 7]))

    assert driver.warm_up == 6
    assert asked == [("begin", "BTCUSDT"), (6, 4.5), (7, 5.5), ("end", 7)]


def test_it_sees_its_candle_and_those_before_it() -> None:
    seen = []

    class Seen(Strategy):
        HISTORY = 3

        def on_candle(self, ctx: Context) -> None:
            seen.append(
                (ctx.time, ctx.open, ctx.high, ctx.low, ctx.close, ctx.volume, ctx.history("close", 3).tolist())
            )

    driven(Seen, candles([100, 101]), candles([100, 101, 99, 98]).part(2, 4))

    assert seen == [
        (BEGAN, 100, 100, 100, 100, 10, [100]),
        (BEGAN + MINUTE, 100, 101, 100, 101, 10, [100, 101]),
        (BEGAN + 2 * MINUTE, 101, 101, 99, 99, 10, [100, 101, 99]),
        (BEGAN + 3 * MINUTE, 99, 99, 98, 98, 10, [101, 99, 98]),
    ]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 299), max_size=4), st.integers(0, 9), st.sampled_from([Cross, AtOnce]))
def test_the_same_comes_of_it_however_candles_are_cut(cuts: list[int], seed: int, kind: type[Strategy]) -> None:
    whole = walk(300, seed)
    ends = [0, *sorted(set(cuts)), 300]

    kept, _ = driven(kind, *(whole.part(begin, end) for begin, end in pairwise(ends)))
    once, _ = driven(kind, whole)

    assert kept.all == once.all
    assert (kept.at, kept.worth) == (once.at, once.worth)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 20), st.integers(21, 60))
def test_whole_stretches_decide_as_one_candle_after_the_other(seed: int, fast: int, slow: int) -> None:
    given_ = {"fast": str(fast), "slow": str(slow)}
    whole = walk(400, seed)

    one, _ = driven(Cross, whole, given=given_)
    other, _ = driven(AtOnce, whole, given=given_)

    assert one.all == other.all
    assert one.worth == other.worth


class Protected(AtOnce):
    share: float = 0.3
    stop: float = 0.004
    target: float = 0.003

    def signals(self, stretch: Stretch) -> Array:
        # Long, short, nothing held and nothing new.
        return np.select(
            [stretch["fast"] > stretch["slow"] * 1.001, stretch["fast"] < stretch["slow"] * 0.999, stretch.volume > 9],
            [1, -1, 0], 2,
        )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 399), max_size=3))
def test_candles_in_which_nothing_can_happen_are_passed_as_if_each_were_taken(seed: int, cuts: list[int]) -> None:
    mine, other = walk(400, seed), candles(np.full(400, 50.0), market=1)
    both = Bars(**{
        name: np.stack([getattr(mine, name), getattr(other, name)], axis=1).ravel() for name in Bars.__struct_fields__
    })  # fmt: skip
    ends = [0, *sorted(set(cuts)), 400]

    def run(markets: tuple[str, ...], whole: Bars, each: int) -> Kept:
        kept = Kept()
        traded = Account(
            [instrument(name) for name in markets], Models(), cash=10_000.0, timeframe=Timeframe.M1, ledger=Ledger()
        )
        # The other market never moves, so that it is never traded.
        driver = Driver(Loaded(Protected, parameters(Protected, {})), markets, traded, kept, ledger=Ledger())
        for begin, end in pairwise(ends):
            driver.take(whole.part(begin * each, end * each))
        driver.end()
        return kept

    alone, beside = run(("AUSDT",), mine, 1), run(("AUSDT", "BUSDT"), both, 2)

    assert alone.all == beside.all
    assert (alone.at, alone.worth) == (beside.at, beside.worth)


def test_markets_share_one_account_and_nothing_else() -> None:
    first, second = walk(200, 1, 0), walk(200, 2, 1)
    order = np.argsort(np.r_[first.open_time, second.open_time], kind="stable")
    both = Bars(**{
        name: np.r_[getattr(first, name), getattr(second, name)][order] for name in Bars.__struct_fields__
    })  # fmt: skip

    class Units(Cross):
        def on_candle(self, ctx: Context) -> None:
            side = 1 if ctx["fast"] > ctx["slow"] else -1
            if side * ctx.position <= 0:
                if ctx.position:
                    ctx.close_position()
                (ctx.buy if side > 0 else ctx.sell)(quantity=1.0)

    kept, _ = driven(Units, both, markets=("AUSDT", "BUSDT"))
    alone, _ = driven(Units, first, markets=("AUSDT",))

    def told(trips: list[RoundTrip]) -> list[tuple[float, ...]]:
        return [(one.entry_at, one.entry_price, one.exit_price, one.profit) for one in trips if one.symbol == "AUSDT"]

    assert told(kept.all) == told(alone.all)
    assert len(kept.at) == 200
    assert {one.symbol for one in kept.all} == {"AUSDT", "BUSDT"}


def test_a_strategy_that_raises_is_told_with_line_and_candle_and_keeps_what_it_had() -> None:
    class Broken(Strategy):
        def on_candle(self, ctx: Context) -> None:
            if ctx.candles == 1:
                ctx.buy(quantity=1.0)
            if ctx.candles == 3:
                ctx.close_position()
            if ctx.candles == 6:
                raise KeyError("nothing")

    kept = None
    with pytest.raises(StrategyError) as error:
        kept, _ = driven(Broken, candles([100, 101, 102, 103, 104, 105, 106]))

    assert kept is None
    assert "KeyError: 'nothing' (test_driver.py, line " in str(error.value)
    assert "the candle of BTCUSDT that opened 2024-01-01T00:05:00" in str(error.value)


class MadeWrong(Strategy):
    def __init__(self, **parameters: object) -> None:
        raise OSError("no such file")


class AsksWrong(Strategy):
    def indicators(self) -> dict[str, str]:
        raise OSError("no such file")


class EndsWrong(Strategy):
    def on_candle(self, ctx: Context) -> None:
        pass

    def on_end(self, ctx: Context) -> None:
        raise OSError("no such file")


@pytest.mark.parametrize(
    ("kind", "where"),
    [(MadeWrong, "where it is made"), (AsksWrong, "where it is made"), (EndsWrong, "after the last candle")],
)
def test_whatever_else_of_a_strategy_raises_is_told_as_well(kind: type[Strategy], where: str) -> None:
    with pytest.raises(StrategyError, match=rf"OSError: no such file \(test_driver\.py, line \d+\) {where}"):
        driven(kind, candles([100, 101]))


@pytest.mark.parametrize("said", [np.zeros(3), np.full(8, 7), np.zeros((8, 2))])
def test_signals_that_are_none_are_told(said: Array) -> None:
    class Wrong(Strategy):
        def signals(self, stretch: Stretch) -> Array:
            return said

    with pytest.raises(StrategyError, match=r"signals\(\) has to give 1, -1, 0 or 2 for each of 8 candles"):
        driven(Wrong, candles([100] * 8))


def test_an_order_needs_one_size() -> None:
    class Wrong(Strategy):
        def on_candle(self, ctx: Context) -> None:
            ctx.buy(quantity=1.0, share=0.5)

    with pytest.raises(StrategyError, match="one of share, value and quantity"):
        driven(Wrong, candles([100, 101]))


def test_an_indicator_that_was_not_asked_for_is_told_with_those_that_were() -> None:
    class Wrong(Strategy):
        def indicators(self) -> dict[str, str]:
            return {"fast": "sma(1)"}

        def on_candle(self, ctx: Context) -> None:
            ctx["slow"]

    with pytest.raises(StrategyError, match="'slow' is not among the indicators: fast"):
        driven(Wrong, candles([100, 101]))


def test_more_history_than_is_kept_is_told() -> None:
    class Wrong(Strategy):
        HISTORY = 2

        def on_candle(self, ctx: Context) -> None:
            ctx.history("close", 5)

    with pytest.raises(StrategyError, match="set HISTORY = 5 in the class"):
        driven(Wrong, candles([100, 101]))


def test_all_that_it_keeps_stands_in_the_ledger() -> None:
    ledger = Ledger()

    class Long(Cross):
        HISTORY = 5000

        def indicators(self) -> dict[str, str]:
            return {"mean": "sma(9000)", "adx": "adx"}

    Driver(Loaded(Long, {}), ("AUSDT", "BUSDT"), account("AUSDT", "BUSDT"), Kept(), ledger=ledger)

    kept = {line.owner: line.bytes_used for line in ledger.report()}
    # Of two markets: 5 figures and as many columns as the stretches have, 5000 candles each; 9000 closes and more.
    assert kept["backtest.history"] == 2 * 5 * 5000 * 8
    assert kept["backtest.stretches"] == 2 * 7 * 5000 * 8
    assert kept["backtest.rolling"] > 2 * 9000 * 8
    assert {"backtest.indicators", "backtest.regimes", "backtest.regimes.candles"} <= set(kept)
    assert ledger.violations() == []


def test_a_trip_keeps_its_regime_where_the_candles_are_cut_while_it_is_held() -> None:
    drift = np.exp(0.004 * np.cumsum(np.sign(np.sin(np.arange(3000) / 250.0))))
    whole = candles(walk(3000, 1).close * drift)

    # Trips of hours, so that each is held over many cuts.
    given_ = {"fast": "30", "slow": "200"}
    once, _ = driven(Cross, whole, given=given_)
    kept, _ = driven(Cross, *(whole.part(at, at + 60) for at in range(0, 3000, 60)), given=given_)

    regimes = [one.regime for one in once.all]
    assert len(set(regimes) - {""}) > 1
    assert [one.regime for one in kept.all] == regimes
