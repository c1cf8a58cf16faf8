from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from tests.build import MIDNIGHT, engine, step

from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.live.reconcile import Reconciler
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.candle import Origin
from tidemark.model.events import Delisting, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, SECOND


class EnoughError(Exception):
    """The round is over."""


class Made:
    """Two markets with a trade at 100 each 30 s; the exchange of minute 1 says that BUSDT reached 150."""

    def __init__(self, rest: RestClient, folder: Path, **how: float | bool) -> None:
        self.asked: list[tuple[str, int, int]] = []
        self.refuses = ""
        # From so many seconds after midnight on the exchange has not finished a candle.
        self.unfinished: float = np.inf
        self.pauses: list[float] = []
        self.engine: Engine = engine(["AUSDT", "BUSDT"])
        self.clock = EventClock(MIDNIGHT)
        sink = Sink(self.clock, Rejects(folder / "rejects"), None)
        venue = registry.find("bybit")
        sink.intake = Intake(
            self.engine, venue.parser(self.engine.universe.slots), Ledger(), deliver=lambda outputs: None,
            reject=sink.reject,
        )  # fmt: skip
        self.ledger = Ledger()
        self.reconciler = Reconciler(
            rest, sink, self.engine, self.clock, self.ledger, every_s=float(how.get("every_s", 300.0)),
            is_pushed=bool(how.get("is_pushed")), sleep=self.sleep,
        )  # fmt: skip

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) > 2:
            raise EnoughError

    async def handle(self, request: web.Request) -> web.Response:
        query = request.query
        first = (int(query["start"]) * MILLISECOND - MIDNIGHT) // SECOND
        self.asked.append((query["symbol"], first, int(query["limit"])))
        if query["symbol"] == self.refuses:
            return web.json_response({"retCode": 10001, "retMsg": "symbol invalid", "result": {}})
        rows = [
            [str((MIDNIGHT + at * SECOND) // MILLISECOND), "100",
             "150" if at == 60 and query["symbol"] == "BUSDT" else "100", "100", "100", "2", "200"]
            for at in range(first, first + int(query["limit"]) * 60, 60)
            if 0 <= at < self.unfinished
        ]  # fmt: skip
        return web.json_response({"retCode": 0, "retMsg": "OK", "result": {"list": rows}})

    def until(self, seconds: int) -> None:
        batch = Batch(512, 8)
        for slot in range(2):
            for at in range(0, seconds, 30):
                t = MIDNIGHT + at * SECOND
                assert batch.trades.append(slot, t, t, at + 1, at + 1, 100.0, 1.0, True)
        self.engine.process(batch)
        step(self.engine, Tick(ts_event=MIDNIGHT + seconds * SECOND, ts_recv=MIDNIGHT + seconds * SECOND))

    async def round(self) -> None:
        self.pauses.clear()
        with pytest.raises(EnoughError):
            await self.reconciler.run()


@asynccontextmanager
async def made_of(folder: Path, **how: float | bool) -> AsyncIterator[Made]:
    app = web.Application()
    runner = web.AppRunner(app)
    holder: list[Made] = []

    async def handle(request: web.Request) -> web.Response:
        return await holder[0].handle(request)

    app.router.add_get("/{path:.*}", handle)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    clock = EventClock(MIDNIGHT + 4000 * SECOND)
    endpoints = Endpoints(f"http://127.0.0.1:{port}", "")
    async with RestClient(registry.find("bybit"), endpoints, clock, attempts=1) as rest:
        holder.append(Made(rest, folder, **how))
        yield holder[0]
    await runner.cleanup()


async def test_each_market_is_asked_once_a_period_for_what_closed_since_spread_evenly(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        made.until(200)
        await made.round()
        first, pauses = list(made.asked), list(made.pauses)
        made.asked.clear()
        made.until(500)
        await made.round()

        assert pauses[:2] == [150.0, 150.0]
        # At first two periods and two candles back; and of the newest 10 s the exchange may not be sure.
        assert first == [(symbol, 180 - 720, 12) for symbol in ("AUSDT", "BUSDT")]
        assert made.asked == [(symbol, 180, 5) for symbol in ("AUSDT", "BUSDT")]
        assert made.reconciler.requests == 4


async def test_a_period_shorter_than_a_candle_compares_every_candle_too(tmp_path: Path) -> None:
    async with made_of(tmp_path, every_s=10.0) as made:
        made.until(75)
        await made.round()
        made.until(200)
        await made.round()

        assert made.asked == [(symbol, *span) for span in ((-60, 2), (60, 2)) for symbol in ("AUSDT", "BUSDT")]
        assert made.engine.candles.confirmed.of(0).checked == 3


async def test_what_the_exchange_has_not_finished_is_asked_for_again_but_not_for_ever(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        made.unfinished = 120
        made.until(200)
        await made.round()
        assert made.engine.candles.confirmed.of(0).checked == 2
        made.asked.clear()

        made.until(500)
        await made.round()
        made.unfinished = np.inf
        made.until(1000)
        await made.round()
        assert [asked[1:] for asked in made.asked if asked[0] == "AUSDT"] == [(120, 6), (120, 14)]
        assert made.engine.candles.confirmed.of(0).checked == 16

        made.unfinished = 960
        for now in (2000, 3000, 4000):
            made.until(now)
            await made.round()
        # As far as the round before it began, and no further.
        assert [asked[1:] for asked in made.asked if asked[0] == "AUSDT"][2:] == [(960, 17), (960, 33), (1920, 34)]


async def test_with_a_period_shorter_than_a_candle_it_is_asked_for_again_too(tmp_path: Path) -> None:
    async with made_of(tmp_path, every_s=10.0) as made:
        made.unfinished = 120
        made.until(200)
        await made.round()
        assert made.engine.candles.confirmed.of(0).checked == 1
        made.unfinished = np.inf
        made.until(210)
        await made.round()

        assert made.engine.candles.confirmed.of(0).checked == 2


async def test_a_round_that_takes_longer_than_its_period_reaches_back_to_the_one_before(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        made.until(200)
        made.refuses = "BUSDT"
        await made.round()
        made.asked.clear()
        made.refuses = ""
        made.until(2000)
        await made.round()

        assert made.asked == [("AUSDT", 180, 30), ("BUSDT", 120, 31)]


async def test_what_differs_is_counted_and_the_exchange_wins(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        made.until(200)
        await made.round()

        a, b = (made.engine.candles.confirmed.of(slot) for slot in range(2))
        assert (a.checked, a.mismatched, b.checked, b.mismatched, b.high) == (3, 0, 3, 1, 1)
        assert [(c.high, c.origin) for c in made.engine.candles.closed(1, Timeframe.M1, 3)] == [
            (100.0, Origin.TRADES), (150.0, Origin.EXCHANGE), (100.0, Origin.TRADES),
        ]  # fmt: skip


async def test_a_market_that_is_refused_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        made.until(200)
        made.refuses = "AUSDT"
        await made.round()

        assert made.reconciler.refused == 1
        assert made.engine.candles.confirmed.of(1).checked == 3


async def test_a_market_that_has_left_is_not_asked_for(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        made.until(200)
        step(made.engine, Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="AUSDT"))
        await made.round()

        assert {symbol for symbol, *_ in made.asked} == {"BUSDT"}


async def test_before_anything_closed_there_is_nothing_to_ask(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        await made.reconciler.check(0, "AUSDT")

        assert made.asked == []


@pytest.mark.parametrize("how", [{"every_s": 0.0}, {"is_pushed": True}])
async def test_it_can_be_off_or_not_needed(tmp_path: Path, how: dict[str, float | bool]) -> None:
    async with made_of(tmp_path, **how) as made:
        made.until(200)

        await made.round()

        assert made.asked == []
        assert made.pauses == [3600.0] * 3


async def test_memory_is_what_was_declared(tmp_path: Path) -> None:
    async with made_of(tmp_path) as made:
        assert {one.owner: one.bytes for one in Reconciler.reserve(4)} == {
            line.owner: line.bytes_reserved for line in made.ledger.report() if line.owner != "transient"
        }
