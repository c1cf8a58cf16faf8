import numpy as np
import pytest
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import Market

from tidemark.api.push.past_prices import PastPrices
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, MINUTE

NAN = float("nan")


def past(market: Market) -> PastPrices:
    return PastPrices(market.reads, series=market.series, ledger=market.ledger)


def restore(market: Market, timeframe: Timeframe, opened_ns: int, price: int, slot: int = 0) -> None:
    """A closed candle at *price*, in ticks of 0.1."""
    rows = {name: np.array([price], np.int32) for name in ("open", "high", "low", "close")}
    rows |= {name: np.array([1.0], np.float32) for name in ("volume", "turnover", "bought")}
    rows["marks"] = np.array([1 | 5 << 4], np.uint32)
    market.engine.candles.restore(timeframe, np.array([slot]), np.array([opened_ns]), np.array([0.1]), rows)


def of(made: PastPrices, name: str, market: Market) -> list[float]:
    prices: list[float] = made.of(name, market.clock.now_ns()).tolist()
    return prices


def test_nothing_is_known_of_a_market_that_was_not_watched_then() -> None:
    market = Market()
    made = past(market)

    assert of(made, "1h", market) == pytest.approx([NAN] * 4, nan_ok=True)


def test_the_price_of_an_hour_ago_is_the_open_of_the_minute_in_which_it_was() -> None:
    market = Market()
    market.trade(T(30, 100.0), T(65, 101.0), T(70, 102.0), T(125, 103.0), T(61, 7.0, slot=1))
    made = past(market)

    market.until(3600 + 119)

    assert of(made, "1h", market) == pytest.approx([101.0, 7.0, NAN, NAN], nan_ok=True)


def test_it_moves_on_with_the_minute() -> None:
    market = Market()
    market.trade(T(30, 100.0), T(65, 101.0))
    made = past(market)

    market.until(3600 + 30)
    before = of(made, "1h", market)[0]
    market.until(3600 + 70)

    assert (before, of(made, "1h", market)[0]) == (100.0, 101.0)


def test_a_coarser_candle_says_it_where_the_finer_one_is_missing() -> None:
    market = Market(timeframes=(Timeframe.S10, Timeframe.M1, Timeframe.M5))
    market.until(1)
    then = (MIDNIGHT - HOUR) // MINUTE * MINUTE
    restore(market, Timeframe.M5, then, 990)
    made = past(market)

    assert of(made, "1h", market)[0] == 99.0
    restore(market, Timeframe.M1, then, 995)
    made.forget()
    assert of(made, "1h", market)[0] == 99.5


def test_the_price_of_a_day_ago_is_that_of_the_oldest_minute_that_is_kept() -> None:
    market = Market()
    market.until(1)
    restore(market, Timeframe.M1, MIDNIGHT - 24 * HOUR, 900)
    restore(market, Timeframe.M1, MIDNIGHT - MINUTE, 1000)

    assert of(past(market), "24h", market)[0] == 90.0


def test_candles_that_were_fetched_meanwhile_are_noticed_within_five_seconds() -> None:
    market = Market()
    market.until(1)
    made = past(market)
    assert np.isnan(of(made, "1h", market)[0])

    restore(market, Timeframe.M1, MIDNIGHT - HOUR, 995)
    assert np.isnan(of(made, "1h", market)[0])
    market.until(7)

    assert of(made, "1h", market)[0] == 99.5


def test_candles_that_were_given_up_for_memory_say_nothing() -> None:
    market = Market()
    market.until(1)
    for timeframe in (Timeframe.M1, Timeframe.M5):
        restore(market, timeframe, MIDNIGHT - HOUR, 995)
        market.engine.candles.shed(timeframe, is_shed=True)

    assert np.isnan(of(past(market), "1h", market)[0])
