"""What a scrape of `/metrics` keeps the loop for, with 560 markets, every gap remembered and every channel down.

The process is put together as `tidemark run` does it. Beside it the client library of Prometheus writes the same
samples as a custom collector has to: its families are made anew at every scrape.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from statistics import median

from benchmarks.base import Gate, Plan, Result, cpu_seconds, say
from benchmarks.material.market import instruments
from tidemark.api.metrics.metrics import Metrics
from tidemark.clock import SystemClock
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.registry import find
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.model.events import Listing, StreamGap
from tidemark.settings.settings import load

IS_CHEAP = True
GATE: Gate = None
_TARGET_MS = 5.0
_CHANNELS = ("trades", "tickers", "books", "liquidations", "marks")
# So many rounds of all channels of all markets fill what is remembered of gaps.
_ROUNDS = 4
_RSS = """
import aiohttp.web, msgspec, numpy, tidemark
def resident(): return int(open("/proc/self/statm").read().split()[1]) * 4 / 1024
before = resident()
import {module}
print(resident() - before)
"""


def run(plan: Plan) -> Iterator[Result]:
    """Ours, the library's, and what importing each takes."""
    symbols, times = plan.choose(560, 56), plan.choose(200, 20)
    say(f"a process of {symbols} markets, all of them down")
    text, ours = asyncio.run(_measure(symbols, times))
    say(f"{len(text):,} bytes, {sum(not line.startswith(b'#') for line in text.splitlines())} samples")
    theirs = _library(text, times)
    yield Result(
        name="scrape/one scrape",
        value=round(median(ours), 2),
        unit="ms",
        target=_TARGET_MS,
        n=times,
        best=round(min(ours), 2),
        peer="prometheus_client, for the text alone",
        peer_value=round(median(theirs), 2) if theirs else None,
        ratio=round(median(theirs) / median(ours), 2) if theirs else None,
    )
    if sys.platform == "linux" and theirs:
        yield Result(
            name="scrape/importing it",
            value=_resident_mb("tidemark.api.metrics.exposition"),
            unit="MB",
            peer="prometheus_client",
            peer_value=_resident_mb("prometheus_client"),
        )


async def _measure(symbols: int, times: int) -> tuple[bytes, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = load(None, {}, {"store.folder": folder, "memory.budget": "4GB"}).settings
        clock, venue = SystemClock(), find("bybit")
        listed = instruments("bybit", [f"M{number:03d}USDT" for number in range(symbols)])
        async with RestClient(venue, venue.endpoints, clock) as rest:
            parts = assemble(settings, begin(settings, clock), clock, venue, rest, listed, None)
            for one in listed:
                parts.sink.on_event(Listing(ts_event=1, ts_recv=1, instrument=one))
            _break(parts)
            metrics = Metrics(parts)
            text = metrics.render()
            return text, [1e3 * cpu_seconds(metrics.render) for _ in range(times)]


def _break(parts: Parts) -> None:
    """Gaps of all channels open and close until no more are remembered, then they stay open."""
    for at in range(10, 10 + 2 * _ROUNDS + 1):
        for channel in _CHANNELS:
            until = at if at % 2 else None
            parts.sink.on_event(
                StreamGap(
                    ts_event=at, ts_recv=at, venue="bybit", channel=channel, symbols=(), gap_from=at, gap_to=until,
                    cause="planned",
                )
            )  # fmt: skip


def _library(text: bytes, times: int) -> list[float]:
    """How long the client library takes for the same samples, in ms each; empty where it is not installed."""
    try:
        from prometheus_client.core import Metric
        from prometheus_client.exposition import generate_latest
        from prometheus_client.parser import text_string_to_metric_families
        from prometheus_client.registry import Collector, CollectorRegistry
    except ModuleNotFoundError:
        return []
    told = list(text_string_to_metric_families(text.decode()))

    class Told(Collector):
        def collect(self) -> Iterator[Metric]:
            for family in told:
                made = Metric(family.name, family.documentation, family.type)
                for sample in family.samples:
                    made.add_sample(sample.name, dict(sample.labels), sample.value)
                yield made

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Told())
    return [1e3 * cpu_seconds(lambda: generate_latest(registry)) for _ in range(times)]


def _resident_mb(module: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _RSS.format(module=module)], capture_output=True, text=True, check=True
    )
    return round(max(float(done.stdout), 0.01), 2)
