"""An exchange on loopback that tells of derivatives as its documentation says, and a time that passes when told to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from tests.build import engine

from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.live.derivatives import DerivativePolls
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.settings.markets import Derivatives
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import MILLISECOND, SECOND

STEP_MS = 300_000
SETTLED_MS = 8 * 3_600_000


class VirtualTime:
    """A clock that moves on only when everybody sleeps, and a sleep that waits for it."""

    def __init__(self, start_ns: int) -> None:
        self.clock = EventClock(start_ns)
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.clock.now_ns() + int(seconds * SECOND), future))
        self._changed.set()
        await future

    async def run(self, seconds: float, tasks: int) -> None:
        """Let *seconds* pass for *tasks* tasks that do nothing but ask and sleep."""
        end = self.clock.now_ns() + int(seconds * SECOND)
        while True:
            async with asyncio.timeout(20):
                while len(self._sleepers) < tasks:
                    self._changed.clear()
                    await self._changed.wait()
            due = min(at for at, _ in self._sleepers)
            if due > end:
                self.clock.set(end)
                return
            self.clock.set(due)
            awake = [future for at, future in self._sleepers if at <= due]
            self._sleepers = [(at, future) for at, future in self._sleepers if at > due]
            for future in awake:
                future.set_result(None)


class DerivativesExchange:
    """Figures that follow from their times, told at the paths of one venue.

    Open interest at T is the number of five minutes since the epoch, less 5,000,000; the share of longs the last two
    digits of that as hundredths; a rate is the hour of the day as basis points.
    """

    def __init__(self, venue: str, clock: EventClock) -> None:
        self.venue = venue
        self.clock = clock
        self.asked: list[tuple[int, str, str]] = []
        self.refused: set[str] = set()
        self.is_down = False
        self.is_short = False
        # Answers instead of the exchange, when it gives any.
        self.instead: Callable[[str, str], web.Response | None] = lambda path, symbol: None

    def times(self, path: str) -> list[tuple[int, str]]:
        """When and for whom the requests to paths that end like this came, in seconds since the start of the epoch."""
        return [(at // SECOND, symbol) for at, asked, symbol in self.asked if asked.endswith(path)]

    async def handle(self, request: web.Request) -> web.Response:
        query, path = request.query, request.path
        symbol = query.get("symbol", "")
        self.asked.append((self.clock.now_ns(), path, symbol))
        other = self.instead(path, symbol)
        if other is not None:
            return other
        if self.is_down:
            return web.Response(status=503)
        if symbol in self.refused:
            return self._refusal()
        return web.json_response(self._answer(path, symbol, query))

    def _refusal(self) -> web.Response:
        if self.venue == "bybit":
            return web.json_response({"retCode": 10001, "retMsg": "params error", "result": {}})
        return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)

    def _answer(self, path: str, symbol: str, query: Any) -> Any:
        now_ms = self.clock.now_ns() // MILLISECOND
        limit = 1 if self.is_short else int(query.get("limit", "1"))
        name = path.rpartition("/")[2]
        if self.venue == "bybit":
            return {"retCode": 0, "retMsg": "OK", "time": now_ms, "result": self._bybit(path, symbol, query, limit)}
        match name:
            case "openInterestHist":
                return [
                    {"symbol": symbol, "sumOpenInterest": f"{value}", "sumOpenInterestValue": "1", "timestamp": at}
                    for at, value in self._points(query, limit)
                ]
            case "globalLongShortAccountRatio":
                return [
                    {"symbol": symbol, "longAccount": f"{value % 100 / 100}", "timestamp": at}
                    for at, value in self._points(query, limit)
                ]
            case "fundingRate":
                return [
                    {"symbol": symbol, "fundingRate": f"{rate}", "fundingTime": at + at % 7}
                    for at, rate in self._settled(limit)
                ]
            case "openInterest":
                return {"symbol": symbol, "openInterest": f"{now_ms // STEP_MS - 5_000_000}.5", "time": now_ms}
            case "premiumIndex":
                return [
                    {
                        "symbol": symbol,
                        "markPrice": "101",
                        "indexPrice": "100",
                        "lastFundingRate": "0.0001",
                        "nextFundingTime": (now_ms // SETTLED_MS + 1) * SETTLED_MS,
                        "time": now_ms,
                    }
                    for symbol in ("AUSDT", "BUSDT", "BUSDT_261225")
                ]
        raise AssertionError(path)

    def _bybit(self, path: str, symbol: str, query: Any, limit: int) -> Any:
        assert query["category"] == "linear"
        match path:
            case "/v5/market/open-interest":
                rows = [{"openInterest": f"{value}", "timestamp": f"{at}"} for at, value in self._points(query, limit)]
            case "/v5/market/account-ratio":
                rows = [
                    {"symbol": symbol, "buyRatio": f"{value % 100 / 100}", "sellRatio": "0", "timestamp": f"{at}"}
                    for at, value in self._points(query, limit)
                ]
            case "/v5/market/funding/history":
                rows = [
                    {"symbol": symbol, "fundingRate": f"{rate}", "fundingRateTimestamp": f"{at}"}
                    for at, rate in self._settled(limit)
                ]
            case "/v5/market/tickers":
                rows = [{"symbol": name, "markPrice": "101", "indexPrice": "100"} for name in ("AUSDT", "BUSDT")]
            case _:
                raise AssertionError(path)
        return {"category": "linear", "symbol": symbol, "list": rows[::-1], "nextPageCursor": ""}

    def _points(self, query: Any, limit: int) -> list[tuple[int, int]]:
        newest = self.clock.now_ns() // MILLISECOND // STEP_MS
        first = max(int(query.get("startTime", "0")) // STEP_MS, 0)
        last = min(int(query["endTime"]) // STEP_MS, newest) if "endTime" in query else newest
        return [(n * STEP_MS, n - 5_000_000) for n in range(max(first, last - limit + 1), last + 1)]

    def _settled(self, limit: int) -> list[tuple[int, float]]:
        newest = self.clock.now_ns() // MILLISECOND // SETTLED_MS
        return [(n * SETTLED_MS, n % 3 * 0.0008) for n in range(newest - limit + 1, newest + 1)]


class Polled:
    """A poller with all that it needs, asking an exchange on loopback."""

    def __init__(
        self,
        rest: RestClient,
        exchange: DerivativesExchange,
        time: VirtualTime,
        symbols: Sequence[str],
        folder: Path,
        capture: CaptureWriter | None,
        options: dict[str, Any],
    ) -> None:
        self.exchange = exchange
        self.time = time
        self.engine: Engine = engine(symbols, series=max(4, len(symbols)))
        venue = registry.find(exchange.venue)
        self.sink = Sink(time.clock, Rejects(folder / "rejects"), capture)
        self.sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            Ledger(),
            deliver=lambda outputs: None,
            reject=self.sink.reject,
        )
        begin = options.pop("begin", None)
        self.polls = DerivativePolls(
            rest,
            venue,
            self.sink,
            self.engine,
            time.clock,
            Derivatives(**options),
            Ledger(),
            begin=begin,
            sleep=time.sleep,
        )

    @property
    def tasks(self) -> int:
        """Those of the poller: one a question, and one for the mark prices."""
        return len(self.polls.polls) + 1

    async def run(self, seconds: float) -> None:
        """Let *seconds* pass; what was told is in the engine afterwards."""
        await self.time.run(seconds, self.tasks)
        assert self.sink.intake is not None
        self.sink.intake.flush()


@asynccontextmanager
async def polled(
    venue: str,
    start_ns: int,
    folder: Path,
    symbols: Sequence[str] = ("AUSDT", "BUSDT"),
    capture: CaptureWriter | None = None,
    **options: Any,
) -> AsyncIterator[Polled]:
    """The poller at work; it ends with the block."""
    time = VirtualTime(start_ns)
    exchange = DerivativesExchange(venue, time.clock)
    app = web.Application()
    app.router.add_get("/{path:.*}", exchange.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoints = Endpoints(f"http://127.0.0.1:{runner.addresses[0][1]}", "")
    try:
        async with RestClient(
            registry.find(venue), endpoints, time.clock, attempts=2, first_wait_s=0.001, sleep=time.sleep
        ) as rest:
            made = Polled(rest, exchange, time, symbols, folder, capture, options)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(made.polls.run())
                try:
                    yield made
                finally:
                    running.cancel()
    finally:
        await runner.cleanup()
