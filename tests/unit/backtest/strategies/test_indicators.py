from typing import Any

import numpy as np
import pytest
import talib

from tidemark.analysis.indicators import registry
from tidemark.backtest.bars import Bars
from tidemark.backtest.strategies.indicators import Indicators, describe, known
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.units import MINUTE


def bars(count: int, seed: int = 1, market: int = 0) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    spread = rng.uniform(0, 1, (2, count))
    figures: dict[str, Any] = {
        "open": close, "high": close + spread[0], "low": close - spread[1], "close": close,
        "volume": rng.uniform(1, 9, count),
    }  # fmt: skip
    return Bars.of(market, np.arange(count) * MINUTE, figures)


def interleaved(first: Bars, second: Bars) -> Bars:
    order = np.argsort(np.r_[first.open_time, second.open_time], kind="stable")
    return Bars(**{
        name: np.r_[getattr(first, name), getattr(second, name)][order] for name in Bars.__struct_fields__
    })  # fmt: skip


def make(_markets: int = 1, /, **wanted: str) -> Indicators:
    return Indicators(wanted, markets=_markets, ledger=Ledger())


def test_a_length_is_a_strategys_own() -> None:
    made = bars(300)

    found = make(fast="sma(5)", busy="sma(volume, 7)", top="highest(20)", range="atr(10)").take(made)

    np.testing.assert_allclose(found["fast"][4:], talib.SMA(made.close, 5)[4:], atol=1e-9)
    np.testing.assert_allclose(found["busy"][6:], talib.SMA(made.volume, 7)[6:], atol=1e-9)
    np.testing.assert_allclose(found["top"][19:], talib.MAX(made.high, 20)[19:], atol=1e-9)
    np.testing.assert_allclose(found["range"][10:], talib.ATR(made.high, made.low, made.close, 10)[10:], atol=1e-9)


def test_what_the_score_is_made_of_has_its_own_name() -> None:
    made = bars(300)

    found = make(trend="macd_histogram").take(made)

    np.testing.assert_allclose(found["trend"][33:], talib.MACD(made.close)[2][33:], atol=1e-9)


def test_all_that_is_known_can_be_asked_for() -> None:
    wanted = {f"one_{number}": words for number, words in enumerate(known())}

    found = make(**wanted).take(bars(250))

    assert set(found) == set(wanted)
    assert all(np.isfinite(values).all() and len(values) == 250 for values in found.values())


def test_the_warm_up_is_that_of_the_slowest() -> None:
    assert make(fast="sma(5)").warm_up == 5
    assert make(fast="sma(5)", rsi="rsi(14)").warm_up == 15
    assert make(fast="sma(5)", trend="ema_200").warm_up == registry.find("ema").WARM_UP
    assert make().warm_up == 1


@pytest.mark.parametrize("words", ["sma(5)", "rsi(14)", "atr(14)", "adx"])
def test_markets_and_stretches_do_not_touch_each_other(words: str) -> None:
    first, second = bars(120, 1), bars(120, 2, market=1)
    both, made = interleaved(first, second), make(2, one=words)

    parts = np.concatenate([made.take(both.part(begin, begin + 30))["one"] for begin in range(0, 240, 30)])

    assert parts[both.market == 0].tolist() == make(one=words).take(first)["one"].tolist()
    again = Bars.of(
        0, second.open_time, {name: getattr(second, name) for name in ("open", "high", "low", "close", "volume")}
    )
    assert parts[both.market == 1].tolist() == make(one=words).take(again)["one"].tolist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sma", "needs a length, like sma(20)"),
        ("sma(0)", "sma"),
        ("smaa(5)", "there are atr(20)"),
        ("nothing", "there are atr(20)"),
        ("sma(price, 5)", "open or high or low or close or volume"),
        ("atr(close, 5)", "high, low, close alone"),
        ("sma(99999)", "at most 10000"),
        ("sma(5", "write it like sma(20)"),
        ("", "write it like sma(20)"),
        ("delta_share", "there are"),
    ],
)
def test_what_is_no_indicator_is_told_with_what_there_is(words: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        make(mine=words)

    assert "'mine'" in str(error.value)
    assert said in str(error.value)


def test_each_is_told_in_words() -> None:
    assert describe({"fast": "sma(5)", "busy": "sma(volume, 7)", "trend": "adx"}) == [
        "fast: mean of 5 candles, from close",
        "busy: mean of 7 candles, from volume",
        "trend: adx",
    ]
