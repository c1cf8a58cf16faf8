import asyncio
from pathlib import Path

import pytest
import structlog
from tests.backtests_served import fill
from tests.served_jobs import asked, job

from tidemark.live import backtest_child as module
from tidemark.live.backtest_child import child_for
from tidemark.live.child import own
from tidemark.store.backtest_job import Checking, Ended, Progress, Refused, Running


async def test_what_it_says_is_heard_until_it_says_no_more(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    async with asyncio.timeout(60), child_for(job(tmp_path, Checking(asked=asked("nothing.py")))) as child:
        said = await child.said()
        rest = await child.said()

    assert isinstance(said, Refused)
    assert rest is None


async def test_given_up_half_way_nothing_is_lost(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    async with asyncio.timeout(60), child_for(job(tmp_path, Checking(asked=asked()))) as child:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await child.said()
        said = await child.said()

    assert said is not None


async def test_it_can_be_cancelled_and_is_ended_with_the_block(tmp_path: Path) -> None:
    fill(tmp_path)
    async with asyncio.timeout(60), child_for(job(tmp_path, Running(run="a-1", asked=asked("slow.py")))) as child:
        first = await child.said()
        resident = own(child.pid)
        child.cancel()
        said = first
        while isinstance(said, Progress):
            said = await child.said()

    assert isinstance(first, Progress)
    assert said == Ended(state="cancelled")
    assert resident > 0
    assert own(child.pid) == 0


async def test_one_that_is_killed_says_so(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    async with asyncio.timeout(60), child_for(job(tmp_path, Running(run="a-1", asked=asked("stuck.py")))) as child:
        await child.said()
        child.kill()
        said, words = await child.said(), await child.words()
        # It is gone: there is nobody to hear that.
        child.cancel()
        child.kill()

    assert (said, words) == (None, "its process was ended by signal 9")


@pytest.mark.parametrize(
    ("code", "words"),
    [("import sys; sys.exit('no\\nroom')", "room"), ("raise SystemExit(3)", "its process ended with 3")],
)
async def test_its_last_words_are_why_it_ended(
    code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ends.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "MODULE", "ends")
    async with asyncio.timeout(60), child_for(job(tmp_path)) as child:
        assert await child.said() is None
        assert await child.words() == words


@pytest.mark.parametrize("said", ["print('hello')", "print('x' * 2**20)"])
async def test_what_is_not_understood_is_an_alarm_and_no_answer(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talks.py").write_text(said)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "MODULE", "talks")
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(60), child_for(job(tmp_path)) as child:
            assert await child.said() is None

    assert [one["event"] for one in logs] == ["alarm"]


async def test_what_it_has_begun_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its streams stay open, and it is waited for until that other process ends."""
    code = "import os, time\nif os.fork():\n    os._exit(3)\ntime.sleep(60)\n"
    (tmp_path / "forks.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "MODULE", "forks")
    async with asyncio.timeout(20), child_for(job(tmp_path)) as child:
        while not child.is_over:  # noqa: ASYNC110 - what the system does
            await asyncio.sleep(0.01)
        assert await child.words() == "its process ended with 3"
        assert await child.said() is None
