import os
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientSession, UnixConnector
from tests.past import fill, gap

from tidemark.api import reader_process as module
from tidemark.api.past import PoolFigures
from tidemark.api.reader_process import HEARING, reader_process
from tidemark.errors import DatabaseError
from tidemark.live.child import resident
from tidemark.live.reader_job import RESIDENT_BYTES, ReaderJob
from tidemark.memory.tasks import TaskRegistry


def registry() -> TaskRegistry:
    def fail(name: str, error: BaseException) -> None:
        raise AssertionError(name) from error

    return TaskRegistry("test", limit=HEARING, on_error=fail)


def job(folder: Path, database: str | None = None) -> ReaderJob:
    return ReaderJob(
        database=database,
        folder=str(folder),
        backtests=str(folder.parent / "backtests"),
        socket=str(folder / "private" / "socket"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir(mode=0o700)
    fill(None, tmp_path, [gap(1)])
    return tmp_path


async def test_it_answers_until_the_block_ends_and_leaves_nothing(folder: Path) -> None:
    heard: list[PoolFigures] = []
    tasks, asked = registry(), job(folder)
    with structlog.testing.capture_logs():
        async with reader_process(asked, tasks, heard.append) as child:
            assert len(tasks.names()) == HEARING
            async with (
                ClientSession(connector=UnixConnector(asked.socket)) as session,
                session.get("http://reader/api/v1/history/gaps") as answer,
            ):
                assert (answer.status, len((await answer.json())["gaps"])) == (200, 1)
            assert 0 < resident(child.pid) < RESIDENT_BYTES

    assert heard[0].kind == "sqlite"
    assert child.returncode == 0
    assert tasks.names() == []
    assert resident(child.pid) == 0
    assert not os.path.exists(folder / "private")  # noqa: ASYNC240, PTH110 - it is a moment


async def test_a_database_that_is_not_understood_is_said_in_one_line(folder: Path) -> None:
    with pytest.raises(DatabaseError, match=r"does not run: store\.database: nope is not among") as refused:
        async with reader_process(job(folder, "nope://user:hidden@x"), registry(), lambda _: None):
            pass
    assert "\n" not in str(refused.value)
    assert "hidden" not in str(refused.value)


async def test_one_that_does_not_begin_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEGIN_S", 0.0)

    with pytest.raises(DatabaseError, match="did not begin within 0 s"):
        async with reader_process(job(folder), registry(), lambda _: None):
            pass
