"""Gaps are mended from an exchange on loopback that knows every trade of the market."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from tests.build import MIDNIGHT, T, engine, klines_of, step

from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.live.repair import Mender, as_trades
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.candle import Origin
from tidemark.model.events import StreamGap, Tick
from tidemark.model.gap import Repair
from tidemark.model.klines import as_klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, SECOND

MARKET = [T(n * 5 - 300, 100.0 + n % 7, 1.0, number=n + 1) for n in range(200)]
TRADES, KLINES = "/fapi/v1/aggTrades", "/fapi/v1/klines"


class Exchange:
    """Binance's way; it can be told to know no trades, no candles, or to refuse."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.has_trades = self.has_klines = True
        self.status = 200

    async def handle(self, request: web.Request) -> web.Response:
        query = request.query
        self.asked.append((request.path, query["symbol"]))
        if request.path == TRADES:
            since, until = (int(query[name]) * MILLISECOND - MIDNIGHT for name in ("startTime", "endTime"))
            body: list[object] = [
                {"a": t.number, "p": str(t.price), "q": str(t.size), "f": t.number, "l": t.number,
                 "T": (MIDNIGHT + round(t.at * SECOND)) // MILLISECOND, "m": not t.is_buy}
                for t in MARKET
                if since <= t.at * SECOND <= until and self.has_trades
            ]  # fmt: skip
        else:
            first = (int(query["startTime"]) * MILLISECOND - MIDNIGHT) / SECOND
            body = [
                [r.open_time // MILLISECOND, *map(str, (r.open, r.high, r.low, r.close, r.volume)),
                 r.open_time // MILLISECOND + 59_999, str(r.turnover),
                 r.trades, str(r.bought), "0", "0"]
                for r in klines_of(MARKET, Timeframe.M1, first, int(query["limit"])).rows
                if self.has_klines
            ]  # fmt: skip
        return web.Response(text=json.dumps(body), status=self.status)


class Made:
    """A mender of an engine that lost AUSDT, and BUSDT, from 70 to 95 s; it is 182 s after midnight."""

    def __init__(self, exchange: Exchange, rest: RestClient, folder: Path) -> None:
        venue = registry.find("binance")
        self.exchange = exchange
        self.clock = EventClock(MIDNIGHT + 182 * SECOND)
        self.engine: Engine = engine(["AUSDT", "BUSDT"])
        sink = Sink(self.clock, Rejects(folder / "rejects"), None)
        sink.intake = Intake(
            self.engine, venue.parser(self.engine.universe.slots), Ledger(), deliver=lambda outputs: None,
            reject=sink.reject,
        )  # fmt: skip
        self.ledger = Ledger()
        self.mender = Mender(rest, venue.rest, sink, self.engine, self.clock, self.ledger)

    def lose(self, since: float = 70, until: float = 95, end: float = 182) -> None:
        self.feed([t for t in MARKET if 0 <= t.at < since])
        self.gap(since, None)
        self.tick(until)
        self.gap(since, until)
        self.feed([t for t in MARKET if until <= t.at <= end])
        self.tick(end)

    def feed(self, trades: list[T]) -> None:
        batch = Batch(1024, 8)
        for t in trades:
            at = MIDNIGHT + round(t.at * SECOND)
            # Twice as much is traded of BUSDT.
            for slot, size in ((0, t.size), (1, t.size * 2)):
                assert batch.trades.append(slot, at, at, t.number, t.number, t.price, size, t.is_buy)
        self.engine.process(batch)

    def tick(self, at: float) -> None:
        step(self.engine, Tick(ts_event=MIDNIGHT + round(at * SECOND), ts_recv=MIDNIGHT + round(at * SECOND)))

    def gap(self, since: float, until: float | None) -> None:
        since_ns, until_ns = (None if at is None else MIDNIGHT + round(at * SECOND) for at in (since, until))
        step(
            self.engine,
            StreamGap(
                ts_event=0, ts_recv=0, venue="binance", channel="trades", symbols=(), gap_from=since_ns,
                gap_to=until_ns, cause="closed by peer",
            ),
        )  # fmt: skip

    def origins(self, timeframe: Timeframe, slot: int = 0) -> set[Origin]:
        return {candle.origin for candle in self.engine.candles.closed(slot, timeframe, 100)}

    def repairs(self) -> list[tuple[str, Repair, int]]:
        return sorted((gap.symbol, gap.repair, gap.lost) for gap in self.engine.gaps.gaps())


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[[], Made]]:
    exchange = Exchange()
    app = web.Application()
    app.router.add_get("/{path:.*}", exchange.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoints = Endpoints(f"http://127.0.0.1:{runner.addresses[0][1]}", "")
    # The client's clock is past the candles that are asked for, so that they are closed.
    async with RestClient(registry.find("binance"), endpoints, EventClock(MIDNIGHT + 400 * SECOND), attempts=1) as rest:
        yield lambda: Made(exchange, rest, tmp_path)
    await runner.cleanup()


async def test_a_gap_is_mended_with_its_trades_the_most_traded_market_first(make: Callable[[], Made]) -> None:
    made = make()
    made.lose()
    made.exchange.asked.clear()

    await made.mender.mend_due()

    assert made.exchange.asked == [(TRADES, "BUSDT"), (TRADES, "AUSDT")]
    assert made.repairs() == [("AUSDT", Repair.TRADES, 0), ("BUSDT", Repair.TRADES, 0)]
    assert made.origins(Timeframe.S10) == {Origin.TRADES, Origin.REPAIRED}
    assert made.origins(Timeframe.M1) == {Origin.TRADES, Origin.REPAIRED}


async def test_without_trades_the_candles_of_the_exchange_mend_it(make: Callable[[], Made]) -> None:
    made = make()
    made.lose()
    made.exchange.has_trades = False

    await made.mender.mend_due()

    assert sorted(made.exchange.asked) == sorted([(p, s) for p in (TRADES, KLINES) for s in ("AUSDT", "BUSDT")])
    assert made.repairs() == [("AUSDT", Repair.KLINES, 0), ("BUSDT", Repair.KLINES, 0)]
    assert Origin.PARTIAL in made.origins(Timeframe.S10), "there are no candles of ten seconds at the exchange"
    assert made.origins(Timeframe.M1) == {Origin.TRADES, Origin.REPAIRED}


async def test_a_long_gap_is_not_asked_for_trade_by_trade(
    make: Callable[[], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidemark.live.repair.TRADES_UP_TO_NS", 20 * SECOND)
    made = make()
    made.lose()

    await made.mender.mend_due()

    assert {path for path, _ in made.exchange.asked} == {KLINES}
    assert made.engine.gaps.unmended() == []


async def test_a_gap_whose_last_candle_is_open_waits_for_it(make: Callable[[], Made]) -> None:
    made = make()
    made.lose(70, 130, 133)

    await made.mender.mend_due()
    too_early = list(made.exchange.asked)
    made.feed([t for t in MARKET if 133 < t.at <= 182])
    made.tick(182)
    await made.mender.mend_due()

    assert too_early == []
    assert made.repairs() == [("AUSDT", Repair.TRADES, 0), ("BUSDT", Repair.TRADES, 0)]


async def test_what_fails_is_tried_again_later_and_longer_each_time(make: Callable[[], Made]) -> None:
    made = make()
    made.lose()
    made.exchange.status = 500

    asked = []
    for seconds in (0, 4, 1, 9, 1):
        made.clock.set(made.clock.now_ns() + seconds * SECOND)
        before = len(made.exchange.asked)
        await made.mender.mend_due()
        asked.append(len(made.exchange.asked) - before)
    made.exchange.status = 200
    made.clock.set(made.clock.now_ns() + 600 * SECOND)
    await made.mender.mend_due()

    # At once, then after 5 s and after 10 s more; two markets each.
    assert asked == [2, 0, 2, 0, 2]
    assert made.mender.failures == 6
    assert made.engine.gaps.unmended() == []


async def test_what_the_exchange_does_not_have_stays_lost(make: Callable[[], Made]) -> None:
    made = make()
    made.lose()
    made.exchange.has_trades = made.exchange.has_klines = False

    await made.mender.mend_due()

    assert made.repairs() == [("AUSDT", Repair.NONE, 1), ("BUSDT", Repair.NONE, 1)]
    assert made.origins(Timeframe.M1) == {Origin.TRADES, Origin.PARTIAL}


async def test_nothing_due_asks_for_nothing(make: Callable[[], Made]) -> None:
    made = make()

    await made.mender.mend_due()

    assert made.exchange.asked == []


async def test_it_looks_for_work_again_and_again(make: Callable[[], Made]) -> None:
    made = make()
    made.lose()

    class EnoughError(Exception):
        pass

    async def stop(seconds: float) -> None:
        assert seconds == 2.0
        raise EnoughError

    made.mender._sleep = stop
    with pytest.raises(EnoughError):
        await made.mender.run()

    assert made.engine.gaps.unmended() == []


async def test_memory_is_what_was_declared(make: Callable[[], Made]) -> None:
    made = make()

    assert {one.owner: one.bytes for one in Mender.reserve(4)} == {
        line.owner: line.bytes_reserved for line in made.ledger.report() if line.owner != "transient"
    }


def test_what_was_fetched_becomes_an_event_without_what_is_open() -> None:
    rest = registry.find("bybit").rest
    rows = [[str((MIDNIGHT + n * 60 * SECOND) // MILLISECOND), "1", "1", "1", "1", "2", "2"] for n in (1, 0)]
    found = rest.parse_klines(
        json.dumps({"retCode": 0, "retMsg": "OK", "result": {"list": rows}}).encode(), "A", Timeframe.M1,
        MIDNIGHT + 90 * SECOND,
    )  # fmt: skip

    klines = as_klines("A", Timeframe.M1, MIDNIGHT, 2, found, MIDNIGHT)
    trades = as_trades("A", MIDNIGHT, MIDNIGHT + SECOND, [], MIDNIGHT)

    assert [(row.open_time, row.volume, row.trades) for row in klines.rows] == [(MIDNIGHT, 2.0, None)]
    assert (klines.first, klines.count, trades.rows, trades.last) == (MIDNIGHT, 2, (), MIDNIGHT + SECOND)


async def test_trades_are_asked_for_before_the_minute_is_over_and_its_candle_when_it_is(
    make: Callable[[], Made],
) -> None:
    made = make()
    made.lose(70, 75, 95)
    made.exchange.has_trades = False

    await made.mender.mend_due()
    early = list(made.exchange.asked)
    await made.mender.mend_due()
    again = len(made.exchange.asked) - len(early)
    made.feed([t for t in MARKET if 95 < t.at <= 182])
    made.tick(182)
    made.clock.set(made.clock.now_ns() + 5 * SECOND)
    await made.mender.mend_due()

    assert sorted(early) == [(TRADES, "AUSDT"), (TRADES, "BUSDT")]
    assert again == 0
    assert sorted(made.exchange.asked[2:]) == [(KLINES, "AUSDT"), (KLINES, "BUSDT")]
    assert made.repairs() == [("AUSDT", Repair.KLINES, 0), ("BUSDT", Repair.KLINES, 0)]
