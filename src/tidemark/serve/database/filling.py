"""Fills the database from the log of signals before it is asked for them: answers are no older than a second."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tidemark.clock import Clock
from tidemark.errors import StoreError
from tidemark.store.database import Database
from tidemark.store.segments import numbered
from tidemark.store.signal_log import SUFFIX
from tidemark.store.tables import line_of
from tidemark.units import SECOND

# Whoever asks waits so long for it; a long log is read on meanwhile.
WAIT_S = 5.0
log = structlog.get_logger()


class Filling:
    """Loads what is new in the log of signals in *folder* into the database at *url*, or the file of SQLite there.

    At most once a second, and one at a time: in a thread of its own, of which there is one. The database is opened with
    the first record, and brought up to date. `failure` says why the last try came to nothing.
    """

    def __init__(self, url: str | None, folder: Path, clock: Clock) -> None:
        self.failure: str | None = None
        self.loaded = 0
        self._url = url
        self._folder = folder
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="signals")
        self._open = ExitStack()
        self._database: Database | None = None
        self._under_way: asyncio.Future[None] | None = None
        self._next_at = 0
        # The newest segment and its size when it was loaded: where they are the same, there is nothing new.
        self._known: tuple[str, int] | None = None

    async def catch_up(self) -> str | None:
        """Wait until what was signalled a second ago is in the database; give why it is not."""
        now = self._clock.monotonic_ns()
        if self._under_way is None and now >= self._next_at:
            self._next_at = now + SECOND
            self._under_way = asyncio.get_running_loop().run_in_executor(self._thread, self._load)
            self._under_way.add_done_callback(self._done)
        if self._under_way is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(WAIT_S):
                    await asyncio.shield(self._under_way)
            if self._under_way is not None:
                return "the newest signals are still being read from their log; ask again"
        return None if self.failure is None else f"the newest signals are missing: {self.failure}"

    async def close(self) -> None:
        """Wait for what is under way, and let go of the database."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        self._thread.shutdown()
        self._open.close()

    def _done(self, _: asyncio.Future[None]) -> None:
        self._under_way = None

    def _load(self) -> None:
        try:
            self._load_new()
        except (StoreError, OSError, SQLAlchemyError) as error:
            self._open.close()
            self._database = None
            words = line_of(error) if isinstance(error, SQLAlchemyError) else str(error)
            if words != self.failure:
                log.warning("signals do not reach the database", cause=words)
            self.failure = words
        else:
            self.failure = None

    def _load_new(self) -> None:
        segments = numbered(self._folder / "signals", SUFFIX)
        if not segments:
            return
        newest = (segments[-1].name, segments[-1].stat().st_size)
        if newest == self._known:
            return
        if self._database is None:
            self._database = self._open.enter_context(Database.open(self._url, self._folder))
        self.loaded += self._database.load_signals(self._folder / "signals", self._folder.name)
        self._known = newest
