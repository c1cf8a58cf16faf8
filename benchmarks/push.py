"""Push to a thousand clients, ten messages a second each: latency, memory, and what a client that stops reading costs.

560 markets move meanwhile, with 2,000 trades a second, all scores and one book. Each client receives that book, its
candles, its score and the figures of the process. The clients are in another process, and share the machine with this
one. Then a hundred clients connect and go again and again, and one stops reading. Wall time and resident memory.
"""

import asyncio
import gc
import os
import resource
import socket
import sys
from collections.abc import Iterator
from functools import partial
from statistics import median
from time import process_time

import msgspec
import numpy as np

from benchmarks.base import Gate, Plan, Result, cpu_seconds, say
from benchmarks.material.push_clients import Crowd, Measured, connect, handshake, masked
from benchmarks.material.push_market import SYMBOLS, PushMarket, served
from benchmarks.material.reading import read
from tidemark.api.push.live_topics import LiveTopic
from tidemark.live.loop import run_loop
from tidemark.memory.process import Process
from tidemark.units import KIB, MILLISECOND, SECOND

IS_CHEAP = False
GATE: Gate = None
_CLIENTS, _FEW = 1000, 100
_TOPICS = ("book.M000USDT", "candle.M000USDT.1m", "score.M000USDT", "health")
_RECONNECTING = 100
# The least that the system gives a socket to receive into: a client that stops reading is noticed the sooner.
_RECEIVE_BYTES = 4096
_BESIDE = 10
_LOOK_S = 0.01


def run(plan: Plan) -> Iterator[Result]:
    """What making a message takes, then the thousand, the hundred, and the one."""
    clients = plan.choose(_CLIENTS, _FEW)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    market = PushMarket(clients=clients + 2 * _RECONNECTING)
    yield from _making(market, plan.choose(200, 20))
    yield from run_loop(_push(market, clients, plan))


def _making(market: PushMarket, repetitions: int) -> Iterator[Result]:
    """The overview of all markets, of which a part has changed."""
    topics = market.hub.topics
    live = topics.find("overview", 0)
    whole = topics.snapshot(live)
    seconds: list[float] = []
    sizes: list[int] = []
    for _ in range(repetitions):
        for _ in range(5):
            market.move()
        seconds.append(cpu_seconds(partial(_advance, market, live, sizes)))
    say(f"a snapshot of {SYMBOLS} markets has {len(whole):,} bytes, a change in the median {median(sizes):,.0f}")
    topics.end(live)
    yield Result(
        name="push/a message of 560 markets", value=round(1e3 * median(seconds), 3), unit="ms", target=3.0,
        n=repetitions, best=round(1e3 * min(seconds), 3),
    )  # fmt: skip


def _advance(market: PushMarket, live: LiveTopic, sizes: list[int]) -> None:
    sizes.append(len(market.hub.topics.advance(live, market.clock.monotonic_ns()) or b""))


async def _push(market: PushMarket, clients: int, plan: Plan) -> list[Result]:
    async with served(market) as port:
        results = await _thousand(market, port, clients, float(plan.choose(15, 4)))
        results += await _hundred(market, port, plan.choose(15, 4))
        return results + await _one(market, port)


async def _thousand(market: PushMarket, port: int, clients: int, seconds: float) -> list[Result]:
    say("nobody is connected")
    alone = await _watch(market, seconds / 3)
    say(f"{clients} clients")
    before = _resident()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.material.push_clients", str(port), str(clients), *_TOPICS,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        process.stdin.write(b"begin\n")
        sent = market.hub.figures().sent_messages
        together = await _watch(market, seconds)
        sent = market.hub.figures().sent_messages - sent
        process.stdin.write(b"stop\n")
        measured = msgspec.json.decode(await process.stdout.readline(), type=Measured)
        figures = market.hub.figures()
        kib = (_resident() - before) / clients / KIB
    finally:
        process.stdin.close()
        await process.wait()
    say(f"{figures}; {measured}")
    if measured.closed or figures.closed:
        raise AssertionError(f"{measured.closed} connections have ended: {figures.closed}")
    return [
        Result(name="push/clients that got all", value=round(100 * measured.served, 1), unit="%", n=clients),
        Result(name="push/messages of each", value=round(measured.each, 1), unit="a second", n=clients),
        Result(name="push/latency p50", value=measured.p50_ms, unit="ms", n=measured.messages),
        Result(name="push/latency p99", value=measured.p99_ms, unit="ms", target=250.0, n=measured.messages),
        Result(name="push/a connection", value=round(kib, 1), unit="KB", target=50.0, n=clients),
        Result(
            name="push/10,000 messages", value=round(1e7 * (together.cpu_s - 3 * alone.cpu_s) / sent, 1), unit="ms",
            n=sent,
        ),
        Result(name="push/loop lag p99", value=together.late_ms, unit="ms", target=50.0, n=together.beats),
        Result(name="push/loop lag p99 without clients", value=alone.late_ms, unit="ms", n=alone.beats),
    ]  # fmt: skip


