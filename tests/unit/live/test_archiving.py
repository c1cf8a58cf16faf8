import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import structlog
from tests.archives import ROWS, journal, offer
from tests.build import MIDNIGHT

from tidemark.clock import EventClock
from tidemark.live import archiving
from tidemark.live.archiving import Archiving
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.store.archive_job import RESIDENT_BYTES
from tidemark.store.archive_layout import parts
from tidemark.store.journal import files
from tidemark.units import DAY, HOUR, SECOND

Make = Callable[..., Settings]
NOW = MIDNIGHT + 12 * HOUR


def made(settings: Settings, *, now_ns: int = NOW) -> Archiving:
    folder = settings.store.path / "bybit"
    folder.mkdir(parents=True, exist_ok=True)
    return Archiving(settings, folder, ROWS, EventClock(now_ns))


def lived(settings: Settings) -> Path:
    folder = settings.store.path / "bybit"
    writer = journal(folder)
    for number in range(3):
        offer(writer, Timeframe.M1, ["AUSDT"], number)
    return folder


async def test_a_run_archives_and_says_what_it_did_in_one_line(settings: Make) -> None:
    chosen = settings()
    folder = lived(chosen)

    with structlog.testing.capture_logs() as logs:
        done = await made(chosen).run()

    assert done is not None
    assert (done.candles, done.files) == (3, 1)
    assert [part.symbol for part in parts(folder.parent / "archive")] == ["AUSDT"]
    assert [(line["event"], line["candles"], line["files"]) for line in logs] == [("archive written", 3, 1)]


async def test_the_memory_of_whoever_starts_the_writer_is_not_counted_as_its_own(settings: Make) -> None:
    chosen = settings()
    lived(chosen)
    # More than the writer may take, and resident: a child is a copy of its parent before it becomes a program.
    held = np.ones(RESIDENT_BYTES + (32 << 20), np.uint8)

    with structlog.testing.capture_logs() as logs:
        done = await made(chosen).run()

    assert done is not None
    assert 0 < done.peak_rss < RESIDENT_BYTES < held.nbytes
    assert [line["event"] for line in logs] == ["archive written"]


async def test_a_run_that_fails_is_told_in_one_line_and_the_next_one_mends_it(settings: Make) -> None:
    chosen = settings()
    folder = lived(chosen)
    root = folder.parent / "archive"
    root.write_text("in the way")
    runs = made(chosen)

    with structlog.testing.capture_logs() as logs:
        assert await runs.run() is None
    assert runs.failure is not None
    assert "\n" not in runs.failure
    assert [line["event"] for line in logs] == ["the archive was not written"]

    root.unlink()
    assert await runs.run() is not None
    failure: str | None = runs.failure
    assert failure is None
    assert runs.runs == 2


async def test_a_run_that_hangs_is_ended(settings: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = settings()
    lived(chosen)
    # A writer whose journal never ends: a pipe that nobody writes to.
    os.mkfifo(chosen.store.path / "bybit" / "journal" / f"1m-{9 * 10**18:019d}.journal")
    monkeypatch.setattr(archiving, "_PATIENCE_S", 3.0)
    runs = made(chosen)

    assert await runs.run() is None
    assert runs.failure == "the writer process was ended after 3 s"


async def test_a_program_that_is_not_there_is_told(settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings()
    monkeypatch.setattr(sys, "executable", "/nosuch/python")
    runs = made(chosen)

    assert await runs.run() is None
    assert runs.failure == "the writer process did not start: No such file or directory"


async def test_being_cancelled_ends_the_child(settings: Make) -> None:
    chosen = settings()
    lived(chosen)
    os.mkfifo(chosen.store.path / "bybit" / "journal" / f"1m-{9 * 10**18:019d}.journal")
    runs = made(chosen)
    lock = chosen.store.path / "bybit" / ".writer"
    task = asyncio.ensure_future(runs.run())
    async with asyncio.timeout(30):
        while not lock.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.02)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    for path in (chosen.store.path / "bybit" / "journal").glob("1m-9*"):
        path.unlink()
    assert await runs.run() is not None


@pytest.mark.parametrize(
    ("now_ns", "every", "wait_s"),
    [
        (NOW, "10m", 600.0),
        (MIDNIGHT + DAY - 60 * SECOND, "10m", 70.0),
        (MIDNIGHT + 5 * SECOND, "10m", 5.0),
        (MIDNIGHT + 10 * SECOND, "10m", 600.0),
        (NOW, "30s", 30.0),
    ],
)
def test_a_run_comes_every_so_often_and_behind_midnight(settings: Make, now_ns: int, every: str, wait_s: float) -> None:
    assert made(settings(archive__every=every), now_ns=now_ns).wait_s() == wait_s


async def test_it_follows_with_a_run_after_each_wait(settings: Make) -> None:
    chosen = settings(archive__every="1s")
    lived(chosen)
    runs = made(chosen)
    task = asyncio.ensure_future(runs.follow())
    async with asyncio.timeout(60):
        while runs.runs < 2:  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert runs.failure is None


def test_the_job_follows_the_settings(settings: Make) -> None:
    chosen = settings(archive__trades="true", archive__max_size="5GB", archive__max_age="7d", store__gaps_max_age="2d")
    job = made(chosen).job()

    assert (job.venue, job.max_bytes, job.max_age_ns, job.gaps_max_age_ns) == ("bybit", 5 << 30, 7 * DAY, 2 * DAY)
    assert job.archive == str(chosen.store.path / "archive")
    assert job.trades == str(chosen.store.path / "bybit" / "trades")
    assert (job.each["1m"], job.rows["1m"]) == (1440, 4000)
    off = made(settings(archive__enabled="false", archive__trades="true")).job()
    assert (off.archive, off.trades) == (None, None)
    assert Archiving.reserve().bytes == RESIDENT_BYTES


async def test_a_lost_journal_comes_back_from_the_archive_and_one_that_is_there_stays(settings: Make) -> None:
    chosen = settings()
    folder = lived(chosen)
    runs = made(chosen)
    await runs.run()
    assert await runs.prepare() == 0
    for path in (folder / "journal").iterdir():
        path.unlink()

    assert await runs.prepare() == 3

    assert [path.name for path in files(folder / "journal", "1m")] == [f"1m-{0:019d}.base"]
    assert await runs.prepare() == 0


async def test_without_an_archive_there_is_nothing_to_prepare(settings: Make) -> None:
    assert await made(settings()).prepare() == 0
    assert await made(settings(store__journal="false")).prepare() == 0


def test_a_job_goes_into_one_argument(settings: Make) -> None:
    assert len(msgspec.json.encode(made(settings()).job())) < 4096
