"""Socket to engine: messages from a server on loopback through the live feed, sink and intake.

In a burst they come as fast as the server sends them; paced, at 5,000 a second, where waking up is most of the work.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

import msgspec

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.frames import START_NS, SYMBOLS
from benchmarks.material.market import intake
from benchmarks.material.reading import read
from tidemark.clock import SystemClock
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.venues.base import Channel, Endpoints
from tidemark.ingest.venues.registry import find
from tidemark.live.loop import run_loop
from tidemark.live.pressure import BEAT_S
from tidemark.live.sink import Sink

IS_CHEAP = False
GATE: Gate = "full"
_BURST_TARGET = 400_000.0
_PACED_TARGET = 10.0
_PACE = 5_000
# A run that takes longer than this has lost frames.
_PATIENCE_S = 120.0


def run(plan: Plan) -> Iterator[Result]:
    """A burst, then at a pace."""
    messages, repetitions = plan.choose(200_000, 40_000), plan.choose(5, 3)
    with _server(messages, 0.0) as server:
        runs = [run_loop(_once(server)) for _ in range(repetitions)]
    speeds = [messages / one.cpu_s for one in runs]
    yield Result(
        name="receive/burst",
        value=round(median(speeds)),
        unit="messages/s",
        target=_BURST_TARGET,
        rss_mb=runs[-1].rss_mb,
        n=repetitions,
        best=round(max(speeds)),
    )
    messages, repetitions = plan.choose(100_000, 15_000), plan.choose(3, 1)
    with _server(messages, float(_PACE)) as server:
        runs = [run_loop(_once(server)) for _ in range(repetitions)]
    shares = [100 * one.cpu_s / one.elapsed_s for one in runs]
    yield Result(
        name=f"receive/paced {_PACE}/s",
        value=round(median(shares), 2),
        unit="% of a core",
        target=_PACED_TARGET,
        rss_mb=runs[-1].rss_mb,
        n=repetitions,
        best=round(min(shares), 2),
    )


class _Ready(msgspec.Struct, frozen=True):
    port: int
    messages: int
    trades: int
    duplicates: int


class _Server(msgspec.Struct, frozen=True):
    ready: _Ready
    process: subprocess.Popen[str]

    def go(self) -> None:
        """Have it send its frames."""
        if self.process.stdin is not None:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()


class _Run(msgspec.Struct, frozen=True):
    cpu_s: float
    elapsed_s: float
    rss_mb: float


class _MarketClock(SystemClock):
    """The clock of this machine, moved so that the frames are of now."""

    def __init__(self) -> None:
        self._behind_ns = 0
        self.start()

    def start(self) -> None:
        """It is START_NS now."""
        self._behind_ns = super().now_ns() - START_NS

    def now_ns(self) -> int:
        return super().now_ns() - self._behind_ns


@contextmanager
def _server(messages: int, rate: float) -> Iterator[_Server]:
    say(f"{messages} messages{f', {rate:g} a second' if rate else ''}")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.material.firehose", str(messages), str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        yield _Server(msgspec.json.decode(line, type=_Ready), process)
    finally:
        process.communicate(timeout=30)


async def _once(server: _Server) -> _Run:
    """One connection from its first frame to its last; AssertionError unless every trade arrived once."""
    ready = server.ready
    venue = find("bybit", Endpoints(rest="http://127.0.0.1:1", stream=f"ws://127.0.0.1:{ready.port}"))
    clock = _MarketClock()
    made = intake(venue)
    with tempfile.TemporaryDirectory() as folder:
        sink = Sink(clock, Rejects(Path(folder) / "rejects.jsonl"), None)
        sink.intake = made
        feed = Feed(venue, SYMBOLS, [Channel.TRADES], sink, clock, _alarm, Random(1))
        async with asyncio.TaskGroup() as group:
            feed.run(group)
            while any(status.state != "live" for status in feed.status()):  # noqa: ASYNC110 - a status is read, not awaited
                await asyncio.sleep(0.01)
            clock.start()
            frames = made.frames + ready.messages
            server.go()
            cpu_s, started = process_time(), perf_counter()
            async with asyncio.timeout(_PATIENCE_S):
                while made.frames < frames:
                    await asyncio.sleep(BEAT_S)
                    made.flush()
                    sink.pass_time()
            cpu_s, elapsed_s = process_time() - cpu_s, perf_counter() - started
            rss_mb = read(os.getpid()).rss_mb
            feed.close()
    counters = made.engine.counters
    if (counters.trades, counters.duplicates) != (ready.trades - ready.duplicates, ready.duplicates):
        raise AssertionError(f"{counters} after {ready.trades} trades with {ready.duplicates} duplicates")
    return _Run(cpu_s, elapsed_s, rss_mb)


def _alarm(words: str) -> None:
    raise AssertionError(words)
