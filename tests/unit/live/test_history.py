import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import numpy as np
import pytest
from aiohttp import web
from tests.build import ALL, MIDNIGHT, engine, instrument, step

from tidemark.clock import EventClock
from tidemark.engine.step import Engine
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.live.discovery import until
from tidemark.live.history import ORDER, Backfill, Progress, pages
from tidemark.market.level import ROW
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.events import Delisting, Klines, Listing, Shed, Tick
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, MINUTE, SECOND

# Two seconds behind noon, the candles that end at noon have closed.
NOON = MIDNIGHT + 12 * HOUR
NOW = NOON + 2 * SECOND
M1 = Timeframe.M1
MINUTES_OF = {"1": 1, "5": 5, "15": 15, "30": 30, "60": 60, "240": 240, "D": 1440}


class Exchange:
    """Bybit's klines of markets that began at `listed`, for as long as `answer` does not say otherwise."""

    def __init__(self, listed: int = 0) -> None:
        self.listed = listed
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[dict[str, str]], web.Response | None] = lambda _: None

    async def handle(self, request: web.Request) -> web.Response:
        query = dict(parse_qsl(request.query_string))
        self.asked.append(query)
        given = self.answer(query)
        if given is not None:
            return given
        step_ms = MINUTES_OF[query["interval"]] * 60_000
        starts = range(max(int(query["start"]), self.listed // 1_000_000), int(query["end"]), step_ms)
        rows = [[str(start), "10", "12", "9", "11", "5", "55"] for start in starts]
        return web.json_response({"retCode": 0, "retMsg": "OK", "result": {"list": rows[::-1]}})

    def of(self, symbol: str, interval: str = "1") -> list[tuple[int, int]]:
        """Requests for a market, as minutes after midnight of the first and limit."""
        return [
            ((int(query["start"]) * 1_000_000 - MIDNIGHT) // MINUTE, int(query["limit"]))
            for query in self.asked
            if (query["symbol"], query["interval"]) == (symbol, interval)
        ]


@asynccontextmanager
async def backfill(
    exchange: Exchange,
    made: Engine,
    delivered: list[Klines],
    order: tuple[str, ...] = (),
    concurrency: int = 1,
    retention: Callable[[str], int] = lambda name: ALL[Timeframe(name)],
) -> AsyncIterator[Backfill]:
    app = web.Application()
    app.router.add_get("/{path:.*}", exchange.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock = EventClock(NOW)

    async def sleep(seconds: float) -> None:
        clock.set(clock.now_ns() + int(seconds * SECOND))
        await asyncio.sleep(0)

    venue = registry.find("bybit")
    endpoints = Endpoints(f"http://127.0.0.1:{runner.addresses[0][1]}", "")
    try:
        async with RestClient(venue, endpoints, clock, attempts=1, sleep=sleep) as rest:
            yield Backfill(
                rest,
                made,
                delivered.append,
                clock,
                Ledger(),
                series=4,
                retention=retention,
                order=order,
                concurrency=concurrency,
            )
    finally:
        await runner.cleanup()


def put(made: Engine, slot: int, *minutes: int, origin: Origin = Origin.TRADES) -> None:
    """Candles of 1 minute that the engine has, by minutes after midnight."""
    rows = {name: np.full(len(minutes), 10, dtype) for name, dtype in ROW.items()}
    rows["marks"][:] = origin | 1 << 4
    at = np.array(minutes, np.int64) * MINUTE + MIDNIGHT
    made.candles.restore(M1, np.full(len(minutes), slot), at, np.full(len(minutes), 0.1), rows)


def only(name: str, rows: int) -> Callable[[str], int]:
    """A retention that wants *rows* of one timeframe and one of every other."""
    return lambda timeframe: rows if timeframe == name else 1


async def test_everything_is_asked_for_the_most_traded_first_and_what_is_needed_first() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    async with backfill(exchange, engine(["AUSDT", "BUSDT"]), delivered, ("BUSDT", "AUSDT")) as made:
        await made.fill()

    # 1440 minutes are two pages of Bybit's 1,000; every other timeframe is one. Of 10 seconds it has no candles.
    one = ["1", "1", "5", "60", "15", "240", "D", "30"]
    assert [(query["symbol"], query["interval"]) for query in exchange.asked] == [
        (symbol, interval) for symbol in ("BUSDT", "AUSDT") for interval in one
    ]
    assert exchange.of("BUSDT") == [(720 - 1000, 1000), (720 - 1440, 440)]
    first = delivered[0]
    assert (first.symbol, first.timeframe, first.first, first.count) == ("BUSDT", M1, NOON - 1000 * MINUTE, 1000)
    assert len(first.rows) == 1000
    assert (first.rows[0].open_time, first.rows[-1].open_time) == (NOON - 1000 * MINUTE, NOON - MINUTE)
    assert (first.rows[0].open, first.rows[0].turnover, first.rows[0].trades) == (10.0, 55.0, None)
    progress = made.progress
    assert (progress.symbols_done, progress.requests_done, progress.requests_left) == (2, 16, 0)
    assert progress.candles == 2 * sum(rows for timeframe, rows in ALL.items() if timeframe is not Timeframe.S10)
    assert not progress.is_running


async def test_only_the_hole_is_asked_for() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    made = engine(["AUSDT"])
    held = [minute for minute in range(-720, 720) if not 100 <= minute < 110 and minute != 700]
    put(made, 0, *held)
    put(made, 0, 50, 51, origin=Origin.PARTIAL)

    async with backfill(exchange, made, delivered) as driver:
        await driver.fill()

    # One page reaches from the newest minute that is missing back to the oldest.
    assert exchange.of("AUSDT") == [(50, 651)]


async def test_nothing_missing_asks_nothing() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    made = engine(["AUSDT"])
    put(made, 0, *range(-720, 720))

    async with backfill(exchange, made, delivered, retention=lambda name: 1440 if name == "1m" else 0) as driver:
        await driver.fill()
        assert exchange.asked == []
        assert driver.progress.requests_left == 0


async def test_before_its_listing_nothing_is_asked_for() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    listed = MIDNIGHT + 11 * HOUR + 30 * SECOND
    made = engine([])
    told = instrument("NEWUSDT")
    fields = {name: getattr(told, name) for name in Instrument.__struct_fields__} | {"launched_at": listed}
    step(made, Listing(ts_event=0, ts_recv=0, instrument=Instrument(**fields)))

    async with backfill(exchange, made, delivered) as driver:
        await driver.fill()

    # The minute in which it was listed, and those after it.
    assert exchange.of("NEWUSDT") == [(660, 60)]
    assert exchange.of("NEWUSDT", "D") == []
    assert exchange.of("NEWUSDT", "60") == [(660, 1)]


async def test_an_empty_page_is_the_beginning_and_nothing_before_it_is_asked_for() -> None:
    exchange = Exchange(listed=MIDNIGHT)
    delivered: list[Klines] = []
    made = engine(["AUSDT"])

    async with backfill(exchange, made, delivered, retention=only("1m", 4000)) as driver:
        await driver.fill()

    # 720 minutes are there; the page before them is empty, and the two pages before that are not asked for.
    assert exchange.of("AUSDT") == [(-280, 1000), (-1280, 1000)]
    assert [len(klines.rows) for klines in delivered if klines.timeframe is M1] == [720, 0]
    assert driver.progress.requests_left == 0


async def test_an_empty_page_with_older_candles_behind_it_is_a_hole_and_no_beginning() -> None:
    exchange = Exchange(listed=MIDNIGHT)
    delivered: list[Klines] = []
    made = engine(["AUSDT"])
    put(made, 0, -700)

    async with backfill(exchange, made, delivered, retention=only("1m", 1440)) as driver:
        await driver.fill()

    assert exchange.of("AUSDT") == [(-280, 1000), (-720, 440)]


async def test_a_candle_that_is_still_open_is_not_asked_for() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    made = engine(["AUSDT"])
    # The exchange's clock is an hour and half a minute behind ours.
    made.candles.time.observe(-HOUR - 30 * SECOND)

    async with backfill(exchange, made, delivered, retention=only("1m", 10)) as driver:
        await driver.fill()

    # There it is 10:59:32: the newest minute that has closed is 10:58.
    assert exchange.of("AUSDT") == [(649, 10)]


async def test_what_the_exchange_refuses_is_counted_and_the_rest_goes_on() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    exchange.answer = lambda query: (
        web.json_response({"retCode": 10001, "retMsg": "no such symbol", "result": {}})
        if (query["symbol"], query["interval"]) == ("AUSDT", "1")
        else None
    )

    async with backfill(exchange, engine(["AUSDT", "BUSDT"]), delivered) as driver:
        await driver.fill()

    assert len(exchange.of("AUSDT")) == 1
    assert len(exchange.of("BUSDT")) == 2
    assert (driver.progress.failed, driver.progress.symbols_done, driver.progress.requests_left) == (1, 2, 0)


async def test_what_a_retry_can_mend_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    failed: list[str] = []

    def fail_once(query: dict[str, str]) -> web.Response | None:
        if query["interval"] == "5" and len(failed) < 2:
            failed.append("x")
            return web.Response(status=503)
        return None

    exchange.answer = fail_once
    monkeypatch.setattr("tidemark.live.history.backoff", lambda *_: iter([0.0] * 9))
    async with backfill(exchange, engine(["AUSDT"]), delivered, concurrency=3) as driver:
        await driver.fill()

    assert len(exchange.of("AUSDT", "5")) == 3
    assert driver.progress.failed == 0
    assert len(delivered) == 8


async def test_a_market_that_joins_is_filled_and_one_that_was_is_not_asked_for_again() -> None:
    exchange = Exchange()
    delivered: list[Klines] = []
    made = engine(["AUSDT"])
    async with backfill(exchange, made, delivered, retention=only("1m", 5)) as driver:
        await driver.fill()
        await driver.fill()
        assert len(exchange.of("AUSDT")) == 1

        step(made, Delisting(ts_event=NOW, ts_recv=NOW, symbol="AUSDT"))
        step(made, Listing(ts_event=NOW, ts_recv=NOW, instrument=instrument("NEWUSDT")))
        await driver.fill()

    assert len(exchange.of("NEWUSDT")) == 1
    assert len(exchange.of("AUSDT")) == 1


async def test_it_follows_until_it_is_told_to_end() -> None:
    exchange, stop = Exchange(), asyncio.Event()

    class Watched(list[Klines]):
        def append(self, klines: Klines) -> None:
            super().append(klines)
            if len(self) == 7:
                stop.set()

    delivered = Watched()
    async with backfill(exchange, engine(["AUSDT"]), delivered, retention=only("1m", 5)) as driver:
        await until(stop, driver.follow())

    # One request for each timeframe that the exchange has; then it would look for markets that join.
    assert len(delivered) == 7


async def test_who_waits_for_the_first_candles_goes_on_when_all_have_been_asked_for_and_never_waits_again() -> None:
    exchange, delivered = Exchange(), list[Klines]()
    made = engine(["AUSDT", "BUSDT"])
    seen: list[int] = []
    async with backfill(exchange, made, delivered, retention=only("1m", 5)) as driver:

        async def after() -> None:
            await driver.first_filled()
            seen.append(len(exchange.asked))

        waiting = [asyncio.ensure_future(after()) for _ in range(2)]
        await driver.fill()
        assert seen == [], "a filling of somebody else is not the first one of its own"
        following = asyncio.ensure_future(driver.follow())
        async with asyncio.timeout(10):
            await asyncio.gather(*waiting)
            step(made, Listing(ts_event=NOW, ts_recv=NOW, instrument=instrument("NEWUSDT")))
            await driver.first_filled()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    # One request for each timeframe that the exchange has, of two markets.
    assert seen == [14, 14]


async def test_the_first_candles_are_there_though_the_exchange_refused_some() -> None:
    exchange, delivered = Exchange(), list[Klines]()
    exchange.answer = lambda _: web.json_response({"retCode": 10001, "retMsg": "params error", "result": {}})
    async with backfill(exchange, engine(["AUSDT"]), delivered, retention=only("1m", 5)) as driver:
        following = asyncio.ensure_future(driver.follow())
        async with asyncio.timeout(10):
            await driver.first_filled()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    assert (delivered, driver.progress.failed) == ([], 7)


async def test_when_a_timeframe_is_kept_again_what_is_missing_of_it_is_fetched_and_nothing_else() -> None:
    exchange, delivered = Exchange(), list[Klines]()
    made = engine(["AUSDT"])
    step(made, Tick(ts_event=NOW, ts_recv=NOW))
    async with backfill(exchange, made, delivered, retention=only("1m", 10)) as driver:
        await driver.fill()
        for klines in delivered:
            step(made, klines)
        exchange.asked.clear()

        step(made, Shed(ts_event=NOW, ts_recv=NOW, timeframe=M1, is_shed=True))
        await driver.fill()
        assert exchange.asked == [], "what is given up for memory is not asked for"
        step(made, Shed(ts_event=NOW, ts_recv=NOW, timeframe=M1, is_shed=False))
        driver.ask_again(M1)
        await driver.fill()

    # Ten minutes before noon but for the newest four, which could still change; other timeframes are held whole.
    assert exchange.of("AUSDT") == [(710, 6)]
    assert len(exchange.asked) == 1


def test_it_takes_what_it_reserves() -> None:
    ledger = Ledger()
    made = Backfill(
        None,  # type: ignore[arg-type]
        engine(),
        lambda _: None,
        EventClock(),
        ledger,
        series=9,
        retention=lambda _: 1,
        order=(),
        concurrency=1,
    )
    assert made is not None
    assert [line.bytes_reserved for line in ledger.report() if line.owner == "backfill"] == [
        Backfill.reserve(series=9).bytes
    ]


@pytest.mark.parametrize("seed", range(20))
def test_pages_cover_all_that_is_missing_with_as_few_as_can_be(seed: int) -> None:
    chosen = np.random.default_rng(seed)
    missing = np.unique(chosen.integers(0, 5000, int(chosen.integers(1, 400))))
    size = int(chosen.integers(1, 1200))

    found = pages(missing, size)

    covered = {n for first, count in found for n in range(first, first + count)}
    assert set(missing.tolist()) <= covered
    assert all(1 <= count <= size for _, count in found)
    assert [first for first, _ in found] == sorted((first for first, _ in found), reverse=True)
    # From the other end, greedily: no cover needs fewer.
    fewest, reach = 0, -1
    for n in missing.tolist():
        if n > reach:
            fewest, reach = fewest + 1, n + size - 1
    assert len(found) == fewest
    assert pages(missing[:0], size) == []


def test_the_progress_is_one_line_with_a_bar() -> None:
    progress = Progress(
        symbols=560,
        symbols_done=140,
        requests_done=1120,
        requests_left=3360,
        weight=280,
        limit=288,
        window_s=5.0,
        candles=10,
        failed=2,
        eta_s=61.0,
    )

    assert progress.is_running
    assert progress.line() == (
        "history █████░░░░░░░░░░░░░░░ 140/560 markets  3,360 requests left  weight 280 of 288 in 5s  2 refused"
        "  1.017m to go"
    )
    assert set(ORDER) == set(Timeframe)
