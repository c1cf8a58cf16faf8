"""A market of 560 symbols that moves in real time, with scores and a book, and the push that serves it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import numpy as np
from aiohttp import web
from aiohttp.typedefs import Handler

from benchmarks.material.market import TICK_SIZE, instruments
from tidemark.analysis.analysis import Weights
from tidemark.api.push.hub import Hub
from tidemark.api.push.reads import Reads
from tidemark.clock import SystemClock
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.venues.registry import find
from tidemark.live.lags import Lags
from tidemark.live.pressure import BEAT_S
from tidemark.memory.ledger import Ledger, OwnerReport
from tidemark.model.batch import Batch
from tidemark.model.events import Listing, StreamGap, Tick, TickerUpdate
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import SECOND

SYMBOLS = 560
_TRADES_PER_S = 2_000
_TICKERS_PER_S = 600
_LEVELS = 50
_PRICE = 1000.0


class _Memory(msgspec.Struct, frozen=True):
    """Stands for what REST says of the memory: its lines are the same."""

    owners: list[OwnerReport]


class PushMarket:
    """The engine, and the hub that reads it."""

    def __init__(self, *, clients: int) -> None:
        self.clock = SystemClock()
        self.ledger = Ledger()
        settings, venue = Settings(), find("bybit")
        size = EngineSize(
            series=SYMBOLS,
            retention={one: settings.candles.retention.rows(one.value) for one in Timeframe},
            tape_rows=100,
            is_numbered=True,
            batch_trades=8192,
            grace_ns=2 * SECOND,
            book_depth=_LEVELS,
            book_rules=venue.book_rules,
            weights=Weights(),
        )
        self.engine = Engine(size, self.ledger)
        self.lags = Lags(self.ledger)
        self.names = [f"M{number:03d}USDT" for number in range(SYMBOLS)]
        reads = Reads(
            engine=self.engine,
            ledger=self.ledger,
            clock=self.clock,
            lags=self.lags,
            is_conflated=lambda: False,
            figures=lambda: None,
            health=list,
            memory=lambda: _Memory(self.ledger.report()),
        )
        self.hub = Hub(reads, clients=clients, series=SYMBOLS, ledger=self.ledger)
        # How late the loop came, each time since whoever measures emptied it.
        self.late_ns: list[int] = []
        self._rng = np.random.default_rng(1)
        self._number = 0
        self._batch = Batch(8192, 8192)
        self._list()
        self.ledger.seal()

    def _list(self) -> None:
        now = self.clock.now_ns()
        for instrument in instruments("bybit", self.names):
            self._batch.add(Listing(ts_event=now, ts_recv=now, instrument=instrument))
        for channel in ("trades", "tickers", "books"):
            self._batch.add(
                StreamGap(
                    ts_event=now, ts_recv=now, venue="bybit", channel=channel, symbols=(), gap_to=now, cause="start"
                )
            )  # fmt: skip
        self.engine.process(self._batch)

    def move(self) -> None:
        """A beat of trades, tickers and a book."""
        now, batch, rng = self.clock.now_ns(), self._batch, self._rng
        batch.clear()
        count = round(_TRADES_PER_S * BEAT_S)
        slots, steps = rng.integers(0, SYMBOLS, count).tolist(), rng.integers(-40, 41, count).tolist()
        # The market that all clients look at trades in every beat.
        slots[0] = 0
        for slot, step in zip(slots, steps, strict=True):
            self._number += 1
            price = _PRICE + TICK_SIZE * step
            batch.trades.append(slot, now, now, self._number, self._number, price, 1.0, step > 0)
        for slot in rng.integers(0, SYMBOLS, round(_TICKERS_PER_S * BEAT_S)).tolist():
            price = _PRICE + TICK_SIZE * slot
            update = TickerUpdate(
                ts_event=now, ts_recv=now, symbol=self.names[slot], last=price, mark=price, index=_PRICE,
                open_interest=1e6 + self._number, turnover_24h=1e9 + self._number, funding_rate=0.0001,
            )  # fmt: skip
            batch.add(update)
        sizes = rng.uniform(1.0, 100.0, (2, _LEVELS)).round(3).tolist()
        sides = [
            tuple((_PRICE + sign * TICK_SIZE * (n + 1), size) for n, size in enumerate(sizes[at]))
            for at, sign in enumerate((-1, 1))
        ]
        batch.books.append(0, True, now, now, self._number, self._number, -1, *sides)
        batch.add(Tick(ts_event=now, ts_recv=now))
        self.engine.process(batch)

    async def beat(self) -> None:
        """Move, and note how late the loop came, until cancelled."""
        while True:
            due = self.clock.monotonic_ns() + round(BEAT_S * SECOND)
            await asyncio.sleep(BEAT_S)
            self.late_ns.append(max(0, self.clock.monotonic_ns() - due))
            self.lags.add(self.late_ns[-1])
            self.move()


@asynccontextmanager
async def served(market: PushMarket, others: Mapping[str, Handler] | None = None) -> AsyncIterator[int]:
    """Serve the hub of *market*, which moves meanwhile, and *others* by their paths; gives the port."""
    app = web.Application()
    app.router.add_get("/ws", market.hub.handle)
    for path, handler in (others or {}).items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(market.beat()), group.create_task(market.hub.follow())]
        try:
            yield runner.addresses[0][1]
        finally:
            await market.hub.close("the benchmark has ended")
            for task in tasks:
                task.cancel()
    await runner.cleanup()
