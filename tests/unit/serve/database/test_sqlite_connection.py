import asyncio
import sqlite3
from pathlib import Path

import pytest
from tests.past import fill, gap

from tidemark.serve.database.sqlite_connection import SqliteConnection
from tidemark.store.tables import FILE

# Counts without end.
ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"


def is_there(folder: Path) -> bool:
    return any(folder.iterdir())


async def opened(folder: Path, deadline_s: float = 30.0) -> SqliteConnection:
    fill(None, folder, [gap(1)])
    made = SqliteConnection(str(folder / FILE), deadline_s)
    await made
    return made


async def test_it_reads_and_cannot_write(tmp_path: Path) -> None:
    connection = await opened(tmp_path)

    assert await (await connection.execute("SELECT count(*) FROM gaps")).fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await connection.execute("DELETE FROM gaps")
    await connection.close()


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        await SqliteConnection(str(tmp_path / FILE), 1.0)
    assert not is_there(tmp_path)


async def test_what_takes_too_long_is_ended_and_the_connection_is_good_afterwards(tmp_path: Path) -> None:
    connection = await opened(tmp_path, 0.05)

    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        await connection.execute(ENDLESS)
    connection.deadline_s = 30.0
    assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
    await connection.close()


async def test_what_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    connection = await opened(tmp_path)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await connection.execute(ENDLESS)
    # It would wait behind the statement for ever.
    assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
    await connection.close()
