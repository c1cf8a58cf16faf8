"""Lets the market go first: of requests that wait, one begins at a time, and the loop does all else between two."""

import asyncio


class Turns:
    """Takes whoever asks for a turn one after the other, each in a turn of the loop of its own.

    Fifty answers of 4 ms that are asked for together would be made in one go without it, and what comes from the
    exchange would wait for 200 ms. Memory: a future for each request that waits, at most one a connection.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def next(self) -> None:
        """Return when it is the caller's turn: what it does before it waits again is all that this turn is for."""
        async with self._lock:
            await asyncio.sleep(0)
