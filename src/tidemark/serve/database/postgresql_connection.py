"""A connection to PostgreSQL on which no step takes longer than it may, whatever became of the server."""

import asyncio
from typing import Any

import psycopg

_CANCEL_S = 1.0


class PostgresqlConnection(psycopg.AsyncConnection[Any]):
    """deadline_s: of each step; it may be set anew at any time.

    The server ends a statement itself when its time is up. This is for a server that hangs, or is gone without a word:
    the driver asks it to stop, and closes the connection where that is not answered within some seconds.
    """

    deadline_s = 60.0

    async def wait(self, *args: Any, **kwargs: Any) -> Any:
        """What the driver waits with for each answer of the server."""
        try:
            async with asyncio.timeout(self.deadline_s):
                return await super().wait(*args, **kwargs)
        except TimeoutError as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {self.deadline_s:g} s") from error

    async def cancel_safe(self, *, timeout: float = _CANCEL_S) -> None:  # noqa: ASYNC109 - it is the driver's
        """Ask the server to end a statement; one that hangs does not answer that either."""
        await super().cancel_safe(timeout=min(timeout, _CANCEL_S))