class _Watched(msgspec.Struct, frozen=True):
    """CPU time of this process, and how late its loop was but for one time in a hundred."""

    cpu_s: float
    late_ms: float
    beats: int


async def _watch(market: PushMarket, seconds: float) -> _Watched:
    market.late_ns.clear()
    cpu_s = process_time()
    await asyncio.sleep(seconds)
    late_ns = market.late_ns
    late_ms = round(float(np.quantile(late_ns, 0.99)) / MILLISECOND, 1)
    return _Watched(process_time() - cpu_s, late_ms, len(late_ns))


async def _hundred(market: PushMarket, port: int, seconds: float) -> list[Result]:
    """A hundred clients that come and go without a pause; what they leave behind in the process."""
    say(f"{_RECONNECTING} clients that reconnect for {seconds:g} s")
    crowd = Crowd(list(_TOPICS))
    loop = asyncio.get_running_loop()
    rounds, settled = 0, 0
    ends = loop.time() + seconds
    while loop.time() < ends:
        for reader in await connect(crowd, port, _RECONNECTING):
            reader.leave()
        rounds += 1
        await asyncio.sleep(0.1)
        if not settled and loop.time() > ends - seconds * 2 / 3:
            settled = _resident()
    await asyncio.sleep(1.5)
    if market.hub.figures().open:
        raise AssertionError(f"{market.hub.figures().open} clients are still there")
    grown = max(_resident() - settled, 0)
    return [Result(name="push/after reconnects", value=round(grown / KIB), unit="KB", n=rounds * _RECONNECTING)]


async def _one(market: PushMarket, port: int) -> list[Result]:
    """One that stops reading beside ten that do not."""
    say("one that stops reading")
    crowd = Crowd(["overview"])
    await connect(crowd, port, _BESIDE)
    crowd.is_measuring = True
    hub, clock, loop = market.hub, market.clock, asyncio.get_running_loop()
    with socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        stalled.setblocking(False)
        await loop.sock_connect(stalled, ("127.0.0.1", port))
        await loop.sock_sendall(stalled, handshake(port) + masked(b'{"op":"subscribe","topic":"overview"}'))
        started = clock.monotonic_ns()
        most = before = 0
        while hub.figures().open > _BESIDE or not hub.figures().closed:
            # What is on its way to the others is gone by the next look.
            now = hub.figures().waiting_bytes
            most, before = max(most, min(before, now)), now
            await asyncio.sleep(_LOOK_S)
        seconds = (clock.monotonic_ns() - started) / SECOND
    counts = np.cumsum(crowd.latencies)
    if hub.figures().closed != {"slow": 1} or crowd.closed:
        raise AssertionError(f"closed: {hub.figures().closed}, and {crowd.closed} of the others")
    return [
        Result(name="push/who stops reading, held", value=round(most / KIB), unit="KB", target=1024.0),
        Result(name="push/who stops reading, gone after", value=round(seconds, 1), unit="s", target=25.0),
        Result(
            name="push/the others meanwhile, p99", value=float(np.searchsorted(counts, 0.99 * counts[-1])), unit="ms",
            target=250.0, n=int(counts[-1]),
        ),
    ]  # fmt: skip


def _resident() -> int:
    gc.collect()
    Process().trim()
    return read(os.getpid()).rss
