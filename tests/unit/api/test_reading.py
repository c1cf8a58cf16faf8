import asyncio
import json
import os
import signal
import stat
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from tests.past import fill, many

from tidemark.api.application import application
from tidemark.api.problems import Problem
from tidemark.api.reading import Reading, private_folder
from tidemark.api.turns import Turns
from tidemark.clock import SystemClock
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import load

Client = TestClient[web.Request, web.Application]
GAPS = "/api/v1/history/gaps"


@asynccontextmanager
async def reading(folder: Path, *, idle_s: float = 300.0, **flags: str) -> AsyncIterator[tuple[Reading, Client]]:
    """The way to a reader process of *folder*, and a client of those who go it."""
    settings = load(None, {}, {name.replace("__", "."): value for name, value in flags.items()}).settings
    made = Reading(settings, folder, SystemClock(), Ledger(), idle_s=idle_s)
    async with TestClient(TestServer(application(made.handlers(Turns())))) as client:
        work = asyncio.ensure_future(made.follow())
        try:
            yield made, client
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


async def ask(client: Client, path: str = GAPS, **query: str) -> tuple[int, object]:
    async with client.get(path, params=query) as response:
        return response.status, await response.json(content_type=None)


async def test_nothing_runs_before_somebody_asks_and_what_is_not_understood_wakes_nobody(tmp_path: Path) -> None:
    async with reading(tmp_path) as (made, client):
        status, told = await ask(client, limit="0")
        words = made.standing()

    assert (status, made.begun, made.is_running, made.resident) == (400, 0, False, 0)
    assert "limit" in str(told)
    assert (words.is_well, words.detail.partition(":")[0]) == (True, "not asked yet")


async def test_a_question_begins_it_and_the_answer_comes_as_it_was_given(tmp_path: Path) -> None:
    fill(None, tmp_path, many(3000))
    async with reading(tmp_path) as (made, client):
        async with client.get(GAPS, params={"limit": "1000", "count": "true"}) as first:
            page = await first.json()
        async with client.get(
            GAPS, params={"limit": "1000", "count": "true"}, headers={"If-None-Match": first.headers["ETag"]}
        ) as again:
            assert (again.status, await again.read()) == (304, b"")
        async with client.get(GAPS, params={"format": "csv"}) as export:
            rows = (await export.text()).splitlines()
        async with client.head(GAPS) as headed:
            assert (headed.status, await headed.read()) == (200, b"")
        status, health = await ask(client, "/health/database")

        assert (made.begun, made.is_running, status) == (1, True, 200)
        assert made.resident > 0
        assert made.standing().detail.startswith("sqlite: ")
    assert first.headers["Content-Encoding"] == "gzip"
    assert (len(page["gaps"]), page["count"]) == (1000, 3000)
    assert len(rows) == 3001
    assert export.headers["Content-Disposition"] == "attachment; filename*=UTF-8''gaps.csv"
    assert isinstance(health, dict)
    assert health["pool"]["answered"] >= 4
    assert not made.is_running


async def test_its_socket_is_in_a_folder_that_nobody_else_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as name:
        private = Path(name)
        monkeypatch.setattr(tempfile, "tempdir", name)
        async with reading(tmp_path) as (_, client):
            assert (await ask(client))[0] == 200
            (folder,) = listed(private)
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (socket,) = listed(folder)
            assert socket.is_socket()

        assert listed(private) == []


def test_its_address_is_short_wherever_temporary_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    folder = private_folder()

    try:
        assert len(str(folder / "socket")) < 100
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        folder.rmdir()


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_it_ends_when_nobody_asks_and_begins_with_the_next_question(tmp_path: Path) -> None:
    async with reading(tmp_path, idle_s=0.0) as (made, client):
        with structlog.testing.capture_logs() as logs:
            for begun in (1, 2):
                assert (await ask(client))[0] == 200
                assert made.begun == begun
                async with asyncio.timeout(30):
                    while made.is_running:  # noqa: ASYNC110 - another process ends
                        await asyncio.sleep(0.01)
        assert made.standing().is_well

    assert [one["event"] for one in logs] == ["the reader process answers", "the reader process ends"] * 2


async def test_one_that_was_killed_is_begun_again(tmp_path: Path) -> None:
    async with reading(tmp_path) as (made, client):
        with structlog.testing.capture_logs() as logs:
            assert (await ask(client))[0] == 200
            (pid,) = [one["pid"] for one in logs if "pid" in one]
            os.kill(pid, signal.SIGKILL)
            seen = []
            async with asyncio.timeout(30):
                while made.begun == 1:
                    seen.append((await ask(client))[0])
                    await asyncio.sleep(0.01)
        assert (await ask(client))[0] == 200

    assert set(seen) <= {200, 503}
    assert "the reader process failed" in [one["event"] for one in logs]


async def test_a_setting_that_is_wrong_is_said_at_once_and_not_tried_without_end(tmp_path: Path) -> None:
    async with reading(tmp_path, store__database="nope://user:hidden@host/x") as (made, client):
        async with client.get(GAPS) as first:
            told = msgspec.json.decode(await first.read(), type=Problem)
        status, again = await ask(client)
        words = made.standing()

    assert (first.status, first.headers["Retry-After"], status, made.begun) == (503, "1", 503, 0)
    assert told.detail.startswith("the reader process does not run: store.database")
    assert "begun again in" in str(again)
    assert not words.is_well
    assert "hidden" not in told.detail + words.detail + json.dumps(again)


async def test_what_it_takes_is_what_it_reserved(tmp_path: Path) -> None:
    ledger = Ledger()
    Reading(load(None, {}, {}).settings, tmp_path, SystemClock(), ledger)

    planned = {one.owner: one.bytes for one in Reading.reserve()}
    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == planned


@pytest.mark.parametrize("path", [GAPS, "/health/database"])
async def test_without_memory_for_it_a_question_is_refused(path: str, tmp_path: Path) -> None:
    ledger = Ledger(1000)
    made = Reading(load(None, {}, {}).settings, tmp_path, SystemClock(), ledger)
    async with TestClient(TestServer(application(made.handlers(Turns())))) as client, asyncio.TaskGroup() as group:
        work = group.create_task(made.follow())
        status, told = await ask(client, path)
        work.cancel()

    # Nobody could serve it, however idle.
    assert (status, "transient" in str(told)) == (500, True)
