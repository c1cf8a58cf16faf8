from typing import Any

import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import Market

from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.base import Topic
from tidemark.api.push.topics.candle import CandleDelta, CandleSnapshot, Kind
from tidemark.errors import RequestError
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE

AT = Stamp("candle.BTCUSDT.1m", 2, 5)
START = MIDNIGHT // MILLISECOND
MINUTE_MS = 60_000


def topic_of(market: Market, timeframe: str = "1m") -> Topic:
    made = Kind(market.reads, market.figures()).open({"symbol": "BTCUSDT", "timeframe": timeframe})
    made.change(AT)
    return made


def change(topic: Topic) -> dict[str, Any] | None:
    found = topic.change(AT)
    assert found is None or isinstance(found, CandleDelta)
    told = None if found is None else msgspec.to_builtins(found)
    return None if told is None else {name: told[name] for name in told if name not in {"topic", "seq", "ts", "type"}}


def test_a_snapshot_has_the_newest_two_candles_and_the_open_one() -> None:
    market = Market()
    for minute in range(4):
        market.trade(T(60 * minute + 5, 100.0 + minute, 0.3), T(60 * minute + 6, 101.0 + minute, 0.5, is_buy=False))
    market.until(185)

    whole = topic_of(market).whole(AT)

    assert isinstance(whole, CandleSnapshot)
    assert whole.candles == [
        (START + MINUTE_MS, 101.0, 102.0, 101.0, 102.0, 0.8, 81.3, 0.3),
        (START + 2 * MINUTE_MS, 102.0, 103.0, 102.0, 103.0, 0.8, 82.1, 0.3),
    ]
    assert whole.provisional == (START + 3 * MINUTE_MS, 103.0, 104.0, 103.0, 104.0, 0.8, 82.9, 0.3)


def test_nothing_is_told_while_nothing_changes() -> None:
    market = Market()
    market.trade(T(5, 100.0))
    topic = topic_of(market)

    assert change(topic) is None
    market.trade(T(6, 100.0, 2.0))
    assert change(topic) == {"provisional": (START, 100.0, 100.0, 100.0, 100.0, 3.0, 300.0, 3.0)}
    assert change(topic) is None


def test_a_candle_that_closes_is_told_with_the_next_one() -> None:
    market = Market()
    market.trade(T(5, 100.0))
    market.until(30)
    topic = topic_of(market)

    market.trade(T(61, 103.0))
    market.until(63)

    assert change(topic) == {
        "closed": [(START, 100.0, 100.0, 100.0, 100.0, 1.0, 100.0, 1.0)],
        "provisional": (START + MINUTE_MS, 103.0, 103.0, 103.0, 103.0, 1.0, 103.0, 1.0),
    }


def test_all_that_closed_since_is_told_at_once() -> None:
    market = Market()
    market.trade(T(5, 100.0))
    market.until(63)
    topic = topic_of(market)

    market.until(60 * 6 + 3)
    told = change(topic)

    assert told is not None
    assert [row[0] - START for row in told["closed"]] == [n * MINUTE_MS for n in range(1, 6)]
    assert "revised" not in told


def test_a_late_print_revises_a_candle_that_is_shown() -> None:
    market = Market()
    market.trade(T(5, 100.0), T(65, 101.0))
    market.until(125)
    topic = topic_of(market)

    market.trade(T(66, 105.0))

    told = change(topic)
    assert told is not None
    assert told["closed"] == [(START + MINUTE_MS, 101.0, 105.0, 101.0, 105.0, 2.0, 206.0, 2.0)]
    assert told["revised"] is True
    assert change(topic) is None


def test_candles_further_back_that_changed_have_to_be_asked_for() -> None:
    market = Market()
    market.trade(T(5, 100.0))
    market.until(60 * 10 + 3)
    topic = topic_of(market)
    rows = {name: np.array([1000], np.int32) for name in ("open", "high", "low", "close")}
    rows |= {name: np.array([1.0], np.float32) for name in ("volume", "turnover", "bought")}
    rows["marks"] = np.array([2], np.uint32)

    market.engine.candles.restore(
        Timeframe.M1, np.array([0]), np.array([MIDNIGHT - 30 * MINUTE]), np.array([0.1]), rows
    )

    told = change(topic)
    assert told is not None
    assert (told["revised"], "closed" in told) == (True, False)
    assert change(topic) is None


@pytest.mark.parametrize("timeframe", ["10s", "5m"])
def test_hours_of_closing_candles_revise_nothing(timeframe: str) -> None:
    market = Market()
    market.trade(T(0, 100.0))
    market.until(303)
    topic = topic_of(market, timeframe)
    opened = []
    for minute in range(6, 186):
        market.trade(T(60 * minute + 1, 100.0 + minute % 7))
        market.until(60 * minute + 3)
        told = change(topic)
        assert told is None or "revised" not in told
        opened += [row[0] for row in told.get("closed", [])] if told is not None else []

    step = Timeframe(timeframe).ns // MILLISECOND
    assert opened == list(range(opened[0], opened[-1] + 1, step))
    assert len(opened) * step > 170 * MINUTE_MS


def test_what_is_given_up_for_memory_is_told_once() -> None:
    market = Market()
    market.trade(T(5, 100.0))
    market.until(63)
    topic = topic_of(market)

    market.engine.candles.shed(Timeframe.M1, is_shed=True)

    told = change(topic)
    assert told is not None
    assert told["revised"] is True
    assert change(topic) is None


def test_other_markets_and_timeframes_have_none() -> None:
    kind = Kind((market := Market()).reads, market.figures())

    with pytest.raises(RequestError, match="not watched"):
        kind.open({"symbol": "DOGEUSDT", "timeframe": "1m"})
    with pytest.raises(RequestError, match="no 4h candles; there are: 10s, 1m, 5m"):
        kind.open({"symbol": "BTCUSDT", "timeframe": "4h"})
