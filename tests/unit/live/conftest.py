"""A local exchange in this process, and settings that watch it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tidemark.clock import SystemClock
from tidemark.settings.settings import Settings, load
from tidemark.sim.generator import generated
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings


@pytest.fixture
async def address() -> AsyncIterator[Address]:
    """Where it answers: Bybit's way, five markets, twenty times as fast as the clock."""
    settings = SimSettings(venue="bybit", symbols=5, rate=200.0, speed=20.0)
    clock = SystemClock()
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(serve(settings, generated(settings, clock.now_ns()), clock, ready.set_result))
        try:
            yield await ready
        finally:
            running.cancel()


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with these flags, which keep what they keep in a folder of the test.

    The budget is generous, and so is the transient share: the floor of a plan is what this process takes, with all that
    other tests have imported, and a census takes the more the more objects they left.
    """

    def make(at: Address | None = None, **flags: str) -> Settings:
        given = {"store.folder": str(tmp_path / "store"), "memory.budget": "4GB"} | {
            key.replace("__", "."): v for key, v in flags.items()
        }
        if "memory__budget" not in flags:
            given.setdefault("memory.transient", "256MB")
        if at is not None:
            given |= {"venue.rest_url": at.rest, "venue.stream_url": at.stream}
        return load(None, {}, given).settings

    return make
