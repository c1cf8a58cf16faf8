"""100,000 answers removed from a Redis, a thousand a round: how long it takes, what it holds, and who waits for it.

Beside them stand as many keys of others. Another connection asks all the while, and its longest wait is told. Wall time
and resident memory; the server is on the same machine.
"""

import asyncio
import gc
import os
from collections.abc import Iterator

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.reading import read
from tidemark.clock import SystemClock
from tidemark.live.loop import run_loop
from tidemark.memory.process import Process
from tidemark.serve.shared.keys import ANSWERS, Names, remove
from tidemark.serve.shared.link import RedisLink
from tidemark.units import MIB, MILLISECOND, SECOND

IS_CHEAP = False
GATE: Gate = None
_KEYS, _FEW = 100_000, 20_000
_BATCH = 1000
# About that of a short page of candles.
_VALUE = bytes(400)


def run(plan: Plan) -> Iterator[Result]:
    """Fill a server of our own, and clear it."""
    from tests.redis_server import redis_server

    with redis_server() as server:
        yield from run_loop(_measure(server.url, plan.choose(_KEYS, _FEW)))


async def _measure(url: str, keys: int) -> list[Result]:
    link, other, clock = RedisLink(url), RedisLink(url), SystemClock()
    await link.open()
    await other.open()
    names = Names("benchmark")
    say(f"{keys:,} answers, and as many keys of others")
    for first in range(0, keys, _BATCH):
        numbers = range(first, first + _BATCH)
        await link.ask_all([("SET", names.answer(str(n)), _VALUE) for n in numbers])
        await link.ask_all([("SET", f"of another:{n}", b"x") for n in numbers])
    gc.collect()
    Process().trim()
    before = most = read(os.getpid()).rss
    waits: list[int] = []

    async def ask() -> None:
        while True:
            started = clock.monotonic_ns()
            await other.ask("PING")
            waits.append(clock.monotonic_ns() - started)

    def tell(_: int, __: int) -> None:
        nonlocal most
        most = max(most, read(os.getpid()).rss)

    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask())
        started = clock.monotonic_ns()
        removed = await remove(link, ANSWERS, tell)
        seconds = (clock.monotonic_ns() - started) / SECOND
        asking.cancel()
    left = int(await link.ask("DBSIZE"))
    await link.close()
    await other.close()
    if (removed.keys, left) != (keys, keys):
        raise AssertionError(f"{removed.keys} of {keys} answers were removed, and {left} keys are left")
    return [
        Result(
            name=f"redis/{keys:,} answers removed", value=round(seconds, 2), unit="s", target=10.0, n=removed.rounds
        ),
        Result(
            name="redis/memory for it", value=round((most - before) / MIB, 1), unit="MB", target=50.0, n=removed.rounds
        ),
        Result(
            name="redis/the longest that another waits",
            value=round(max(waits) / MILLISECOND, 1),
            unit="ms",
            n=len(waits),
        ),
    ]
