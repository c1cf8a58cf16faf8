"""The REST client against a server on loopback that limits, fails and misbehaves."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tidemark.clock import EventClock
from tidemark.errors import FrameError, RateLimitError, RefusedError, UnreachableError
from tidemark.ingest.budget import Priority
from tidemark.ingest.http import MAX_BODY_BYTES
from tidemark.ingest.rest import MAX_PAGES, RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.ingest.venues.frame import FrameKind
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE, SECOND

START_MS = 1_789_470_120_000
TIME = {"retCode": 0, "retMsg": "OK", "result": {"timeSecond": "1", "timeNano": "1789470120000000001"}}


class Server:
    """Answers each request with what *reply* makes of its number and query."""

    def __init__(self, reply: Callable[[int, dict[str, str]], web.StreamResponse]) -> None:
        self.reply = reply
        self.queries: list[dict[str, str]] = []
        self.paths: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        self.paths.append(request.path)
        return self.reply(len(self.queries), self.queries[-1])


class Sleeper:
    """Moves a clock instead of waiting."""

    def __init__(self) -> None:
        self.clock = EventClock(2_000_000_000 * SECOND)
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.set(self.clock.now_ns() + int(seconds * SECOND) + 1)
        await asyncio.sleep(0)


@asynccontextmanager
async def client_of(
    server: Server, sleeper: Sleeper, venue: str = "bybit", attempts: int = 4
) -> AsyncIterator[RestClient]:
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    endpoints = Endpoints(f"http://127.0.0.1:{port}", "")
    try:
        async with RestClient(
            registry.find(venue), endpoints, sleeper.clock, attempts=attempts, first_wait_s=0.001, sleep=sleeper
        ) as client:
            yield client
    finally:
        await runner.cleanup()


def reply(body: Any, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        text=json.dumps(body), status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


async def test_server_time_is_in_nanoseconds() -> None:
    server = Server(lambda *_: reply(TIME))

    async with client_of(server, Sleeper()) as client:
        assert await client.server_time() == 1_789_470_120_000_000_001

    assert server.paths == ["/v5/market/time"]


async def test_429_pauses_everyone_for_as_long_as_the_exchange_says() -> None:
    sleeper = Sleeper()
    server = Server(lambda n, _: reply({}, 429, Retry_After="7") if n == 1 else reply(TIME))

    async with client_of(server, sleeper) as client:
        times = await asyncio.gather(client.server_time(), client.server_time())
        assert len(times) == 2

    assert max(sleeper.waits) == pytest.approx(7, abs=0.001)
    assert sum(sleeper.waits) < 15


async def test_a_ban_is_handed_to_the_caller_and_stops_further_requests() -> None:
    sleeper = Sleeper()
    server = Server(lambda *_: reply({"msg": "banned"}, 418, Retry_After="600"))

    async with client_of(server, sleeper, "binance") as client:
        with pytest.raises(RateLimitError, match="wants no requests for another 600 s"):
            await client.server_time()
        with pytest.raises(RateLimitError):
            await client.tickers()

    assert len(server.paths) == 1
    assert sleeper.waits == []


async def test_403_without_a_term_counts_as_a_ban() -> None:
    server = Server(lambda *_: reply({}, 403))

    async with client_of(server, Sleeper()) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.server_time()

    assert caught.value.retry_after_s == pytest.approx(600)
    assert len(server.paths) == 1


async def test_too_many_visits_is_retried_in_the_next_window() -> None:
    sleeper = Sleeper()
    server = Server(lambda n, _: reply({"retCode": 10006, "retMsg": "Too many visits!"} if n == 1 else TIME))

    async with client_of(server, sleeper) as client:
        await client.server_time()

    assert len(server.paths) == 2
    assert sleeper.waits == [pytest.approx(5)]


async def test_server_errors_are_retried() -> None:
    server = Server(lambda n, _: reply({}, 503) if n < 3 else reply(TIME))

    async with client_of(server, Sleeper()) as client:
        assert await client.server_time() == 1_789_470_120_000_000_001

    assert len(server.paths) == 3


async def test_server_errors_without_end_are_unreachable() -> None:
    server = Server(lambda *_: reply({}, 502))

    async with client_of(server, Sleeper(), attempts=2) as client:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:\d+ answered 502 to /v5/market/time"):
            await client.server_time()

    assert len(server.paths) == 2


async def test_a_refusal_is_not_retried() -> None:
    server = Server(lambda *_: reply({"code": -1121, "msg": "Invalid symbol."}, 400))

    async with client_of(server, Sleeper(), "binance") as client:
        with pytest.raises(RefusedError, match=r"answered 400 to /fapi/v1/klines: .*Invalid symbol"):
            await client.klines("NOPE", Timeframe.M1, START_MS, 1)

    assert len(server.paths) == 1


async def test_a_refusal_in_a_good_reply_is_not_retried() -> None:
    server = Server(lambda *_: reply({"retCode": 10001, "retMsg": "params error: symbol invalid"}))

    async with client_of(server, Sleeper()) as client:
        with pytest.raises(RefusedError, match=r"symbol invalid \(code 10001\)"):
            await client.recent_trades("NOPE")

    assert len(server.paths) == 1


async def test_an_oversized_body_is_refused_before_it_is_read_in_full() -> None:
    server = Server(lambda *_: web.Response(body=b" " * (MAX_BODY_BYTES + 1)))

    async with client_of(server, Sleeper()) as client:
        with pytest.raises(FrameError) as caught:
            await client.tickers()

    assert caught.value.kind == FrameKind.OVERSIZED
    assert len(server.paths) == 1


async def test_a_garbage_body_is_refused() -> None:
    server = Server(lambda *_: web.Response(body=b"<html>maintenance</html>"))

    async with client_of(server, Sleeper()) as client:
        with pytest.raises(FrameError) as caught:
            await client.instruments()

    assert caught.value.kind == FrameKind.MALFORMED


async def test_an_unreachable_host_is_named_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        endpoints = Endpoints(f"http://127.0.0.1:{port}", "")
        sleeper = Sleeper()
        async with RestClient(
            registry.find("bybit"), endpoints, sleeper.clock, attempts=2, first_wait_s=0.001
        ) as client:
            with pytest.raises(UnreachableError) as caught:
                await client.server_time()

    assert str(caught.value).startswith(f"127.0.0.1:{port} cannot be reached: ")
    assert "\n" not in str(caught.value)


async def test_instruments_are_read_over_all_pages() -> None:
    def page(_: int, query: dict[str, str]) -> web.Response:
        number = int(query.get("cursor", "0"))
        row = {
            "symbol": f"T{number}USDT",
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": f"T{number}",
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "priceFilter": {"tickSize": "0.1"},
            "lotSizeFilter": {"qtyStep": "1"},
        }
        return reply({"retCode": 0, "result": {"list": [row], "nextPageCursor": str(number + 1) if number < 2 else ""}})

    server = Server(page)
    async with client_of(server, Sleeper()) as client:
        instruments = await client.instruments()

    assert [instrument.symbol for instrument in instruments] == ["T0USDT", "T1USDT", "T2USDT"]


async def test_pages_without_end_are_refused() -> None:
    server = Server(lambda *_: reply({"retCode": 0, "result": {"list": [], "nextPageCursor": "again"}}))

    async with client_of(server, Sleeper()) as client:
        with pytest.raises(FrameError, match="does not end"):
            await client.instruments()

    assert len(server.paths) == MAX_PAGES


async def test_klines_are_read_over_pages_with_holes() -> None:
    def page(_: int, query: dict[str, str]) -> web.Response:
        start, end, limit = int(query["start"]), int(query["end"]), int(query["limit"])
        assert end == start + limit * 60_000 - 1
        opens = [ms for ms in range(start, end, 60_000) if (ms - START_MS) // 60_000 not in range(900, 2100)]
        rows = [[str(ms), "1", "2", "1", "2", "3", "4"] for ms in reversed(opens)]
        return reply({"retCode": 0, "result": {"list": rows}})

    server = Server(page)
    async with client_of(server, Sleeper()) as client:
        candles = await client.klines("BTCUSDT", Timeframe.M1, START_MS, 2500)

    minutes = [(candle.open_time // 1_000_000 - START_MS) // 60_000 for candle in candles]
    assert minutes == [*range(900), *range(2100, 2500)]
    assert [query["limit"] for query in server.queries] == ["1000", "1000", "500"]


async def test_klines_are_not_asked_for_in_the_future() -> None:
    sleeper = Sleeper()
    now_ms = sleeper.clock.now_ns() // 1_000_000
    server = Server(lambda *_: reply([]))

    async with client_of(server, sleeper, "binance") as client:
        assert await client.klines("BTCUSDT", Timeframe.M1, now_ms + 2 * MINUTE // 1_000_000, 10) == []
        assert await client.klines("BTCUSDT", Timeframe.M1, now_ms - 60_000, 5000) == []

    assert [query["limit"] for query in server.queries] == ["2"]


async def test_used_weight_slows_requests_down_before_the_exchange_has_to() -> None:
    sleeper = Sleeper()
    server = Server(lambda *_: reply({"serverTime": START_MS}, X_Mbx_Used_Weight_1m="1920"))

    async with client_of(server, sleeper, "binance") as client:
        await client.server_time()
        await client.server_time()

    assert sleeper.waits == [pytest.approx(60)]


async def test_recent_trades_and_tickers_of_binance() -> None:
    def answer(_: int, query: dict[str, str]) -> web.Response:
        if query:
            return reply([{"a": 26129, "p": "0.5", "q": "4", "f": 1, "l": 2, "T": START_MS, "m": True}])
        row = {"lastPrice": "2", "openPrice": "1", "highPrice": "3", "lowPrice": "1", "volume": "5", "quoteVolume": "9"}
        return reply(
            [
                {"symbol": "BTCUSDT", "closeTime": START_MS, **row},
                {"symbol": "BTCUSDT_261225", "closeTime": START_MS, **row},
                {"symbol": "OLDUSDT", "closeTime": START_MS, **row, "lastPrice": "0"},
            ]
        )

    async with client_of(Server(answer), Sleeper(), "binance") as client:
        (trade,) = await client.recent_trades("BTCUSDT", 10)
        (ticker,) = await client.tickers()

    assert (trade.trade_id, trade.price, trade.size, trade.is_buy) == ("26129", 0.5, 4.0, False)
    assert (ticker.symbol, ticker.last, ticker.turnover_24h) == ("BTCUSDT", 2.0, 9.0)


async def test_the_background_waits_in_line_and_lets_others_by() -> None:
    sleeper = Sleeper()
    nothing = {"retCode": 0, "retMsg": "OK", "result": {"list": []}}
    server = Server(lambda _, query: reply(nothing if query else TIME))

    async with client_of(server, sleeper) as client:
        _, limit, _ = client.weight(Priority.BACKGROUND)
        for _ in range(limit):
            await client.klines("BTCUSDT", Timeframe.M1, START_MS, 1, Priority.BACKGROUND)
        assert sleeper.waits == []
        await client.server_time()
        assert sleeper.waits == []
        await asyncio.gather(
            *(client.klines("BTCUSDT", Timeframe.M1, START_MS, 1, Priority.BACKGROUND) for _ in range(3))
        )

    # The first in line waits until the window lets it through; those behind it find the window open.
    assert len(sleeper.waits) == 1
    assert len(server.paths) == limit + 4


def aggregates(*trades: tuple[int, int]) -> list[dict[str, Any]]:
    """(id, ms after START_MS) as Binance tells them."""
    return [
        {"a": number, "p": "100.0", "q": "1", "nq": "1", "f": number, "l": number, "T": START_MS + at, "m": False}
        for number, at in trades
    ]


async def test_a_range_of_trades_is_followed_by_id_until_it_is_whole() -> None:
    first = [(n, -50 + n) for n in range(1000)]
    server = Server(lambda n, _: reply(aggregates(*first) if n == 1 else aggregates((1000, 960), (1001, 5000))))

    async with client_of(server, Sleeper(), "binance") as client:
        found = await client.trade_range("BTCUSDT", START_MS, START_MS + 2000)

    assert found is not None
    assert [trade.sequence for trade in (found[0], found[-1])] == [50, 1000]
    assert len(found) == 951
    assert server.queries == [
        {"symbol": "BTCUSDT", "limit": "1000", "startTime": str(START_MS - 60_000), "endTime": str(START_MS + 1999)},
        {"symbol": "BTCUSDT", "limit": "1000", "fromId": "1000"},
    ]


@pytest.mark.parametrize(
    "told",
    [
        [(5, -10), (6, 10), (8, 20)],  # one is missing
        [(5, 10), (6, 20)],  # nothing proves that none came before
        [],
    ],
)
async def test_trades_that_may_not_be_all_are_none(told: list[tuple[int, int]]) -> None:
    server = Server(lambda *_: reply(aggregates(*told)))

    async with client_of(server, Sleeper(), "binance") as client:
        assert await client.trade_range("BTCUSDT", START_MS, START_MS + 2000) is None


async def test_a_range_that_takes_too_many_pages_is_given_up() -> None:
    server = Server(lambda n, _: reply(aggregates(*((n * 1000 + k, -1 + n) for k in range(1000)))))

    async with client_of(server, Sleeper(), "binance") as client:
        assert await client.trade_range("BTCUSDT", START_MS, START_MS + 2000, pages=2) is None

    assert len(server.queries) == 2


@pytest.mark.parametrize(("oldest", "wanted"), [(-1, ["b"]), (0, None)])
async def test_the_newest_trades_are_a_range_where_they_reach_back_far_enough(
    oldest: int, wanted: list[str] | None
) -> None:
    rows = [
        {"execId": name, "symbol": "BTCUSDT", "price": "1", "size": "1", "side": "Buy", "time": str(START_MS + at),
         "isBlockTrade": False, "isRPITrade": False, "seq": "1"}
        for name, at in (("c", 2000), ("b", 1999), ("a", oldest))
    ]  # fmt: skip
    body = {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": rows}}
    server = Server(lambda *_: reply(body))

    async with client_of(server, Sleeper()) as client:
        found = await client.trade_range("BTCUSDT", START_MS, START_MS + 2000)

    assert (None if found is None else [trade.trade_id for trade in found]) == wanted


async def test_single_fills_cannot_be_asked_for_by_time() -> None:
    server = Server(lambda *_: reply([]))

    async with client_of(server, Sleeper(), "binance") as client:
        assert await client.trade_range("BTCUSDT", START_MS, START_MS + 2000, stream="trade") is None

    assert server.paths == ["/fapi/v1/trades"]
