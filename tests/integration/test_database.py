"""The pool and what answers through it, with SQLite and a real PostgreSQL: the same suite for both, then faults."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from tests.past import fill, gap, many, pool_of, repository_of, row_of
from tests.postgresql import LIMIT_S, Postgresql, postgresql

from tidemark.api.past import GapFilter
from tidemark.errors import DatabaseError
from tidemark.model.gap import Gap
from tidemark.serve.database.limits import Limits
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.repository import SHELF_OF_GAPS as SHELF
from tidemark.serve.database.repository import Repository, fitting
from tidemark.store.tables import GAPS

ROWS = 20_000
ALL = GapFilter()
KINDS = ("sqlite", "postgresql")


class Where:
    """A database with 20,000 gaps."""

    def __init__(self, url: str | None, folder: Path) -> None:
        self.url = url
        self.folder = folder


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    with postgresql() as made:
        yield made


@pytest.fixture(scope="module", params=KINDS)
def where(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Where:
    url = request.getfixturevalue("server").url if request.param == "postgresql" else None
    made = Where(url, tmp_path_factory.mktemp(request.param))
    fill(made.url, made.folder, many(ROWS))
    return made


@pytest.fixture
async def repository(where: Where) -> AsyncIterator[Repository]:
    async with repository_of(where.url, where.folder) as made:
        yield made


@asynccontextmanager
async def own(limits: Limits | None = None) -> AsyncIterator[tuple[Postgresql, Pool]]:
    """A server that may be ill-treated, and a pool of its connections."""
    with postgresql() as made:
        fill(made.url, Path(), many(100))
        async with pool_of(made.url, Path(), limits) as pool:
            yield made, pool


async def ask(pool: Pool, question: str = "SELECT count(*) FROM gaps") -> object:
    async with pool.lend("a test") as connection:
        return await connection.scalar(sa.text(question))


async def healed(pool: Pool) -> int:
    """How often it was asked in vain before it answered."""
    refused = 0
    async with asyncio.timeout(LIMIT_S):
        while True:
            if await refusal(pool) is None:
                return refused
            refused += 1
            await asyncio.sleep(0.02)


async def test_all_pages_and_the_export_are_the_same_rows_and_as_many_as_are_counted(repository: Repository) -> None:
    for wanted, count in (
        (ALL, ROWS),
        (GapFilter(symbol="M007USDT"), ROWS // 70 + 1),
        (GapFilter(only_open=True), 200),
    ):
        found: list[Gap] = []
        before: str | None = None
        while True:
            page = await repository.gaps(wanted, limit=997, before=before, counts=True)
            found += page.rows
            assert page.count == count
            if page.next_before is None:
                break
            before = page.next_before
        exported = [one for part in [part async for part in repository.every_gap(wanted)] for one in part]

        assert len(found) == count
        assert found == exported


def plan(kind: str, connection: sa.Connection, question: sa.Select[tuple[object]]) -> str:
    """How the database goes about it."""
    text = str(question.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    prefix = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
    return "\n".join(" ".join(map(str, row)) for row in connection.exec_driver_sql(f"{prefix} {text}"))


@pytest.mark.parametrize(
    ("wanted", "index"),
    [(ALL, "gaps_by_time"), (GapFilter(symbol="M007USDT"), "gaps_by_market"), (GapFilter(only_open=True), "gaps_open")],
    ids=["all", "market", "open"],
)
@pytest.mark.parametrize("before", [None, "00000000000001000000 bybit M007USDT trades"], ids=["first", "behind"])
async def test_a_page_is_read_along_an_index_and_the_table_is_not_sorted(
    wanted: GapFilter, index: str, before: str | None, where: Where
) -> None:
    async with pool_of(where.url, where.folder) as pool:
        if where.url is not None:
            with psycopg.connect(where.url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("ANALYZE gaps")
        async with pool.lend("a plan") as lent:
            told = await lent.run_sync(
                lambda connection: plan(pool.kind, connection, SHELF.page(pool.kind, fitting(wanted), 1000, before))
            )

    assert index in told, told
    if pool.kind == "sqlite":
        # Rows of one nanosecond alone are sorted.
        assert "SCAN gaps USING INDEX" in told or "SEARCH gaps USING INDEX" in told, told
        assert "USE TEMP B-TREE FOR ORDER BY" not in told, told
    else:
        assert "Seq Scan" not in told, told
        # Sorted is what fits, where that is little, and never the table.
        assert all(int(rows) < ROWS // 50 for rows in re.findall(r"-> +Sort .*rows=(\d+)", told)), told


async def test_nothing_can_be_written(where: Where) -> None:
    async with pool_of(where.url, where.folder) as pool:
        with pytest.raises(DatabaseError, match=r"read-?only"):
            await ask(pool, "DELETE FROM gaps")
        assert await ask(pool) == ROWS


async def test_an_export_sees_one_moment_while_others_write(where: Where) -> None:
    async with repository_of(where.url, where.folder) as repository:
        async with aclosing(repository.every_gap(ALL)) as parts:
            first = await anext(parts)
            later = gap(10**15, "LATEUSDT")
            fill(where.url, where.folder, [later])
            rest = [one async for part in parts for one in part]
        page = await repository.gaps(ALL, limit=1, before=None, counts=True)

    engine = sa.create_engine(where.url or f"sqlite:///{where.folder}/tidemark.db", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.delete(GAPS).where(GAPS.c.symbol == later.symbol))
    assert len(first) + len(rest) == ROWS
    assert (page.rows, page.count) == ((later,), ROWS + 1)
    assert row_of(later)["symbol"] == "LATEUSDT"


async def test_fifty_at_once_are_all_answered_by_twenty_connections(repository: Repository) -> None:
    async def some() -> None:
        for _ in range(10):
            page = await repository.gaps(GapFilter(symbol="M003USDT"), limit=50, before=None, counts=True)
            assert len(page.rows) == 50

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(some())

    told = repository.figures()
    assert (told.answered, told.timeouts, told.refused, told.errors, told.lent, told.waiting) == (500, 0, 0, 0, 0, 0)
    assert 10 <= told.open <= 20


async def test_a_statement_over_its_time_is_ended_by_the_server_itself(server: Postgresql) -> None:
    async with pool_of(server.url, Path(), Limits(kept=1, beyond=0, command_s=0.3)) as pool:
        with pytest.raises(DatabaseError, match=r"took more than 0\.3 s for a statement"):
            await ask(pool, "SELECT pg_sleep(60)")
        # The same connection, in order.
        assert await ask(pool, "SELECT 1") == 1
        told = pool.figures()
        assert await ask(pool, "SHOW statement_timeout") == "300ms"

    assert (told.statements_ended, told.errors, told.open) == (1, 1, 1)


async def test_who_goes_away_ends_his_statement(server: Postgresql) -> None:
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(61%'"
    async with pool_of(server.url, Path(), Limits(kept=1, beyond=0)) as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await ask(pool, "SELECT pg_sleep(61)")
        assert await ask(pool, running) == 0


async def test_a_server_that_is_killed_is_refused_for_a_while_and_found_again_by_itself() -> None:
    async with own(Limits(rest_s=0.1)) as (server, pool):
        async with AsyncExitStack() as held:
            for _ in range(5):
                await held.enter_async_context(pool.lend("held"))
        assert await ask(pool) == 100
        server.kill()
        for _ in range(5):
            with pytest.raises(DatabaseError):
                await ask(pool)
        server.start()
        await healed(pool)
        with pytest.raises(DatabaseError):
            await killed_in_the_middle(server, pool)
        server.start()
        await healed(pool)
        told = pool.figures()

    assert (told.lent, told.waiting, told.failure) == (0, 0, None)
    assert told.errors >= 2


async def test_a_server_that_hangs_is_given_up_in_bounded_time_and_found_again() -> None:
    limits = Limits(kept=2, beyond=0, command_s=0.5, connect_s=2.0, wait_s=1.0, rest_s=0.1)
    async with own(limits) as (server, pool):
        assert await ask(pool) == 100
        server.signal(signal.SIGSTOP)
        try:
            async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
                asked = [group.create_task(refusal(pool)) for _ in range(5)]
        finally:
            server.signal(signal.SIGCONT)
        await healed(pool)
        told = pool.figures()

    assert all(error is not None and error.retry for error in [one.result() for one in asked])
    assert (told.lent, told.waiting) == (0, 0)


async def killed_in_the_middle(server: Postgresql, pool: Pool) -> None:
    async with pool.lend("in the middle") as connection:
        await connection.scalar(sa.text("SELECT 1"))
        server.kill()
        await connection.scalar(sa.text("SELECT 1"))


async def refusal(pool: Pool) -> DatabaseError | None:
    """What it says instead of an answer."""
    try:
        await ask(pool)
    except DatabaseError as error:
        return error
    return None


async def test_a_server_that_is_full_refuses_and_is_well_when_it_has_room() -> None:
    async with own(Limits(rest_s=0.1)) as (server, pool):
        plain = server.url.replace("+psycopg", "")
        others: list[psycopg.Connection[tuple[object, ...]]] = []
        try:
            with suppress(psycopg.OperationalError):
                while True:
                    others.append(psycopg.connect(plain))
            with pytest.raises(DatabaseError, match="too many clients"):
                await ask(pool)
        finally:
            for one in others:
                one.close()
        await healed(pool)
