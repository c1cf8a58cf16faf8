import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from tests.past import pool_of
from tests.signal_records import signal, story

from tidemark.api.past import SignalFilter
from tidemark.clock import EventClock, SystemClock
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.filling import Filling
from tidemark.serve.database.repository import Repository
from tidemark.store.signal_log import SignalLog
from tidemark.store.tables import FILE
from tidemark.units import MIB, SECOND

ALL = SignalFilter()


@asynccontextmanager
async def reading(folder: Path, clock: EventClock) -> AsyncIterator[tuple[Filling, Repository]]:
    """What answers of a folder, and what fills the database before it does."""
    filling = Filling(None, folder, clock)
    async with pool_of(None, folder) as pool:
        try:
            yield filling, Repository(pool, SystemClock(), Ledger(), venue=folder.name, filling=filling)
        finally:
            await filling.close()


async def ids(repository: Repository) -> list[str]:
    page = await repository.signals(ALL, limit=100, before=None, counts=False)
    return [one.signal.id for one in page.rows]


async def test_what_was_signalled_a_second_ago_is_in_the_answer(tmp_path: Path) -> None:
    clock, told = EventClock(0), SignalLog(tmp_path / "signals", MIB, Ledger())
    async with reading(tmp_path, clock) as (filling, repository):
        assert await ids(repository) == []
        assert not (tmp_path / FILE).exists()

        told.offer(story(1))
        clock.set(SECOND)
        assert await ids(repository) == [signal(1).id]
        told.offer([signal(2)])
        assert await ids(repository) == [signal(1).id]
        clock.set(2 * SECOND)
        assert await ids(repository) == [signal(2).id, signal(1).id]
        clock.set(3 * SECOND)
        assert await ids(repository) == [signal(2).id, signal(1).id]

        assert filling.loaded == 6


async def test_many_who_ask_at_once_are_one_load(tmp_path: Path) -> None:
    SignalLog(tmp_path / "signals", MIB, Ledger()).offer(story(1))
    async with reading(tmp_path, EventClock(0)) as (filling, repository):
        answers = await asyncio.gather(*(ids(repository) for _ in range(20)))

        assert answers == [[signal(1).id]] * 20
        assert filling.loaded == 5


async def test_a_database_that_cannot_be_written_says_so_once_and_in_each_answer(tmp_path: Path) -> None:
    SignalLog(tmp_path / "signals", MIB, Ledger()).offer(story(1))
    clock = EventClock(0)
    (tmp_path / FILE).mkdir()
    async with reading(tmp_path, clock) as (filling, _):
        with structlog.testing.capture_logs() as logs:
            for at in range(3):
                clock.set(at * SECOND)
                words = await filling.catch_up()
                assert words is not None
                assert words.startswith("the newest signals are missing: ")
        (tmp_path / FILE).rmdir()
        clock.set(4 * SECOND)
        assert await filling.catch_up() is None

    assert [one["event"] for one in logs] == ["signals do not reach the database"]


async def test_who_asks_does_not_wait_for_a_long_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.serve.database.filling.WAIT_S", 0.0)
    SignalLog(tmp_path / "signals", 8 * MIB, Ledger()).offer([one for n in range(500) for one in story(n)])
    clock = EventClock(0)
    async with reading(tmp_path, clock) as (filling, _):
        assert await filling.catch_up() == "the newest signals are still being read from their log; ask again"
        await filling.close()

        assert filling.loaded == 2500
