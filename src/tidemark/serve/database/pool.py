"""The pool of connections to the database: lent for one question each, bounded in number and in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import QueuePool

from tidemark.api.past import PoolFigures
from tidemark.clock import Clock
from tidemark.errors import DatabaseError, UnmadeError
from tidemark.serve.database.engines import engine_for, shown
from tidemark.serve.database.limits import Limits
from tidemark.store.tables import line_of
from tidemark.units import SECOND

# How PostgreSQL says that a table is not there, that it ended a statement, and that it has no connection left.
_NO_TABLE, _ENDED, _FULL = "42P01", "57014", "53300"
_SHOWN = 300
_USUAL = Limits()
UNMADE = "the database has no tables yet: they are made with the first gap or signal"
log = structlog.get_logger()


class Pool:
    """Connections to the database at *url*, or to the file of SQLite in *folder*, that only read.

    StoreError where the URL is not understood. Nothing is opened before the first one is asked for. Memory: as many
    connections, and as many who wait for one, as *limits* says.
    """

    def __init__(self, url: str | None, folder: Path, clock: Clock, limits: Limits = _USUAL) -> None:
        self._engine = engine_for(url, folder, limits)
        self._limits = limits
        self._clock = clock
        self._url = shown(self._engine)
        self._waiting = self._refused = self._late = self._errors = self._ended = self._lent = 0
        self._longest_ns = self._slowest_ns = 0
        self._slowest = ""
        # Why the last connection could not be made, until one is; and when the next one may be tried.
        self._down: str | None = None
        self._next_at = 0
        self._is_trying = False
        self._file: tuple[int, int] | None = None
        self._watch_statements()

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def figures(self) -> PoolFigures:
        """What is lent, who waits, and what went wrong since the start."""
        return PoolFigures(
            kind=self.kind,
            url=self._url,
            kept=self._limits.kept,
            beyond=self._limits.beyond,
            open=max(0, self._queue.size() + self._queue.overflow()),
            lent=self._queue.checkedout(),
            waiting=self._waiting,
            answered=self._lent,
            refused=self._refused,
            timeouts=self._late,
            statements_ended=self._ended,
            errors=self._errors,
            longest_held_s=self._longest_ns / SECOND,
            slowest_s=self._slowest_ns / SECOND,
            slowest=self._slowest,
            failure=self._down,
        )

    @asynccontextmanager
    async def lend(self, what: str) -> AsyncIterator[AsyncConnection]:
        """A connection for the length of a `with` block, in which all that is read is of one moment.

        what: it is lent for, for the log. Nothing is ever written: whatever happens, what it was in is rolled back.
        DatabaseError, worth a retry, when there is none in time, or the database fails; UnmadeError when the table is
        not there yet.
        """
        async with AsyncExitStack() as held:
            connection = await self._take(held)
            taken = self._clock.monotonic_ns()
            timer = asyncio.get_running_loop().call_later(self._limits.held_s, self._tell_held, what, taken)
            try:
                yield connection
            except SQLAlchemyError as error:
                raise self._refusal(error) from error
            finally:
                timer.cancel()
                self._given_back(what, taken)

    async def close(self) -> None:
        """Close what nobody holds; what is lent is closed when it comes back."""
        await self._engine.dispose()

    @property
    def _queue(self) -> QueuePool:
        return cast("QueuePool", self._engine.sync_engine.pool)

    async def _take(self, held: AsyncExitStack) -> AsyncConnection:
        await self._follow_file()
        self._refuse()
        is_trial = self._is_trying = self._down is not None
        self._waiting += 1
        try:
            async with asyncio.timeout(self._limits.wait_s + self._limits.connect_s):
                taken = await held.enter_async_context(self._engine.connect())
        except (PoolTimeoutError, TimeoutError) as error:
            self._late += 1
            raise DatabaseError(
                f"no connection to the database became free within {self._limits.wait_s:g} s;"
                f" {self._queue.checkedout()} are lent"
            ) from error
        except SQLAlchemyError as error:
            refusal = self._refusal(error)
            if not isinstance(refusal, UnmadeError) and _state(error) != _FULL:
                self._down = str(refusal)
                self._next_at = self._clock.monotonic_ns() + int(self._limits.rest_s * SECOND)
            raise refusal from error
        else:
            self._down = None
            return taken
        finally:
            self._waiting -= 1
            if is_trial:
                self._is_trying = False

    def _refuse(self) -> None:
        """DatabaseError at once, where waiting would not help."""
        if self.kind == "sqlite" and self._file is None:
            raise UnmadeError(UNMADE)
        if self._down is not None and (self._is_trying or self._clock.monotonic_ns() < self._next_at):
            self._refused += 1
            raise DatabaseError(self._down)
        if self._waiting >= self._limits.waiting:
            self._refused += 1
            raise DatabaseError(f"{self._waiting} wait for the database already; ask again later")

    def _refusal(self, error: SQLAlchemyError) -> DatabaseError:
        """What to tell of a failure, counted."""
        words, state = line_of(error), _state(error)
        if state == _NO_TABLE or "no such table" in words:
            return UnmadeError(UNMADE)
        self._errors += 1
        if state == _ENDED or words.startswith("interrupted"):
            self._ended += 1
            return DatabaseError(f"the database took more than {self._limits.command_s:g} s for a statement")
        return DatabaseError(f"the database {self._url} does not work: {words}")

    async def _follow_file(self) -> None:
        """Whoever removed the file of SQLite has another one by now: what is open is the one that is gone."""
        before, self._file = self._file, self._identity()
        if before is not None and before != self._file:
            await self._engine.dispose()

    def _identity(self) -> tuple[int, int] | None:
        """Which file of SQLite it is; None where there is none yet."""
        if self.kind != "sqlite":
            return None
        try:
            told = Path(self._engine.url.database or "").stat()
        except OSError:
            return None
        return told.st_dev, told.st_ino

    def _given_back(self, what: str, taken: int) -> None:
        held_ns = self._clock.monotonic_ns() - taken
        self._lent += 1
        self._longest_ns = max(self._longest_ns, held_ns)
        if held_ns > self._limits.held_s * SECOND:
            log.warning("a connection came back late", held_s=round(held_ns / SECOND, 1), what=what)

    def _tell_held(self, what: str, taken: int) -> None:
        held_s = (self._clock.monotonic_ns() - taken) / SECOND
        log.warning("a connection is held", held_s=round(held_s, 1), what=what)

    def _watch_statements(self) -> None:
        """Know the slowest one, by its text: the values are not in it."""

        def begin(connection: sa.Connection, *_: Any) -> None:
            connection.info["begun"] = self._clock.monotonic_ns()

        def end(connection: sa.Connection, _: Any, statement: str, *__: Any) -> None:
            took = self._clock.monotonic_ns() - connection.info["begun"]
            if took > self._slowest_ns:
                self._slowest_ns, self._slowest = took, " ".join(statement.split())[:_SHOWN]

        event.listen(self._engine.sync_engine, "before_cursor_execute", begin)
        event.listen(self._engine.sync_engine, "after_cursor_execute", end)


def _state(error: SQLAlchemyError) -> str | None:
    """The code that PostgreSQL gives an error, None where it is none of its."""
    return getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
