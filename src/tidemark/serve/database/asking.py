"""How a database is asked: for a page of rows, for all of them in pieces, or for whatever a function reads."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

from tidemark.api.past import Page
from tidemark.errors import DatabaseError, UnmadeError
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.shelf import Shelf

Row = TypeVar("Row")
# Rows of one piece.
PIECE = 500
# Who takes all of it may be slow: the others keep connections for themselves.
_STREAMS = 4


class Asking:
    """Asks through *pool*. What is read is held in the transient memory of *ledger*."""

    def __init__(self, pool: Pool, ledger: Ledger) -> None:
        self._pool = pool
        self._ledger = ledger
        self._streams = 0

    async def page(
        self, shelf: Shelf[Row], fit: Sequence[sa.ColumnElement[bool]], limit: int, before: str | None, *, counts: bool
    ) -> Page[Row]:
        """At most *limit* rows that *fit*, behind the cursor *before*. Where there is no table yet its note says so."""
        # One row more is read than is given: it says that there is a next page.
        question = shelf.page(self._pool.kind, fit, limit + 1, before)
        try:
            async with self._pool.lend(f"a page of {shelf.table.name}") as connection:
                with self._ledger.transient((limit + 1) * shelf.row_bytes):
                    found = (await connection.execute(question)).fetchall()
                    count = await connection.scalar(shelf.count(fit)) if counts else None
                    return Page(
                        rows=tuple(shelf.row_of(row) for row in found[:limit]),
                        next_before=shelf.cursor(found[limit - 1]) if len(found) > limit else None,
                        count=count,
                    )
        except UnmadeError as error:
            return Page(rows=(), count=0 if counts else None, note=str(error))

    def all(self, shelf: Shelf[Row], fit: Sequence[sa.ColumnElement[bool]]) -> AsyncGenerator[list[Row], None]:
        """All rows that *fit*, the newest first, 500 at a time; nothing where there is no table yet."""
        return self.every(shelf.all(self._pool.kind, fit), shelf.row_of, shelf.row_bytes, shelf.table.name)

    async def every(
        self, question: sa.Select[Any], row_of: Callable[[sa.Row[Any]], Row], row_bytes: int, what: str
    ) -> AsyncGenerator[list[Row], None]:
        """The answer to *question*, 500 rows at a time: the database holds what was not asked for yet."""
        streamed = question.execution_options(yield_per=PIECE)
        with self._one_of_few():
            try:
                async with self._pool.lend(f"all of {what}") as connection:
                    with self._ledger.transient(PIECE * row_bytes):
                        async with connection.stream(streamed) as rows:
                            async for part in rows.partitions():
                                yield made(row_of, part)
            except UnmadeError:
                return

    async def read(self, what: str, most_bytes: int, read: Callable[[sa.Connection], Row]) -> Row | None:
        """What *read* makes of a connection, within *most_bytes*; None where there is no table yet."""
        try:
            async with self._pool.lend(what) as connection:
                with self._ledger.transient(most_bytes):
                    return await connection.run_sync(read)
        except UnmadeError:
            return None

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        if self._streams >= _STREAMS:
            raise DatabaseError(f"{self._streams} exports of the past are under way; ask again when one is done")
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1


def made(row_of: Callable[[sa.Row[Any]], Row], rows: Sequence[sa.Row[Any]]) -> list[Row]:
    """What *row_of* makes of each row."""
    return [row_of(row) for row in rows]
