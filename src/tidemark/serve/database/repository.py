"""Answers what is asked of the past, out of the database: pages, counts, and all of it in pieces."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

import msgspec
import sqlalchemy as sa

from tidemark.api.past import (
    DeadLetter,
    GapFilter,
    Graded,
    KeptSignal,
    NotificationFilter,
    Page,
    PoolFigures,
    SignalFilter,
    SignalStory,
)
from tidemark.clock import Clock
from tidemark.errors import UnmadeError
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap
from tidemark.model.notification import Notification
from tidemark.model.signal import Outcome
from tidemark.serve.database.asking import PIECE, Asking, made
from tidemark.serve.database.backtests import KeptBacktests
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.shelf import Shelf, same
from tidemark.serve.database.signal_shelves import (
    SHELF_OF_GRADED,
    SHELF_OF_OUTCOMES,
    SHELF_OF_SIGNALS,
    fitting_outcomes,
    fitting_signals,
    story_of,
)
from tidemark.settings.alerting import HISTORY
from tidemark.store.notification_rows import notification_of, title_of
from tidemark.store.tables import GAPS, NOTIFICATIONS, OUTBOX, gap_of
from tidemark.units import KIB, MILLISECOND

Row = TypeVar("Row")
# Of one signal, with all that became of it.
_STORY_BYTES = 64 * KIB


def _dead_letter(row: sa.Row[Any]) -> DeadLetter:
    return DeadLetter(
        number=row.number,
        sink=row.channel,
        at=row.changed_at,
        attempts=row.attempts,
        error=row.error,
        title="" if row.record is None else title_of(row.record),
    )


SHELF_OF_GAPS = Shelf(table=GAPS, time="gap_from", names=("venue", "symbol", "channel"), row_of=gap_of)
# Its text twice, as the row has it and as we do, in letters of any script.
SHELF_OF_NOTIFICATIONS = Shelf(
    table=NOTIFICATIONS, time="at", names=("id",), row_of=notification_of, row_bytes=48 * KIB
)
# What was to be sent stands beside it, for its title.
SHELF_OF_DEAD_LETTERS = Shelf(
    table=OUTBOX, time="changed_at", names=("notification",), row_of=_dead_letter, row_bytes=48 * KIB,
    beside=(
        sa.select(NOTIFICATIONS.c.record)
        .where(NOTIFICATIONS.c.venue == OUTBOX.c.venue, NOTIFICATIONS.c.id == OUTBOX.c.notification)
        .scalar_subquery()
        .label("record"),
    ),
)  # fmt: skip
ROW_BYTES = SHELF_OF_GAPS.row_bytes


class Fills(Protocol):
    """Fills the database before it is asked."""

    async def catch_up(self) -> str | None:
        """Wait until what was signalled a second ago is there; give why it is not."""
        ...


class Repository:
    """What `Past` asks for, through *pool*. What is read is held in the transient memory of *ledger*.

    venue: whose signals, by the name of the folder that they are kept in. filling: what the database is filled by
    before signals are read; None where somebody else does that. backtests: the runs, where they are in
    another database.
    """

    def __init__(
        self, pool: Pool, clock: Clock, ledger: Ledger, *, venue: str = "", filling: Fills | None = None,
        backtests: KeptBacktests | None = None,
    ) -> None:  # fmt: skip
        self.backtests = KeptBacktests(pool, clock, ledger) if backtests is None else backtests
        self._venue = venue
        self._filling = filling
        self._pool = pool
        self._clock = clock
        self._ledger = ledger
        self._asking = Asking(pool, ledger)
        self._judging = asyncio.Lock()

    @property
    def now_ms(self) -> int:
        """What an answer is as of, by our clock."""
        return self._clock.now_ns() // MILLISECOND

    async def gaps(self, wanted: GapFilter, *, limit: int, before: str | None, counts: bool) -> Page[Gap]:
        """At most *limit* of them, the newest first, behind the cursor *before*."""
        return await self._asking.page(SHELF_OF_GAPS, fitting(wanted), limit, before, counts=counts)

    def every_gap(self, wanted: GapFilter) -> AsyncGenerator[list[Gap], None]:
        """All of them, the newest first, 500 at a time."""
        return self._asking.all(SHELF_OF_GAPS, fitting(wanted))

    async def signals(self, wanted: SignalFilter, *, limit: int, before: str | None, counts: bool) -> Page[KeptSignal]:
        """At most *limit* of them, the newest first, behind the cursor *before*."""
        note = await self._fill()
        fit = fitting_signals(self._venue, wanted)
        return _noted(await self._asking.page(SHELF_OF_SIGNALS, fit, limit, before, counts=counts), note)

    async def every_signal(self, wanted: SignalFilter) -> AsyncGenerator[list[KeptSignal], None]:
        """All of them, the newest first, 500 at a time."""
        await self._fill()
        async with aclosing(self._asking.all(SHELF_OF_SIGNALS, fitting_signals(self._venue, wanted))) as parts:
            async for part in parts:
                yield part

    async def signal(self, identity: str) -> SignalStory | None:
        """The signal of that id; None where there is none."""
        await self._fill()
        try:
            async with self._pool.lend("a signal") as connection:
                with self._ledger.transient(_STORY_BYTES):
                    return await connection.run_sync(story_of, self._venue, identity)
        except UnmadeError:
            return None

    async def outcomes(
        self, wanted: SignalFilter, *, random: bool, limit: int, before: str | None, counts: bool
    ) -> Page[Outcome]:
        """At most *limit* of what came of trades, the newest first; with *random* also of the random entries."""
        note = await self._fill()
        fit = fitting_outcomes(self._venue, wanted, random=random)
        return _noted(await self._asking.page(SHELF_OF_OUTCOMES, fit, limit, before, counts=counts), note)

    async def every_outcome(self, wanted: SignalFilter, *, random: bool) -> AsyncGenerator[list[Outcome], None]:
        """All of them, the newest first, 500 at a time."""
        await self._fill()
        fit = fitting_outcomes(self._venue, wanted, random=random)
        async with aclosing(self._asking.all(SHELF_OF_OUTCOMES, fit)) as parts:
            async for part in parts:
                yield part

    async def judged(self, wanted: SignalFilter, most: int, judge: Callable[[Graded], Row]) -> Row:
        """What *judge* makes, beside the loop, of the newest *most* outcomes; one after the other, for their memory."""
        note = await self._fill()
        async with self._judging:
            with self._ledger.transient((most + 1) * SHELF_OF_GRADED.row_bytes):
                return await asyncio.to_thread(judge, await self._graded(wanted, most, note))

    async def _graded(self, wanted: SignalFilter, most: int, note: str | None) -> Graded:
        fit = fitting_outcomes(self._venue, wanted, random=True)
        question = SHELF_OF_GRADED.page(self._pool.kind, fit, most + 1, None).execution_options(yield_per=PIECE)
        found: list[Outcome] = []
        try:
            async with (
                self._pool.lend("what came of signals") as connection,
                connection.stream(question) as rows,
            ):
                async for part in rows.partitions():
                    found.extend(made(SHELF_OF_GRADED.row_of, part))
        except UnmadeError as error:
            return Graded(outcomes=(), note=str(error))
        return Graded(outcomes=tuple(reversed(found[:most])), is_cut=len(found) > most, note=note)

    async def _fill(self) -> str | None:
        """Let the database have what was signalled up to now; give why it has not."""
        return None if self._filling is None else await self._filling.catch_up()

    async def notifications(
        self, wanted: NotificationFilter, *, limit: int, before: str | None, counts: bool
    ) -> Page[Notification]:
        """At most *limit* of what people were told, the newest first, behind the cursor *before*."""
        columns = NOTIFICATIONS.c
        fit = [columns.venue == self._venue, columns.channel == HISTORY]
        if wanted.only_unread:
            fit.append(columns.read_at.is_(None))
        return await self._asking.page(SHELF_OF_NOTIFICATIONS, fit, limit, before, counts=counts)

    async def dead_letters(self, *, limit: int, before: str | None, counts: bool) -> Page[DeadLetter]:
        """At most *limit* notifications that were given up, the newest first, behind the cursor *before*."""
        fit = [OUTBOX.c.venue == self._venue, OUTBOX.c.state == "dead"]
        return await self._asking.page(SHELF_OF_DEAD_LETTERS, fit, limit, before, counts=counts)

    async def check(self) -> float:
        """Milliseconds that the database takes for the smallest question."""
        begun = self._clock.monotonic_ns()
        async with self._pool.lend("whether it answers") as connection:
            await connection.execute(sa.select(1))
        return (self._clock.monotonic_ns() - begun) / MILLISECOND

    def figures(self) -> PoolFigures:
        """Of the pool."""
        return self._pool.figures()


def _noted(page: Page[Row], note: str | None) -> Page[Row]:
    return page if note is None or page.note is not None else msgspec.structs.replace(page, note=note)


def fitting(wanted: GapFilter) -> list[sa.ColumnElement[bool]]:
    """What a gap has to be, to be among those that are wanted."""
    columns = GAPS.c
    named = {"venue": wanted.venue, "symbol": wanted.symbol, "channel": wanted.channel}
    fit = [same(columns[name], asked) for name, asked in named.items() if asked is not None]
    if wanted.since_ns is not None:
        fit.append(sa.or_(columns.gap_to.is_(None), columns.gap_to >= wanted.since_ns))
    if wanted.until_ns is not None:
        fit.append(columns.gap_from < wanted.until_ns)
    if wanted.only_open:
        fit.append(columns.gap_to.is_(None))
    return fit
