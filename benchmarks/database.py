"""The past out of a database: fifty who ask at once, and what the process that reads it takes while it streams.

200,000 gaps in SQLite, and in PostgreSQL where that is installed. The way is that of a monitor: HTTP, the socket of the
reader process, the pool. Fifty clients ask for a page of one market each, for five seconds, from the process that hands
on their questions: all three share the machine. Then all rows are taken as an export. Wall time and resident memory.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
from aiohttp import ClientSession, TCPConnector, web

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.reading import read
from tidemark.api.application import application
from tidemark.api.reading import Reading
from tidemark.api.turns import Turns
from tidemark.clock import SystemClock
from tidemark.live.loop import run_loop
from tidemark.live.reader_job import RESIDENT_BYTES
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import Settings, load
from tidemark.units import MIB, MILLISECOND

IS_CHEAP = False
GATE: Gate = None
_ROWS, _FEW_ROWS = 200_000, 20_000
_CLIENTS = 50
_MARKETS = 70
_GAPS = "/api/v1/history/gaps"
_LOOK_S = 0.01


class _Streamed(msgspec.Struct, frozen=True):
    """Rows that came, in so many seconds; the most and the last resident bytes of the reader."""

    rows: int
    seconds: float
    most: int
    after: int


def run(plan: Plan) -> Iterator[Result]:
    """SQLite, then PostgreSQL."""
    # Not at the top: they are for tests, and whoever lists the benchmarks may not have what tests need.
    from tests.past import fill, many
    from tests.postgresql import binaries, postgresql

    rows, seconds = plan.choose(_ROWS, _FEW_ROWS), plan.choose(5, 1)
    for kind in ("sqlite", "postgresql"):
        with ExitStack() as stack:
            if kind == "postgresql" and binaries() is None:
                say("PostgreSQL is not installed")
                return
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(postgresql()).url if kind == "postgresql" else None
            say(f"{rows:,} gaps into {kind}")
            fill(url, folder, many(rows))
            yield from run_loop(_measure(kind, url, folder, seconds))


async def _measure(kind: str, url: str | None, folder: Path, seconds: float) -> list[Result]:
    settings = load(None, {}, {"store.database": url} if url is not None else {}).settings
    async with (
        _served(settings, folder) as (reading, address),
        ClientSession(connector=TCPConnector(limit=_CLIENTS)) as session,
    ):
        async with session.get(address + _GAPS, params={"limit": "1"}) as answer:
            assert answer.status == 200, await answer.text()
        idle = _pid_of(reading)
        before = read(idle).rss
        say(f"{kind}: {_CLIENTS} clients for {seconds:g} s")
        took = await _asked(session, address, seconds)
        asked = read(idle).rss
        # What came of it, once the process has told.
        async with session.get(address + "/health/database") as answer:
            pool = (await answer.json())["pool"]
        say(f"{kind}: {pool}")
        first = await _streamed(session, address, idle)
        again = await _streamed(session, address, idle)
    if pool["refused"] or pool["errors"]:
        raise AssertionError(f"{kind}: {pool}")
    each = len(took)
    return [
        Result(name=f"database/{kind}: questions", value=round(each / seconds, 1), unit="a second", n=each),
        Result(name=f"database/{kind}: p50", value=_quantile(took, 0.5), unit="ms", n=each),
        Result(name=f"database/{kind}: p99", value=_quantile(took, 0.99), unit="ms", n=each),
        Result(name=f"database/{kind}: waited in vain", value=pool["timeouts"], unit="questions", target=0.0, n=each),
        Result(
            name=f"database/{kind}: export", value=round(again.rows / again.seconds), unit="rows a second", n=again.rows
        ),
        Result(name=f"database/{kind}: reader, at first", value=_mb(before), unit="MB"),
        Result(name=f"database/{kind}: reader, after {_CLIENTS} clients", value=_mb(asked), unit="MB"),
        Result(
            name=f"database/{kind}: reader, streaming", value=_mb(max(first.most, again.most)), unit="MB",
            target=_mb(RESIDENT_BYTES), n=again.rows,
        ),
        Result(
            name=f"database/{kind}: more by a second export", value=_mb(max(0, again.most - first.most)), unit="MB",
            target=8.0, n=again.rows,
        ),
        Result(name=f"database/{kind}: reader, afterwards", value=_mb(again.after), unit="MB"),
    ]  # fmt: skip


@asynccontextmanager
async def _served(settings: Settings, folder: Path) -> AsyncIterator[tuple[Reading, str]]:
    """What hands on questions, at a port."""
    reading = Reading(settings, folder, SystemClock(), Ledger())
    runner = web.AppRunner(application(reading.handlers(Turns())), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    work = asyncio.ensure_future(reading.follow())
    try:
        yield reading, f"http://127.0.0.1:{port}"
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await runner.cleanup()


async def _asked(session: ClientSession, address: str, seconds: float) -> list[float]:
    """How long each answer took, in ms."""
    clock, took = SystemClock(), list[float]()
    ends = asyncio.get_running_loop().time() + seconds

    async def ask(number: int) -> None:
        while asyncio.get_running_loop().time() < ends:
            begun = clock.monotonic_ns()
            query = {"symbol": f"M{number % _MARKETS:03}USDT", "limit": "100"}
            async with session.get(address + _GAPS, params=query) as answer:
                await answer.read()
                assert answer.status == 200, answer.status
            took.append((clock.monotonic_ns() - begun) / MILLISECOND)

    async with asyncio.TaskGroup() as group:
        for number in range(_CLIENTS):
            group.create_task(ask(number))
    return took


async def _streamed(session: ClientSession, address: str, pid: int) -> _Streamed:
    loop = asyncio.get_running_loop()
    most = rows = 0
    begun = looked = loop.time()
    async with session.get(address + _GAPS, params={"format": "ndjson"}) as answer:
        async for piece in answer.content.iter_chunked(1 << 16):
            rows += piece.count(b"\n")
            if loop.time() - looked > _LOOK_S:
                looked = loop.time()
                most = max(most, read(pid).rss)
    return _Streamed(rows, loop.time() - begun, most, read(pid).rss)


def _pid_of(reading: Reading) -> int:
    assert reading.pid is not None
    return reading.pid


def _quantile(took: list[float], share: float) -> float:
    return round(float(np.quantile(took, share)), 1)


def _mb(count: int) -> float:
    return round(count / MIB, 1)
