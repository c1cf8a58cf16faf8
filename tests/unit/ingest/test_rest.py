import pytest

from tidemark.clock import EventClock
from tidemark.errors import SettingsError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.model.timeframe import Timeframe


async def test_a_timeframe_that_the_exchange_lacks_is_a_setting_to_correct() -> None:
    async with RestClient(registry.find("bybit"), Endpoints("http://127.0.0.1:9", ""), EventClock(10**18)) as client:
        with pytest.raises(SettingsError, match="bybit has no candles of 10s; it has: 1m, 5m, 15m, 30m, 1h, 4h, 1d"):
            await client.klines("BTCUSDT", Timeframe.S10, 0, 10)


async def test_nothing_is_asked_for_candles_of_the_future() -> None:
    async with RestClient(registry.find("bybit"), Endpoints("http://127.0.0.1:9", ""), EventClock(0)) as client:
        assert await client.klines("BTCUSDT", Timeframe.M1, 10**12, 10) == []


async def test_what_a_page_of_candles_costs_is_known_before_it_is_asked_for() -> None:
    async with RestClient(registry.find("binance"), Endpoints("http://127.0.0.1:9", ""), EventClock(0)) as client:
        assert client.klines_page == 1500
        assert [client.klines_cost("BTCUSDT", Timeframe.M1, count) for count in (99, 499, 1000, 1500)] == [1, 2, 5, 10]
        # Four fifths of 2,400 a minute, and three fifths of that.
        assert client.weight(Priority.NORMAL) == (0, 1920, 60.0)
        assert client.weight(Priority.BACKGROUND) == (0, 1152, 60.0)
