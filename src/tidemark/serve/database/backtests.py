"""Answers what is asked of backtests, out of the database that has their runs."""

from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec

from tidemark.api.past import Page
from tidemark.api.past_backtests import ComparedBacktests, EquityPoints, KeptBacktest, ListedBacktest
from tidemark.clock import Clock
from tidemark.errors import RequestError
from tidemark.memory.ledger import Ledger
from tidemark.model.round_trip import RoundTrip
from tidemark.serve.database.asking import Asking
from tidemark.serve.database.backtest_shelves import (
    SHELF_OF_BACKTESTS,
    compared_of,
    equity_of,
    every_trip,
    seen,
    trips_of,
    whole,
)
from tidemark.serve.database.pool import Pool
from tidemark.store.backtest_rows import trip_of
from tidemark.units import KIB, MIB

_NONE = "no backtest was run yet"
# A run with its strategy, of at most a mebibyte, and the figures of a thousand markets; and two of them.
_WHOLE_BYTES, _TWO_BYTES = 6 * MIB, 24 * MIB
_TRIP_BYTES, _POINTS_BYTES = 2 * KIB, 2 * MIB


class KeptBacktests:
    """What `PastBacktests` asks for, through *pool*.

    folder: where a process that carries out a run holds a file; None where that is not known here.
    """

    def __init__(self, pool: Pool, clock: Clock, ledger: Ledger, folder: Path | None = None) -> None:
        self._asking = Asking(pool, ledger)
        self._clock = clock
        self._folder = folder

    async def page(self, *, limit: int, before: str | None, counts: bool) -> Page[ListedBacktest]:
        """At most *limit* runs, the newest first, behind the cursor *before*."""
        page = await self._asking.page(SHELF_OF_BACKTESTS, (), limit, before, counts=counts)
        return msgspec.structs.replace(
            page, rows=tuple(map(self._seen, page.rows)), note=None if page.note is None else _NONE
        )

    async def find(self, run: str) -> KeptBacktest | None:
        """The run of that id; None where there is none."""
        kept = await self._asking.read("a backtest", _WHOLE_BYTES, lambda connection: whole(connection, run))
        return None if kept is None else msgspec.structs.replace(kept, listed=self._seen(kept.listed))

    async def trips(self, run: str, *, symbol: str | None, after: int, limit: int) -> list[RoundTrip] | None:
        """At most *limit* round trips of a run beyond the number *after*; None where there is no such run."""
        return await self._asking.read(
            "round trips", limit * _TRIP_BYTES, lambda connection: trips_of(connection, run, symbol, after, limit)
        )

    def every_trip(self, run: str, *, symbol: str | None) -> AsyncGenerator[list[RoundTrip], None]:
        """All round trips of a run by numbers, 500 at a time."""
        return self._asking.every(every_trip(run, symbol), trip_of, _TRIP_BYTES, "round trips")

    async def equity(self, run: str) -> EquityPoints | None:
        """What a run was worth over time; None where there is no such run."""
        return await self._asking.read("an equity", _POINTS_BYTES, lambda connection: equity_of(connection, run))

    async def compared(self, first: str, second: str) -> ComparedBacktests:
        """Two runs side by side; RequestError where that is not possible."""
        told = await self._asking.read(
            "two backtests", _TWO_BYTES, lambda connection: compared_of(connection, first, second)
        )
        if told is None:
            raise RequestError(404, f"there is no run {first}: {_NONE}")
        return told

    def _seen(self, listed: ListedBacktest) -> ListedBacktest:
        return listed if self._folder is None else seen(listed, self._folder)
