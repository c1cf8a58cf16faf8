"""Five hundred push clients of one monitor: at the monitor itself, and at a process of `tidemark serve` beside it.

The market and the clients are those of `push`: 560 markets move, and each client receives one book, its candles, its
score and the figures of the process, ten messages a second. Monitor, clients and the process beside it share the
machine. How late the monitor's loop is, with nobody and with all of them at either place; latency from the monitor's
clock to the client; what the process takes, with letting them in. Wall time, CPU time and resident memory.
"""

import asyncio
import resource
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import numpy as np
from aiohttp import web

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.push_clients import Measured
from benchmarks.material.push_market import PushMarket, served
from benchmarks.material.reading import cpu_s, read
from tidemark.api.application import INSTANCE
from tidemark.live.loop import run_loop
from tidemark.units import KIB, MIB, MILLISECOND

IS_CHEAP = False
GATE: Gate = None
_CLIENTS, _FEW = 500, 50
_TOPICS = ("book.M000USDT", "candle.M000USDT.1m", "score.M000USDT", "health")


def run(plan: Plan) -> Iterator[Result]:
    """Nobody, all at the monitor, all beside it."""
    clients = plan.choose(_CLIENTS, _FEW)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    yield from run_loop(_measure(PushMarket(clients=clients + 1), clients, float(plan.choose(20, 4))))


async def _measure(market: PushMarket, clients: int, seconds: float) -> list[Result]:
    async with served(market, {"/health/live": _live}) as port:
        say("nobody is connected")
        alone_ms = await _late(market, seconds)
        say(f"{clients} clients at the monitor")
        direct, direct_ms = await _crowd(market, port, clients, seconds)
        async with _beside(port, clients) as (process, beside):
            idle = read(process.pid).rss
            say(f"{clients} clients at a process beside it")
            begun_s = cpu_s(process.pid)
            relayed, relayed_ms = await _crowd(market, beside, clients, seconds)
            taken, used_s = read(process.pid).rss, cpu_s(process.pid) - begun_s
            if market.hub.figures().open != 1:
                raise AssertionError(f"the monitor has {market.hub.figures().open} push clients")
    say(f"at the monitor: {direct}; beside it: {relayed}")
    if direct.closed or relayed.closed:
        raise AssertionError(f"{direct.closed} and {relayed.closed} connections have ended")
    n = relayed.messages
    return [
        Result(name="serve/monitor's loop lag p99, nobody", value=alone_ms, unit="ms", n=1),
        Result(name=f"serve/the same, {clients} clients there", value=direct_ms, unit="ms", n=clients),
        Result(
            name=f"serve/the same, {clients} clients beside it", value=relayed_ms, unit="ms", target=50.0, n=clients
        ),
        Result(name="serve/clients that got all", value=round(100 * relayed.served, 1), unit="%", n=clients),
        Result(name="serve/latency p50", value=relayed.p50_ms, unit="ms", n=n),
        Result(name="serve/latency p99", value=relayed.p99_ms, unit="ms", target=250.0, n=n),
        Result(name="serve/latency p99 at the monitor", value=direct.p99_ms, unit="ms", n=direct.messages),
        Result(name="serve/10,000 messages", value=round(1e7 * used_s / n, 1), unit="ms", n=n),
        Result(name="serve/the process, nobody", value=round(idle / MIB, 1), unit="MB"),
        Result(
            name="serve/a connection", value=round((taken - idle) / clients / KIB, 1), unit="KB", target=50.0, n=clients
        ),
    ]


async def _live(_: web.Request) -> web.Response:
    return web.Response(headers={INSTANCE: "benchmark"})


@asynccontextmanager
async def _beside(port: int, clients: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A process of `tidemark serve`, and its port."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tidemark", "serve", "--monitor", f"http://127.0.0.1:{port}", "--port", "0", "--json",
            "--set", f"serve.clients={clients}", "--set", f"store.folder={folder}", "--set", "log.level=warning",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            address = msgspec.json.decode(await process.stdout.readline())["address"]
            yield process, int(address.rpartition(":")[2])
        finally:
            process.terminate()
            await process.wait()


async def _crowd(market: PushMarket, port: int, clients: int, seconds: float) -> tuple[Measured, float]:
    """What so many clients at *port* got, and how late the monitor's loop was meanwhile."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.material.push_clients", str(port), str(clients), *_TOPICS,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        process.stdin.write(b"begin\n")
        late_ms = await _late(market, seconds)
        process.stdin.write(b"stop\n")
        return msgspec.json.decode(await process.stdout.readline(), type=Measured), late_ms
    finally:
        process.stdin.close()
        await process.wait()


async def _late(market: PushMarket, seconds: float) -> float:
    """How late the loop came, but for one time in a hundred."""
    market.late_ns.clear()
    await asyncio.sleep(seconds)
    return round(float(np.quantile(market.late_ns, 0.99)) / MILLISECOND, 1)
