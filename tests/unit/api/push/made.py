"""A small market for push: an engine with scores, what reads it, and a clock that is set."""

from collections.abc import Sequence
from typing import Any

import msgspec
from tests.build import ALL, MIDNIGHT, T, instrument, step

from tidemark.analysis.analysis import Weights
from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.hub import Hub
from tidemark.api.push.reads import Reads
from tidemark.clock import EventClock
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.venues.registry import find
from tidemark.live.health import Figures
from tidemark.live.lags import Lags
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Listing, MarketEvent, StreamGap, Tick, TickerUpdate
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

SYMBOLS = ("BTCUSDT", "ETHUSDT", "XRPUSDT")


class Said(msgspec.Struct, frozen=True):
    """Stands for what others put together."""

    n: int


class Market:
    """An engine whose markets are alive since an hour before midnight; time passes by `until`."""

    def __init__(
        self,
        symbols: Sequence[str] = SYMBOLS,
        *,
        series: int = 4,
        is_scored: bool = True,
        has_books: bool = False,
        timeframes: Sequence[Timeframe] = (Timeframe.S10, Timeframe.M1, Timeframe.M5),
        parts: int = 1,
    ) -> None:
        self.series = series
        self.ledger = Ledger()
        self.clock = EventClock(MIDNIGHT)
        self.engine = Engine(
            EngineSize(
                series=series,
                retention={one: ALL[one] for one in timeframes},
                tape_rows=100,
                is_numbered=True,
                batch_trades=8192,
                grace_ns=2 * SECOND,
                book_depth=50 if has_books else 0,
                book_rules=find("bybit").book_rules,
                weights=Weights() if is_scored else None,
            ),
            self.ledger,
        )
        self.said = 0
        self.told: Figures | None = None
        self.is_conflated = False
        self._number = 0
        self.lags = Lags(self.ledger)
        self.reads = Reads(
            engine=self.engine,
            ledger=self.ledger,
            clock=self.clock,
            lags=self.lags,
            is_conflated=lambda: self.is_conflated,
            figures=lambda: self.told,
            health=lambda: [Said(self.said)] * parts,
            memory=lambda: Said(self.said),
        )
        begun = MIDNIGHT - 3600 * SECOND
        for symbol in symbols:
            self.list(symbol, begun)
        for channel in ("trades", "tickers", "books"):
            self.tell(
                StreamGap(
                    ts_event=begun, ts_recv=begun, venue="bybit", channel=channel, symbols=(), gap_to=begun,
                    cause="start",
                )
            )  # fmt: skip

    def tell(self, event: MarketEvent) -> None:
        step(self.engine, event)

    def list(self, symbol: str, at_ns: int = MIDNIGHT) -> None:
        self.tell(Listing(ts_event=at_ns, ts_recv=at_ns, instrument=instrument(symbol)))

    def ticker(self, symbol: str, at: float = 0.0, **fields: Any) -> None:
        ns = MIDNIGHT + round(at * SECOND)
        self.tell(TickerUpdate(ts_event=ns, ts_recv=ns, symbol=symbol, **fields))

    def trade(self, *trades: T) -> None:
        batch = Batch(max(1, len(trades)), 1)
        for one in trades:
            self._number += 1
            ns = MIDNIGHT + round(one.at * SECOND)
            batch.trades.append(one.slot, ns, ns, self._number, self._number, one.price, one.size, one.is_buy)
        self.engine.process(batch)

    def book(self, slot: int, bids: Sequence[tuple[float, float]], asks: Sequence[tuple[float, float]]) -> None:
        """A snapshot of a book, as the stream gives it."""
        self._number += 1
        batch = Batch(1, 1)
        now = self.clock.now_ns()
        assert batch.books.append(slot, True, now, now, self._number, self._number, -1, tuple(bids), tuple(asks))
        self.engine.process(batch)

    def lose_books(self) -> None:
        at = self.clock.now_ns()
        self.tell(
            StreamGap(ts_event=at, ts_recv=at, venue="bybit", channel="books", symbols=(), gap_from=at, cause="lost")
        )

    def until(self, at: float) -> None:
        """It is *at* seconds after midnight, for the engine too."""
        ns = MIDNIGHT + round(at * SECOND)
        self.clock.set(ns)
        self.tell(Tick(ts_event=ns, ts_recv=ns))

    def hub(self, clients: int = 10) -> Hub:
        return Hub(self.reads, clients=clients, series=self.series, ledger=self.ledger)

    def figures(self) -> MarketFigures:
        return MarketFigures(self.reads, series=self.series, ledger=self.ledger)


class FakePipe:
    """A way to a client that takes *room* bytes, and more when it `reads`; all of it, unless it says otherwise."""

    def __init__(self, room: int | None = None) -> None:
        self.room = room
        self.pending = b""
        self.arrived = b""
        self.is_closed = False
        self.is_aborted = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.pending += data
        self._move()

    def _move(self) -> None:
        count = len(self.pending) if self.room is None else min(self.room, len(self.pending))
        self.arrived += self.pending[:count]
        self.pending = self.pending[count:]
        if self.room is not None:
            self.room -= count

    def reads(self, count: int | None) -> None:
        self.room = count
        self._move()

    def get_write_buffer_size(self) -> int:
        return len(self.pending)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True
        self.pending = b""


def frames_of(arrived: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Opcode and payload of each whole frame, and what is left."""
    found = []
    while len(arrived) >= 2:
        length, head = arrived[1], 2
        if length == 126:
            length, head = int.from_bytes(arrived[2:4]), 4
        elif length == 127:
            length, head = int.from_bytes(arrived[2:10]), 10
        if len(arrived) < head + length:
            break
        found.append((arrived[0] & 0x0F, arrived[head : head + length]))
        arrived = arrived[head + length :]
    return found, arrived
