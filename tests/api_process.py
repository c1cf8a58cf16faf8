"""A process that has watched twenty markets for some minutes, with a book of one: what the API is asked about."""

from pathlib import Path

import msgspec
from tests.leaks.process import Driver, Simulated, build

from tidemark.api.monitor import Monitor
from tidemark.api.push.hub import Hub
from tidemark.api.push.reads import Reads
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.health import parts_of
from tidemark.api.routes.memory import memory
from tidemark.api.score_history import ScoreHistory
from tidemark.live.assembly import Parts
from tidemark.model.events import Listing, StreamGap
from tidemark.settings.settings import load

LIVED_S = 2900
_BOOK_EVERY_S = 100
SYMBOL = "M07USDT"
UNKNOWN = "NOSUCHUSDT"


class Lived:
    """Its parts, its clock, and the monitor that reads them."""

    def __init__(self, parts: Parts, clock: Simulated) -> None:
        self.parts = parts
        self.clock = clock
        self.driver = Driver(parts, clock)
        series = parts.engine.universe.reservation.capacity
        self.history = ScoreHistory(parts.engine.universe, parts.engine.analysis, series=series, ledger=parts.ledger)
        self.monitor = monitor = Monitor(
            parts, load(None, {}, {"store.database": "postgresql://user:secret@host/db"}), self.history
        )

        reads = Reads(
            engine=parts.engine,
            ledger=parts.ledger,
            clock=clock,
            lags=parts.health.lags,
            is_conflated=lambda: parts.conflation.is_on,
            figures=lambda: monitor.figures,
            health=lambda: parts_of(monitor),
            memory=lambda: memory(monitor, Nothing()),
            recent=parts.recent,
            alerting=parts.alerting,
        )
        self.hub = Hub(reads, clients=4, series=series, ledger=parts.ledger)
        monitor.market = self.hub.market

    def live(self, seconds: int) -> None:
        """Let so much of its time pass."""
        for _ in range(seconds):
            self.driver.step(lambda _: None)
            self.history.take(self.clock.at_ns)
            self.hub.market.follow(self.clock.at_ns)

    def feed_book(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        """The exchange tells the whole book of SYMBOL."""
        now_ms = self.clock.at_ns // 1_000_000
        frame = {
            "topic": f"orderbook.50.{SYMBOL}", "type": "snapshot", "ts": now_ms,
            "data": {"s": SYMBOL, "b": bids, "a": asks, "u": 1, "seq": 1}, "cts": now_ms,
        }  # fmt: skip
        self.parts.sink.on_frame("bybit-1", memoryview(msgspec.json.encode(frame)), self.clock.at_ns)
        self.parts.intake.flush()


async def lived(folder: Path, seconds: int = LIVED_S) -> Lived:
    """Such a process, not sealed."""
    clock = Simulated()
    parts = await build(
        folder, clock, "2GB", "trades,tickers,books", lambda series: ScoreHistory.reserve(series=series)
    )
    now = clock.at_ns
    for one in parts.instruments:
        parts.sink.on_event(Listing(ts_event=now, ts_recv=now, instrument=one))
    for channel in ("trades", "tickers", "books"):
        parts.sink.on_event(
            StreamGap(ts_event=now, ts_recv=now, venue="bybit", channel=channel, symbols=(), gap_to=now, cause="begun")
        )
    made = Lived(parts, clock)
    for _ in range(seconds // _BOOK_EVERY_S):
        made.live(_BOOK_EVERY_S)
        made.feed_book([["100.4", "1.5"], ["100.3", "2"]], [["100.6", "0.5"], ["100.7", "4"]])
    made.parts.health.look()
    return made
