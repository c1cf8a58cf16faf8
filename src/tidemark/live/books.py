"""Mends order books that are out of sync: a snapshot by REST, or the same stream once more."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import TidemarkError
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Channel
from tidemark.live.sink import Sink
from tidemark.market.books import Books
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.units import SECOND

LOOK_S = 0.1
# Snapshots that are asked for at the same time.
FETCHES = 4
# A book is mended at once, and again after these pauses, doubled each time up to the longest.
FIRST_PAUSE_NS = SECOND // 2
LONGEST_PAUSE_NS = 60 * SECOND
# What has held for so long is mended at once again. What held at all was mended by the attempt, and broke anew: the
# pause is no longer than that of this many attempts, 2 s, however often that happens.
HOLDS_NS = 10 * SECOND
_MENDED = 2
Renew = Callable[[Channel, Sequence[str], str], None]
_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "attempts": (np.int64, ()),
    "due_ns": (np.int64, ()),
    "is_asked": (np.uint8, ()),
}
log = structlog.get_logger()


class BookResync:
    """Looks ten times a second which books need a snapshot, and gets it, with a pause after each attempt at one book.

    Where snapshots come by REST, a few are asked for at once and delivered to *sink*; otherwise *renew* subscribes the
    books again, which brings one. Memory: 17 bytes a slot.
    """

    def __init__(
        self, rest: RestClient, sink: Sink, engine: Engine, clock: Clock, ledger: Ledger, renew: Renew | None = None
    ) -> None:
        self.attempts = 0
        self.failures = 0
        self._rest = rest
        self._sink = sink
        self._engine = engine
        self._clock = clock
        self._renew = renew
        series = engine.universe.reservation.capacity
        self._table = Table("books/resync", slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._tried = self._table.columns["attempts"]
        self._due_ns = self._table.columns["due_ns"]
        self._is_asked = self._table.columns["is_asked"]

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same number of slots will take, without allocating it."""
        return [Table.reserve("books/resync", slots=series, columns=_COLUMNS)]

    async def follow(self) -> None:
        """Mend what has to be mended, without end; without books there is nothing to do."""
        books = self._engine.books
        if books is None:
            return
        if not books.rules.resyncs_by_rest:
            while True:
                self.renew(books)
                await asyncio.sleep(LOOK_S)
        async with asyncio.TaskGroup() as group:
            for number in range(FETCHES):
                group.create_task(self._fetch_in_turn(books), name=f"book snapshots {number}")

    def due(self, books: Books) -> list[int]:
        """The slots to mend now: those that want it, are not being mended, and have paused long enough."""
        now = self._clock.monotonic_ns()
        self._forgive(books, now)
        return [slot for slot in books.wanting() if not self._is_asked[slot] and self._due_ns[slot] <= now]

    def renew(self, books: Books) -> None:
        """Subscribe once more whatever is due."""
        slots = self.due(books)
        if self._renew is None or not slots:
            return
        symbols = [symbol for slot in slots if (symbol := self._attempt(slot)) is not None]
        log.info("order books are subscribed again", count=len(symbols), symbols=symbols[:5])
        self._renew(Channel.BOOKS, symbols, "order book out of sync")

    async def fetch(self, books: Books, slot: int) -> None:
        """Ask for one snapshot and deliver it; what the exchange refuses or does not answer is tried again later."""
        symbol = self._attempt(slot)
        if symbol is None:
            return
        self._is_asked[slot] = 1
        try:
            self._sink.on_event(await self._rest.book_snapshot(symbol, books.rules.levels(books.depth)))
        except TidemarkError as error:
            self.failures += 1
            log.warning("no snapshot of an order book", symbol=symbol, cause=str(error))
        finally:
            self._is_asked[slot] = 0
            # The pause begins with the answer: a slow one is not followed by the next request at once.
            self._due_ns[slot] = self._clock.monotonic_ns() + self._pause_ns(slot)

    async def _fetch_in_turn(self, books: Books) -> None:
        while True:
            slots = self.due(books)
            if slots:
                await self.fetch(books, slots[0])
            else:
                await asyncio.sleep(LOOK_S)

    def _attempt(self, slot: int) -> str | None:
        """Count an attempt at *slot*; give its symbol, None when it has left."""
        instrument = self._engine.universe.instrument(slot)
        if instrument is None:
            return None
        self.attempts += 1
        self._tried[slot] += 1
        self._due_ns[slot] = self._clock.monotonic_ns() + self._pause_ns(slot)
        return instrument.symbol

    def _pause_ns(self, slot: int) -> int:
        return min(FIRST_PAUSE_NS << min(int(self._tried[slot]) - 1, 16), LONGEST_PAUSE_NS)

    def _forgive(self, books: Books, now: int) -> None:
        """Let those begin anew that have held, and those that hold now not wait for long."""
        for slot in np.flatnonzero(self._tried).tolist():
            if books.is_synced(slot):
                has_held = now - self._due_ns[slot] > HOLDS_NS
                self._tried[slot] = 0 if has_held else min(int(self._tried[slot]), _MENDED)
