"""A database with a past: gaps in their table, and whoever answers from it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from tidemark.clock import Clock, SystemClock
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap, Repair
from tidemark.model.signal import Record
from tidemark.serve.database.limits import Limits
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.repository import Repository
from tidemark.store import signal_rows
from tidemark.store.database import Database
from tidemark.store.tables import FILE, GAPS

_AT_ONCE = 5000


def gap(
    n: int,
    symbol: str = "BTCUSDT",
    *,
    channel: str = "trades",
    venue: str = "bybit",
    gap_to: int | None = None,
    cause: str = "connection lost",
) -> Gap:
    """One that began at *n*."""
    return Gap(
        venue=venue, symbol=symbol, channel=channel, gap_from=n, gap_to=gap_to, cause=cause, repair=Repair.KLINES,
        repaired=3, lost=1,
    )  # fmt: skip


def many(count: int) -> Iterable[Gap]:
    """So many of seventy markets, one in a hundred still open."""
    for n in range(count):
        yield gap(n // 7 * 1000, f"M{n % 70:03}USDT", gap_to=None if n % 100 == 0 else n // 7 * 1000 + 500)


def fill(url: str | None, folder: Path, gaps: Iterable[Gap]) -> None:
    """Make the tables as the writer does, and put *gaps* there."""
    with Database.open(url, folder):
        pass
    engine = sa.create_engine(url if url is not None else f"sqlite:///{folder / FILE}", poolclass=sa.NullPool)
    rest = iter(gaps)
    with engine.begin() as connection:
        for first in rest:
            some = [first, *(one for _, one in zip(range(_AT_ONCE - 1), rest, strict=False))]
            connection.execute(sa.insert(GAPS), [row_of(one) for one in some])
    engine.dispose()


def fill_signals(url: str | None, folder: Path, records: Sequence[Record], venue: str = "bybit") -> None:
    """The same with signals, and what became of them."""
    with Database.open(url, folder) as database, database.engine.begin() as connection:
        signal_rows.put(connection, venue, records)


def row_of(one: Gap) -> dict[str, object]:
    """As the table has it."""
    return {column.name: getattr(one, column.name) for column in GAPS.c} | {"repair": one.repair.value}


@asynccontextmanager
async def pool_of(url: str | None, folder: Path, limits: Limits | None = None) -> AsyncIterator[Pool]:
    """Closed at the end."""
    made = Pool(url, folder, SystemClock(), limits or Limits())
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def repository_of(
    url: str | None,
    folder: Path,
    limits: Limits | None = None,
    ledger: Ledger | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Repository]:
    """What answers from it."""
    async with pool_of(url, folder, limits) as pool:
        yield Repository(pool, clock or SystemClock(), ledger or Ledger(), venue="bybit")
