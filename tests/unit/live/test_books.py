"""Books that break are mended: against a small exchange on loopback that answers as Binance does, and by renewal."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from aiohttp import web
from tests.build import MIDNIGHT, instrument

from tidemark.clock import Clock, EventClock, SystemClock
from tidemark.engine.intake import Intake
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Endpoints
from tidemark.live import books as live
from tidemark.live.books import FETCHES, BookResync, Renew
from tidemark.live.sink import Sink
from tidemark.market.books import Books
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Listing
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

AT_MS = MIDNIGHT // 1_000_000
DEPTH = 5


class Exchange:
    """Whole books that move by its own rules, told as Binance tells them, and by REST as they are at that moment."""

    def __init__(self, symbols: list[str]) -> None:
        self.rng = Random(4)
        self.books = {
            symbol: ({1000 - n: 5 for n in range(30)}, {1001 + n: 5 for n in range(30)}) for symbol in symbols
        }
        self.last = dict.fromkeys(symbols, 100)
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.answer: Callable[[str], web.Response] = self.snapshot

    def change(self, symbol: str) -> bytes:
        rows: list[list[list[str]]] = []
        for side, first in zip(self.books[symbol], (985, 1001), strict=True):
            changed = {self.rng.randrange(first, first + 16): self.rng.randrange(3) for _ in range(4)}
            side.update(changed)
            for tick, size in changed.items():
                if size == 0:
                    del side[tick]
            rows.append([[f"{tick / 10:.1f}", str(size)] for tick, size in changed.items()])
        previous = self.last[symbol]
        self.last[symbol] += self.rng.randrange(1, 5)
        data = {"e": "depthUpdate", "E": AT_MS, "T": AT_MS, "s": symbol, "U": previous + 1, "u": self.last[symbol],
                "pu": previous, "b": rows[0], "a": rows[1]}  # fmt: skip
        return json.dumps({"stream": f"{symbol.lower()}@depth@100ms", "data": data}, separators=(",", ":")).encode()

    def snapshot(self, symbol: str) -> web.Response:
        bids, asks = self.read(symbol)
        body = {"lastUpdateId": self.last[symbol], "E": AT_MS, "T": AT_MS, "bids": bids, "asks": asks}
        return web.json_response(body)

    def read(self, symbol: str) -> tuple[list[list[str]], list[list[str]]]:
        bids, asks = self.books[symbol]
        found = [
            [[f"{tick / 10:.1f}", str(size)] for tick, size in sorted(side.items(), reverse=is_bid)]
            for side, is_bid in ((bids, True), (asks, False))
        ]
        return found[0], found[1]

    async def handle(self, request: web.Request) -> web.Response:
        assert request.path == "/fapi/v1/depth"
        symbol = request.query["symbol"]
        self.asked.append(symbol)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.02)
        self.at_once -= 1
        return self.answer(symbol)


class Made:
    """Engine, sink and resync of one venue."""

    def __init__(
        self, venue_name: str, symbols: list[str], rest: RestClient, folder: Path, clock: Clock, renew: Renew | None
    ) -> None:
        venue = registry.find(venue_name)
        size = EngineSize(
            series=len(symbols) + 1,
            retention={Timeframe.M1: 5},
            tape_rows=5,
            is_numbered=True,
            batch_trades=16,
            grace_ns=0,
            book_depth=DEPTH,
            book_rules=venue.book_rules,
        )
        self.ledger = Ledger()
        self.engine = Engine(size, self.ledger)
        self.sink = Sink(EventClock(MIDNIGHT), Rejects(folder / "rejects"), None)
        self.sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            self.ledger,
            deliver=lambda outputs: None,
            reject=self.sink.reject,
        )
        for symbol in symbols:
            self.sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument(symbol)))
        self.resync = BookResync(rest, self.sink, self.engine, clock, self.ledger, renew)

    @property
    def books(self) -> Books:
        assert self.engine.books is not None
        return self.engine.books

    def give(self, frame: bytes) -> None:
        assert self.sink.intake is not None
        self.sink.on_frame("x-1", memoryview(frame), MIDNIGHT)
        self.sink.intake.flush()


@asynccontextmanager
async def made(
    exchange: Exchange, folder: Path, clock: Clock | None = None, venue: str = "binance", renew: Renew | None = None
) -> AsyncIterator[Made]:
    app = web.Application()
    app.router.add_get("/{path:.*}", exchange.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoints = Endpoints(f"http://127.0.0.1:{runner.addresses[0][1]}", "")
    try:
        async with RestClient(registry.find(venue), endpoints, SystemClock(), attempts=1) as rest:
            yield Made(venue, list(exchange.books), rest, folder, clock or SystemClock(), renew)
    finally:
        await runner.cleanup()


async def until_synced(made_: Made, exchange: Exchange, count: int) -> None:
    """Let the exchange move on while the books are being mended."""
    async with asyncio.timeout(20):
        while made_.books.synced < count:
            for symbol in exchange.books:
                made_.give(exchange.change(symbol))
            await asyncio.sleep(0.01)


def assert_equal(made_: Made, exchange: Exchange) -> None:
    for symbol in exchange.books:
        held = made_.books.levels(made_.engine.universe.slots[symbol], DEPTH)
        assert held is not None
        for levels, rows in zip((held.bids, held.asks), exchange.read(symbol), strict=True):
            assert levels.tolist() == [[float(price), float(size)] for price, size in rows[: len(levels)]]
            assert len(levels) == DEPTH
        assert held.update_id == exchange.last[symbol]


async def test_books_are_fetched_a_few_at_once_and_again_after_a_lost_message(tmp_path: Path) -> None:
    exchange = Exchange([f"{name}USDT" for name in "ABCDEFGHIJ"])
    async with made(exchange, tmp_path) as one:
        task = asyncio.ensure_future(one.resync.follow())
        try:
            await until_synced(one, exchange, 10)
            assert_equal(one, exchange)
            assert sorted(set(exchange.asked)) == sorted(exchange.books)
            assert 1 < exchange.most_at_once <= FETCHES

            exchange.change("CUSDT")
            one.give(exchange.change("CUSDT"))
            assert one.books.synced == 9
            await until_synced(one, exchange, 10)
            assert_equal(one, exchange)
            assert one.resync.failures == 0
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_snapshot_that_does_not_fit_is_asked_for_ever_more_seldom(tmp_path: Path) -> None:
    exchange, clock = Exchange(["AUSDT"]), EventClock(MIDNIGHT)
    exchange.answer = lambda symbol: web.json_response({"lastUpdateId": 1, "T": AT_MS, "bids": [], "asks": []})
    async with made(exchange, tmp_path, clock) as one:
        one.give(exchange.change("AUSDT"))

        pauses = []
        for _ in range(9):
            assert one.resync.due(one.books) == [0]
            await one.resync.fetch(one.books, 0)
            began = clock.now_ns()
            while not one.resync.due(one.books):
                clock.set(clock.now_ns() + SECOND // 2)
            pauses.append((clock.now_ns() - began) / SECOND)

        assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
        assert (one.books.synced, one.books.counters.too_old) == (0, 9)


async def test_what_has_held_is_mended_at_once_again(tmp_path: Path) -> None:
    exchange, clock = Exchange(["AUSDT"]), EventClock(MIDNIGHT)
    async with made(exchange, tmp_path, clock) as one:
        one.give(exchange.change("AUSDT"))
        await one.resync.fetch(one.books, 0)
        assert one.books.synced == 1
        clock.set(MIDNIGHT + 11 * SECOND)
        assert one.resync.due(one.books) == []

        exchange.change("AUSDT")
        one.give(exchange.change("AUSDT"))
        assert one.resync.due(one.books) == [0]
        await one.resync.fetch(one.books, 0)
        assert one.books.synced == 1
        one.books.lose([0], MIDNIGHT)
        one.give(exchange.change("AUSDT"))

        # The second attempt followed upon the first one's pause of half a second again.
        assert one.resync.due(one.books) == []
        clock.set(clock.now_ns() + SECOND // 2)
        assert one.resync.due(one.books) == [0]


async def test_what_breaks_again_and_again_never_waits_longer_than_two_seconds(tmp_path: Path) -> None:
    exchange, clock = Exchange(["AUSDT"]), EventClock(MIDNIGHT)
    async with made(exchange, tmp_path, clock) as one:
        one.give(exchange.change("AUSDT"))
        waited = []
        for _ in range(6):
            began = clock.now_ns()
            while not one.resync.due(one.books):
                clock.set(clock.now_ns() + SECOND // 2)
            waited.append((clock.now_ns() - began) / SECOND)
            await one.resync.fetch(one.books, 0)
            assert one.books.synced == 1
            assert one.resync.due(one.books) == []
            # One message is missing.
            exchange.change("AUSDT")
            one.give(exchange.change("AUSDT"))
            assert one.books.synced == 0

        assert waited == [0.0, 0.5, 1.0, 2.0, 2.0, 2.0]


async def test_a_refusal_is_counted_and_tried_again_later(tmp_path: Path) -> None:
    exchange, clock = Exchange(["AUSDT"]), EventClock(MIDNIGHT)
    exchange.answer = lambda symbol: web.json_response({"code": -1121, "msg": "Invalid symbol."})
    async with made(exchange, tmp_path, clock) as one:
        one.give(exchange.change("AUSDT"))
        await one.resync.fetch(one.books, 0)

        assert (one.resync.attempts, one.resync.failures, one.books.synced) == (1, 1, 0)
        assert one.resync.due(one.books) == []
        await one.resync.fetch(one.books, 1)
        assert one.resync.attempts == 1


async def test_a_stream_that_brings_its_snapshots_is_subscribed_again(tmp_path: Path) -> None:
    exchange, clock = Exchange(["AUSDT", "BUSDT"]), EventClock(MIDNIGHT)
    renewed: list[tuple[Channel, tuple[str, ...]]] = []

    def frame(kind: str, update: int) -> bytes:
        data = {"s": "BUSDT", "b": [["99.9", "1"]], "a": [["100.1", "1"]], "u": update}
        return json.dumps({"topic": "orderbook.50.BUSDT", "type": kind, "ts": AT_MS, "data": data}).encode()

    def renew(channel: Channel, symbols: object, cause: str) -> None:
        assert cause
        assert isinstance(symbols, list)
        renewed.append((channel, tuple(symbols)))

    async with made(exchange, tmp_path, clock, "bybit", renew) as one:
        one.give(frame("snapshot", 5))
        one.resync.renew(one.books)
        assert renewed == []

        one.give(frame("delta", 7))
        one.resync.renew(one.books)
        one.resync.renew(one.books)
        assert renewed == [(Channel.BOOKS, ("BUSDT",))]

        clock.set(MIDNIGHT + SECOND)
        one.resync.renew(one.books)
        assert len(renewed) == 2
        one.give(frame("snapshot", 20))
        clock.set(MIDNIGHT + 5 * SECOND)
        one.resync.renew(one.books)
        assert len(renewed) == 2
        assert exchange.asked == []


async def test_renewing_goes_on_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.001)
    renewed = asyncio.Event()
    async with made(Exchange(["BUSDT"]), tmp_path, None, "bybit", lambda *_: renewed.set()) as one:
        task = asyncio.ensure_future(one.resync.follow())
        data = {"s": "BUSDT", "b": [], "a": [["100.1", "1"]], "u": 9}
        one.give(json.dumps({"topic": "orderbook.50.BUSDT", "type": "delta", "ts": AT_MS, "data": data}).encode())
        async with asyncio.timeout(10):
            await renewed.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_without_books_there_is_nothing_to_follow(tmp_path: Path) -> None:
    async with made(Exchange(["AUSDT"]), tmp_path) as one:
        one.engine.books = None
        await one.resync.follow()


async def test_it_takes_what_it_reserves(tmp_path: Path) -> None:
    async with made(Exchange(["AUSDT"]), tmp_path) as one:
        (reserved,) = BookResync.reserve(series=2)
        (line,) = [line for line in one.ledger.report() if line.owner == reserved.owner]

    assert (line.bytes_reserved, line.capacity) == (reserved.bytes, 2)
