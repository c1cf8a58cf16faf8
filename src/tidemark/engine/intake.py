"""From frames to the engine: what live and replay share, line for line, behind the socket or the file.

It gathers what the parser finds into one batch, and hands the batch to the engine when it is full, sealed or asked for.
"""

from collections.abc import Callable
from typing import Protocol

from tidemark.engine.outputs import Output
from tidemark.engine.step import Engine
from tidemark.errors import FrameError
from tidemark.kernels.columns import TradeColumns
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.batch import Batch
from tidemark.model.events import ClockJump, ControlEvent, MarketEvent, Tick
from tidemark.units import SECOND

# The most rows that one frame may bring, trades or events; a batch gathers some, and takes one frame more.
FRAME_ROWS = 4096
BATCH_TRADES = 2 * FRAME_ROWS
BATCH_EVENTS = FRAME_ROWS + 1024
# Both sides of a book may bring as many levels each.
BATCH_BOOKS = 2048
BATCH_LEVELS = 4 * FRAME_ROWS + 2 * FRAME_ROWS
# Past these there is no room for one frame more.
_MOST_TRADES = BATCH_TRADES - FRAME_ROWS
_MOST_EVENTS = BATCH_EVENTS - FRAME_ROWS
_MOST_LEVELS = BATCH_LEVELS - 2 * FRAME_ROWS
_TRADE_BYTES = 53
_BOOK_BYTES = 57
_LEVEL_BYTES = 16
_FIXED_BYTES = BATCH_TRADES * _TRADE_BYTES + BATCH_BOOKS * _BOOK_BYTES + BATCH_LEVELS * _LEVEL_BYTES + 8192
# An update with all its fields, boxed.
_EVENT_BYTES = 768


class FrameParser(Protocol):
    """What the intake asks of a venue's parser.

    fallbacks: frames of the hot kinds that were not written as usual, and went the long way round.
    """

    fallbacks: int

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        """Add what *frame* says to *batch*; FrameError when it cannot be used."""
        ...


class Intake:
    """One batch between a source of frames and the engine.

    deliver: called with the outputs of each step that has any; may be replaced. reject: called with each frame that
    could not be used. keep_trades, where it is set: called with the trades of each batch and the marks of those that
    were taken.
    Memory: the batch, reserved as "batch".
    """

    def __init__(
        self,
        engine: Engine,
        parser: FrameParser,
        ledger: Ledger,
        *,
        deliver: Callable[[list[Output]], None],
        reject: Callable[[FrameError, bytes | memoryview], None],
    ) -> None:
        self.engine = engine
        self.frames = 0
        self.rejected = 0
        self.ticked_at = 0
        self._parser = parser
        self._feed = parser.feed
        self.keep_trades: Callable[[TradeColumns, Array], None] | None = None
        self.deliver = deliver
        self._reject = reject
        self._batch = Batch(BATCH_TRADES, BATCH_EVENTS, BATCH_BOOKS, BATCH_LEVELS)
        self._trades = self._batch.trades
        self._books = self._batch.books
        self._events = self._batch.events
        # Trades and book messages after the last frame, and whether room for those of one more is missing.
        self._rows = 0
        self._messages = 0
        self._is_full = False
        self._peak = 0
        ledger.open(self)

    @property
    def fallbacks(self) -> int:
        """Trades and changes of books that the fast scanner left to the reference decoder, in frames."""
        return self._parser.fallbacks

    @property
    def reservation(self) -> Reservation:
        """The batch."""
        return self.reserve()

    @staticmethod
    def reserve() -> Reservation:
        """What an intake takes, without allocating it."""
        return Reservation(
            owner="batch",
            kind="array",
            capacity=BATCH_EVENTS,
            item_bytes=_EVENT_BYTES,
            fixed_bytes=_FIXED_BYTES,
            policy="is handed to the engine",
        )

    def usage(self) -> Usage:
        """Events waiting in the batch; the columns count as used."""
        used = len(self._batch.events)
        self._peak = max(self._peak, used)
        return Usage(used=used, peak=self._peak, bytes_used=used * _EVENT_BYTES + _FIXED_BYTES)

    def frame(self, payload: bytes | memoryview, ts_recv: int) -> int:
        """Take one frame; give the newest event time that it spoke of, 0 when it spoke of none."""
        events = self._events
        told = len(events)
        # What seals the batch is handed on at once, so only room can be missing.
        if self._is_full or told > _MOST_EVENTS:
            self.flush()
            told = 0
        self.frames += 1
        try:
            self._feed(payload, ts_recv, self._batch)
        except FrameError as error:
            self.rejected += 1
            self._reject(error, payload)
            return 0
        trades = self._trades
        rows = trades.count
        if rows > self._rows:
            self._rows = rows
            self._is_full = rows > _MOST_TRADES
            return trades.newest()
        books = self._books
        messages = books.count
        if messages > self._messages:
            self._messages = messages
            self._is_full = messages == BATCH_BOOKS or books.filled > _MOST_LEVELS
            return books.newest()
        if len(events) == told:
            return 0
        ts_event = events[-1].ts_event
        if self._batch.sealed:
            self.flush()
        return ts_event

    def event(self, event: MarketEvent) -> None:
        """Take something that is in no frame, behind everything that came before it."""
        if not self._batch.has_room():
            self.flush()
        self._batch.add(event)
        if isinstance(event, ControlEvent):
            self.flush()
        if isinstance(event, ClockJump):
            # The next whole second of the clock as it is now is the next tick, whichever way it was set.
            self.ticked_at = event.ts_recv - event.ts_recv % SECOND

    def pass_time(self, now_ns: int) -> list[Tick]:
        """Tell the engine each whole second of our clock up to *now_ns*; give the ticks that this took.

        A jump of more than a minute is told as one tick: what lies between was not lived through.
        """
        second = now_ns - now_ns % SECOND
        if second <= self.ticked_at:
            return []
        first = self.ticked_at + SECOND if second - self.ticked_at <= 60 * SECOND else second
        ticks = [Tick(ts_event=ts, ts_recv=ts) for ts in range(first, second + 1, SECOND)]
        for tick in ticks:
            self.event(tick)
        self.ticked_at = second
        return ticks

    def flush(self) -> None:
        """Hand what has gathered to the engine."""
        if self._batch.is_empty:
            return
        outputs = self.engine.process(self._batch)
        if self.keep_trades is not None and self._trades.count:
            self.keep_trades(self._trades, self.engine.taken)
        self._batch.clear()
        self._rows = self._messages = 0
        self._is_full = False
        if outputs:
            self.deliver(outputs)
