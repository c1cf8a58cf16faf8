import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from tests.past import fill, gap, pool_of
from tests.unit.serve.database.test_sqlite_connection import ENDLESS, is_there

from tidemark.errors import DatabaseError, UnmadeError
from tidemark.serve.database.limits import Limits
from tidemark.serve.database.pool import Pool
from tidemark.store.tables import GAPS

# Nothing listens there.
REFUSED = "postgresql+psycopg://user:hidden@127.0.0.1:1/none"


async def ask(pool: Pool, question: str = "SELECT 1") -> object:
    async with pool.lend("a test") as connection:
        return await connection.scalar(sa.text(question))


async def test_a_connection_is_lent_and_comes_back(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    async with pool_of(None, tmp_path) as pool:
        async with pool.lend("a test") as connection:
            assert await connection.scalar(sa.select(sa.func.count()).select_from(GAPS)) == 1
            assert (pool.figures().lent, pool.figures().open) == (1, 1)
        told = pool.figures()

    assert (told.kind, told.lent, told.open, told.answered, told.errors) == ("sqlite", 0, 1, 1, 0)
    assert told.slowest.startswith("SELECT count(*)")
    assert 0 < told.slowest_s < told.longest_held_s


async def test_all_that_is_read_in_one_is_of_one_moment(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    count = sa.select(sa.func.count()).select_from(GAPS)
    async with pool_of(None, tmp_path) as pool:
        async with pool.lend("a test") as connection:
            before = await connection.scalar(count)
            fill(None, tmp_path, [gap(2)])
            assert (before, await connection.scalar(count)) == (1, 1)
        assert await ask(pool, "SELECT count(*) FROM gaps") == 2


async def test_nobody_writes(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    async with pool_of(None, tmp_path) as pool:
        with pytest.raises(DatabaseError, match="readonly"):
            await ask(pool, "DELETE FROM gaps")
        assert await ask(pool, "SELECT count(*) FROM gaps") == 1
        assert pool.figures().errors == 1


async def test_who_waits_too_long_and_who_is_one_too_many_is_refused(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    limits = Limits(kept=1, beyond=1, waiting=2, wait_s=0.2)
    refusals: list[str] = []

    async def wait(pool: Pool) -> None:
        with pytest.raises(DatabaseError) as refused:
            await ask(pool)
        assert refused.value.retry
        refusals.append(str(refused.value))

    async with pool_of(None, tmp_path, limits) as pool:
        async with pool.lend("one"), pool.lend("another"), asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(wait(pool))
        assert refusals == [
            "2 wait for the database already; ask again later",
            "no connection to the database became free within 0.2 s; 2 are lent",
            "no connection to the database became free within 0.2 s; 2 are lent",
        ]
        assert await ask(pool) == 1
        told = pool.figures()

    assert (told.refused, told.timeouts, told.waiting, told.lent) == (1, 2, 0, 0)


async def test_a_statement_that_takes_too_long_is_ended_and_the_next_one_is_answered(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    async with pool_of(None, tmp_path, Limits(kept=1, beyond=0, command_s=0.05)) as pool:
        with pytest.raises(DatabaseError, match=r"took more than 0\.05 s for a statement"):
            await ask(pool, ENDLESS)
        told = pool.figures()
    async with pool_of(None, tmp_path) as pool:
        assert await ask(pool) == 1

    assert (told.statements_ended, told.errors, told.lent) == (1, 1, 0)


async def test_a_question_that_nobody_waits_for_any_more_gives_its_connection_back(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    async with pool_of(None, tmp_path, Limits(kept=1, beyond=0)) as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(pool, ENDLESS)
        assert await ask(pool) == 1


async def test_a_connection_that_is_held_is_told_with_what_for(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    with structlog.testing.capture_logs() as logs:
        async with pool_of(None, tmp_path, Limits(held_s=0.0)) as pool:
            await ask(pool)

    told = [(one["event"], one["what"], one["log_level"]) for one in logs]
    assert told == [
        ("a connection is held", "a test", "warning"),
        ("a connection came back late", "a test", "warning"),
    ]
    assert all(one["held_s"] >= 0.0 for one in logs)


async def test_a_database_that_is_not_there_yet_says_so_and_is_not_made(tmp_path: Path) -> None:
    async with pool_of(None, tmp_path) as pool:
        with pytest.raises(UnmadeError, match="no tables yet: they are made with the first gap or signal"):
            await ask(pool)
        assert not is_there(tmp_path)
        fill(None, tmp_path, [])
        assert await ask(pool, "SELECT count(*) FROM gaps") == 0
        with pytest.raises(UnmadeError):
            await ask(pool, "SELECT count(*) FROM readings")
        assert pool.figures().errors == 0


async def test_a_file_that_took_the_place_of_another_is_the_one_that_is_read(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    async with pool_of(None, tmp_path) as pool:
        assert await ask(pool, "SELECT count(*) FROM gaps") == 1
        for path in files(tmp_path):
            path.unlink()
        with pytest.raises(UnmadeError):
            await ask(pool)
        fill(None, tmp_path, [gap(1), gap(2)])
        assert await ask(pool, "SELECT count(*) FROM gaps") == 2


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_server_that_refuses_is_tried_once_a_while_and_its_password_is_not_told(tmp_path: Path) -> None:
    async with pool_of(REFUSED, tmp_path, Limits(rest_s=3600.0)) as pool:
        refusals = []
        for _ in range(3):
            with pytest.raises(DatabaseError) as refused:
                await ask(pool)
            refusals.append(str(refused.value))
        told = pool.figures()

    assert len(set(refusals)) == 1
    assert "the database postgresql+psycopg://user:***@127.0.0.1:1/none does not work: connection failed" in refusals[0]
    assert "hidden" not in refusals[0] + repr(told)
    assert (told.errors, told.refused, told.failure) == (1, 2, refusals[0])
