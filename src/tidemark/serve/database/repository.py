"""Answers what is asked of the past, out of the database: pages, counts, and all of it in pieces."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

from tidemark.api.past import GapFilter, Page, PoolFigures
from tidemark.clock import Clock
from tidemark.errors import DatabaseError, UnmadeError
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.shelf import Shelf, same
from tidemark.store.tables import GAPS, gap_of
from tidemark.units import KIB, MILLISECOND

Row = TypeVar("Row")
# Rows of one piece.
_PIECE = 500
# A row as the driver gives it, as we do, and as it is written.
ROW_BYTES = 2 * KIB
# Who takes all of it may be slow: the others keep connections for themselves.
_STREAMS = 4
SHELF_OF_GAPS = Shelf(table=GAPS, time="gap_from", names=("venue", "symbol", "channel"), row_of=gap_of)


class Repository:
    """What `Past` asks for, through *pool*. What is read is held in the transient memory of *ledger*."""

    def __init__(self, pool: Pool, clock: Clock, ledger: Ledger) -> None:
        self._pool = pool
        self._clock = clock
        self._ledger = ledger
        self._streams = 0

    @property
    def now_ms(self) -> int:
        """What an answer is as of, by our clock."""
        return self._clock.now_ns() // MILLISECOND

    async def gaps(self, wanted: GapFilter, *, limit: int, before: str | None, counts: bool) -> Page[Gap]:
        """At most *limit* of them, the newest first, behind the cursor *before*."""
        return await self._page(SHELF_OF_GAPS, fitting(wanted), limit, before, counts=counts)

    def every_gap(self, wanted: GapFilter) -> AsyncGenerator[list[Gap], None]:
        """All of them, the newest first, 500 at a time."""
        return self._all(SHELF_OF_GAPS, fitting(wanted))

    async def check(self) -> float:
        """Milliseconds that the database takes for the smallest question."""
        begun = self._clock.monotonic_ns()
        async with self._pool.lend("whether it answers") as connection:
            await connection.execute(sa.select(1))
        return (self._clock.monotonic_ns() - begun) / MILLISECOND

    def figures(self) -> PoolFigures:
        """Of the pool."""
        return self._pool.figures()

    async def _page(
        self, shelf: Shelf[Row], fit: Sequence[sa.ColumnElement[bool]], limit: int, before: str | None, *, counts: bool
    ) -> Page[Row]:
        """One row more is read than is given: it says that there is a next page."""
        question = shelf.page(self._pool.kind, fit, limit + 1, before)
        try:
            async with self._pool.lend(f"a page of {shelf.table.name}") as connection:
                with self._ledger.transient((limit + 1) * ROW_BYTES):
                    found = (await connection.execute(question)).fetchall()
                    count = await connection.scalar(shelf.count(fit)) if counts else None
                    return Page(
                        rows=tuple(shelf.row_of(row) for row in found[:limit]),
                        next_before=shelf.cursor(found[limit - 1]) if len(found) > limit else None,
                        count=count,
                    )
        except UnmadeError as error:
            return Page(rows=(), count=0 if counts else None, note=str(error))

    async def _all(self, shelf: Shelf[Row], fit: Sequence[sa.ColumnElement[bool]]) -> AsyncGenerator[list[Row], None]:
        """Read as it is taken: the database holds what was not asked for yet. Nothing, where there is no table."""
        question = shelf.all(self._pool.kind, fit).execution_options(yield_per=_PIECE)
        with self._one_of_few():
            try:
                async with self._pool.lend(f"all of {shelf.table.name}") as connection:
                    with self._ledger.transient(_PIECE * ROW_BYTES):
                        async with connection.stream(question) as rows:
                            async for part in rows.partitions():
                                yield _made(shelf.row_of, part)
            except UnmadeError:
                return

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        if self._streams >= _STREAMS:
            raise DatabaseError(f"{self._streams} exports of the past are under way; ask again when one is done")
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1


def _made(row_of: Callable[[sa.Row[Any]], Row], rows: Sequence[sa.Row[Any]]) -> list[Row]:
    return [row_of(row) for row in rows]


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
