"""A connection to PostgreSQL on which no step takes longer than it may, whatever became of the server."""

import asyncio
from typing import Any

import psycopg


class PostgresqlConnection(psycopg.AsyncConnection[Any]):
    """deadline_s: of each step; it may be set anew at any time.

    The server ends a statement itself when its time is up. This is for a server that hangs, or is gone without a word:
    the driver asks it to stop, and closes the connection where that is not answered within ten seconds.
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
