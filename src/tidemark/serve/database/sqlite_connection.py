"""A connection to a file of SQLite that only reads, and ends what takes too long."""

import asyncio
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiosqlite

# What a statement may still do after it was told to stop: more is a disk that hangs.
_GRACE_S = 1.0
# The writer is in the way for milliseconds.
_BUSY_S = 2.0
_ROWS_AT_ONCE = 64


class SqliteConnection(aiosqlite.Connection):
    """Works in a thread of its own. deadline_s: of each step; it may be set anew at any time.

    What takes longer is interrupted by SQLite itself, and so is what nobody waits for any more.
    """

    def __init__(self, path: str, deadline_s: float) -> None:
        super().__init__(lambda: _open(path), _ROWS_AT_ONCE)
        # A disk that hangs must not keep the process from ending.
        self._thread.daemon = True
        self.deadline_s = deadline_s
        self._stopped: asyncio.Future[Any] | None = None

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        """Opens it; where that fails, the thread has ended before that is told."""
        try:
            return (yield from super().__await__())
        except BaseException:
            if self._stopped is not None:
                yield from self._stopped
            raise

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread."""
        self._stopped = super().stop()
        return self._stopped

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        timer = asyncio.get_running_loop().call_later(self.deadline_s, self._stop_statement)
        try:
            async with asyncio.timeout(self.deadline_s + _GRACE_S):
                return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        except TimeoutError as error:
            raise sqlite3.OperationalError("interrupted: the disk does not answer") from error
        except asyncio.CancelledError:
            self._stop_statement()
            raise
        finally:
            timer.cancel()

    def _stop_statement(self) -> None:
        if self._connection is not None:
            self._connection.interrupt()


def _open(path: str) -> sqlite3.Connection:
    """The file as it is: one that is not there is not made."""
    address = f"file:{quote(str(Path(path)))}?mode=ro"
    made = sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    made.execute("PRAGMA query_only=ON")
    return made
