"""The second opinion: ccxt, pointed at the local exchange by URL, loads markets, tickers, candles and trades."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.async_support as rest
import pytest
from ccxt import pro

from tidemark.clock import SystemClock
from tidemark.sim.generator import generated
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings

START_NS = 1_763_712_000_000_000_000
# Binance has two kinds of trades; ccxt watches the single ones and fetches the aggregate ones unless told.
SINGLE = {"fetchTradesMethod": "fapiPublicGetTrades"}
LINEAR_ONLY = {"fetchMarkets": {"types": ["linear"]}, "defaultType": "swap", "defaultSubType": "linear"}


@asynccontextmanager
async def exchange(venue: str) -> AsyncIterator[Address]:
    settings = SimSettings(venue=venue, symbols=30, rate=300.0, start_ns=START_NS)
    clock = SystemClock()
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(serve(settings, generated(settings, START_NS), clock, ready.set_result))
        try:
            yield await ready
        finally:
            running.cancel()


def point(client: Any, venue: str, address: Address) -> Any:
    """Another base URL is all that changes."""
    api = client.urls["api"]
    if venue == "bybit":
        api["public"] = address.rest
        if "ws" in api:
            api["ws"]["public"]["linear"] = f"{address.stream}/v5/public/linear"
    else:
        api["fapiPublic"] = f"{address.rest}/fapi/v1"
        api["fapiData"] = f"{address.rest}/futures/data"
        if "ws" in api:
            api["ws"]["linear"] = f"{address.stream}/ws"
    return client


@asynccontextmanager
async def client(module: Any, venue: str, address: Address) -> AsyncIterator[Any]:
    made = point(getattr(module, venue)({"options": dict(LINEAR_ONLY)}), venue, address)
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_loads_the_markets(venue: str) -> None:
    async with exchange(venue) as address, client(rest, venue, address) as ccxt:
        markets = await ccxt.load_markets()

    bitcoin = markets["BTC/USDT:USDT"]
    assert bitcoin["id"] == "BTCUSDT"
    assert bitcoin["swap"]
    assert bitcoin["linear"]
    assert bitcoin["active"]
    assert bitcoin["precision"]["price"] == 0.1
    assert bitcoin["precision"]["amount"] == 0.001
    perpetuals = [m for m in markets.values() if m["swap"] and m["quote"] == "USDT" and m["active"]]
    # The 30 made-up ones, and the stranger whose name is not ASCII; Binance adds a stock.
    assert len([m for m in perpetuals if m["id"].isascii() and m["id"] != "TSLAUSDT"]) == 30


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_fetches_tickers(venue: str) -> None:
    async with exchange(venue) as address, client(rest, venue, address) as ccxt:
        await ccxt.load_markets()
        tickers = await ccxt.fetch_tickers()

    bitcoin = tickers["BTC/USDT:USDT"]
    assert 40_000.0 < bitcoin["last"] < 160_000.0
    assert bitcoin["low"] <= bitcoin["last"] <= bitcoin["high"]
    assert bitcoin["quoteVolume"] > 0.0


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_fetches_candles_that_aggregate_exactly(venue: str) -> None:
    since = START_NS // 1_000_000 - 120 * 60_000
    async with exchange(venue) as address, client(rest, venue, address) as ccxt:
        await ccxt.load_markets()
        minutes = await ccxt.fetch_ohlcv("BTC/USDT:USDT", "1m", since=since, limit=60)
        hours = await ccxt.fetch_ohlcv("BTC/USDT:USDT", "1h", since=since, limit=1)

    assert [row[0] for row in minutes] == [since + k * 60_000 for k in range(60)]
    assert len(hours) == 1
    told = [row for row in minutes if row[5] > 0] if venue == "binance" else minutes
    assert hours[0][0] == since
    assert hours[0][1] == told[0][1]
    assert hours[0][2] == max(row[2] for row in told)
    assert hours[0][3] == min(row[3] for row in told)
    assert hours[0][4] == minutes[-1][4]
    assert hours[0][5] == pytest.approx(sum(row[5] for row in minutes), abs=1e-9)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_watches_trades_that_rest_also_tells(venue: str) -> None:
    async with exchange(venue) as address, client(pro, venue, address) as ccxt:
        watched: dict[str, Any] = {}
        async with asyncio.timeout(20):
            while len(watched) < 20:
                for trade in await ccxt.watch_trades("BTC/USDT:USDT"):
                    watched[trade["id"]] = trade
        told = {trade["id"]: trade for trade in await ccxt.fetch_trades("BTC/USDT:USDT", limit=1000, params=SINGLE)}

    assert set(watched) <= set(told)
    for key, trade in watched.items():
        assert [trade[k] for k in ("price", "amount", "side", "timestamp")] == [
            told[key][k] for k in ("price", "amount", "side", "timestamp")
        ]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_watches_tickers_and_candles(venue: str) -> None:
    async with exchange(venue) as address, client(pro, venue, address) as ccxt:
        async with asyncio.timeout(20):
            ticker = await ccxt.watch_ticker("BTC/USDT:USDT")
            candles = await ccxt.watch_ohlcv("BTC/USDT:USDT", "1m")

    assert ticker["symbol"] == "BTC/USDT:USDT"
    assert ticker["last"] > 40_000.0
    assert candles[-1][0] % 60_000 == 0
    assert candles[-1][3] <= candles[-1][4] <= candles[-1][2]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_fetches_the_book_that_it_watches(venue: str) -> None:
    async with exchange(venue) as address, client(pro, venue, address) as ccxt:
        async with asyncio.timeout(30):
            for _ in range(10):
                watched = await ccxt.watch_order_book("BTC/USDT:USDT", 50)
        fetched = await ccxt.fetch_order_book("BTC/USDT:USDT", 50)

    for book in (watched, fetched):
        assert book["bids"][0][0] < book["asks"][0][0]
        assert min(len(book["bids"]), len(book["asks"])) >= 50
    assert fetched["bids"][0][0] == pytest.approx(watched["bids"][0][0], rel=0.01)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_fetches_funding(venue: str) -> None:
    async with exchange(venue) as address, client(rest, venue, address) as ccxt:
        await ccxt.load_markets()
        rates = await ccxt.fetch_funding_rate_history("BTC/USDT:USDT", limit=10)
        now = await ccxt.fetch_funding_rate("BTC/USDT:USDT")

    assert len(rates) == 10
    stamps = [rate["timestamp"] for rate in rates]
    assert [round((b - a) / 3_600_000) for a, b in itertools.pairwise(stamps)] == [8] * 9
    assert all(abs(rate["fundingRate"]) < 0.001 for rate in rates)
    assert now["fundingTimestamp"] > stamps[-1]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_fetches_open_interest(venue: str) -> None:
    async with exchange(venue) as address, client(rest, venue, address) as ccxt:
        await ccxt.load_markets()
        history = await ccxt.fetch_open_interest_history("BTC/USDT:USDT", "5m", limit=100)

    assert len(history) == 100
    stamps = [point["timestamp"] for point in history]
    assert stamps == [stamps[0] + k * 300_000 for k in range(100)]
    assert all((point["openInterestAmount"] or point["openInterestValue"]) > 0.0 for point in history)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_ccxt_fetches_the_accounts_ratio(venue: str) -> None:
    # ccxt hands the period on as it is.
    period = "5min" if venue == "bybit" else "5m"
    async with exchange(venue) as address, client(rest, venue, address) as ccxt:
        await ccxt.load_markets()
        ratios = await ccxt.fetch_long_short_ratio_history("BTC/USDT:USDT", period, limit=20)

    assert len(ratios) == 20
    assert all(0.4 < ratio["longShortRatio"] < 2.5 for ratio in ratios)
