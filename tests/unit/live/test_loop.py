import asyncio

import pytest

from tidemark.errors import RefusedError
from tidemark.live.loop import run_loop


def test_the_work_runs_on_uvloop_and_gives_its_result() -> None:
    async def work() -> str:
        await asyncio.sleep(0)
        return type(asyncio.get_running_loop()).__module__

    assert run_loop(work()).split(".")[0] == "uvloop"


def test_without_uvloop_the_standard_loop_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    async def work() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run_loop(work()).split(".")[0] == "asyncio"


def test_an_error_of_the_work_comes_through() -> None:
    async def work() -> None:
        raise RefusedError("no")

    with pytest.raises(RefusedError):
        run_loop(work())
