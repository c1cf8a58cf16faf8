"""Frame bytes to candles: decode, duplicates, eight timeframes of 560 markets, on one core, with peers beside it.

The frames go through the same intake and engine as in the live process, which hands a batch on when it is full. Their
event time runs at 2,000 messages a second, so that candles close thousands of times as often for each trade as they
would at the speed that is measured. The peers take the same frames in the same run, turn by turn.
"""

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.base import Gate, Plan, Result, cpu_seconds, rates, say
from benchmarks.material.frames import Frames, binance, bybit
from benchmarks.material.market import intake
from benchmarks.material.peers import AbsentError, Peer
from benchmarks.material.reading import read
from tidemark.ingest.venues.base import Parser, Venue
from tidemark.ingest.venues.bybit.parse import BybitParser
from tidemark.ingest.venues.registry import find
from tidemark.units import SECOND

IS_CHEAP = False
GATE: Gate = "quick"
_TARGET = 1_000_000.0
_RATE = 2_000
# Script, and how many times its speed ours is to be; None where it is only for comparison.
_PEERS = (("nautilus", "nautilus_trader", 3.0), ("ccxt_pro", "ccxt", 19.0), ("cryptofeed_bybit", "cryptofeed", None))


def run(plan: Plan) -> Iterator[Result]:
    """Bybit's trades with the peers beside them, then Binance's."""
    messages, repetitions = plan.choose(60_000, 10_000), plan.choose(7, 3)
    frames = bybit(messages, messages // _RATE)
    yield from _with_peers(frames, repetitions, _PEERS if plan.has_peers else ())
    frames = binance(2 * messages, 2 * messages // _RATE)
    yield _result("ingest/binance", frames, [_ours(find("binance"), frames) for _ in range(repetitions)], target=None)


def _with_peers(
    frames: Frames, repetitions: int, wanted: tuple[tuple[str, str, float | None], ...]
) -> Iterator[Result]:
    ours: list[_Run] = []
    decoded: list[_Run] = []
    theirs: dict[str, list[float]] = {script: [] for script, _, _ in wanted}
    peers: dict[str, Peer] = {}
    rss_mb: dict[str, float] = {}
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "frames"
        frames.write(path)
        for script, name, _ in wanted:
            try:
                peers[script] = stack.enter_context(Peer(script, path))
            except AbsentError as error:
                say(f"{name} is absent: {error}")
        for repetition in range(repetitions):
            say(f"repetition {repetition + 1} of {repetitions}")
            ours.append(_ours(find("bybit"), frames))
            decoded.append(_ours(find("bybit"), frames, _decoder_alone))
            for script, peer in list(peers.items()):
                one = peer.repeat()
                if one.trades != frames.trades:
                    raise AssertionError(f"{script} took {one.trades} trades of {frames.trades}")
                theirs[script].append(one.seconds)
                rss_mb[script] = one.rss_mb
    yield _result("ingest/bybit", frames, ours, target=_TARGET)
    yield _result("ingest/bybit decoder alone", frames, decoded, target=_TARGET)
    for script, name, target in wanted:
        seconds = theirs[script]
        ratio = round(median(seconds) / median(one.seconds for one in ours), 2) if seconds else None
        yield Result(
            name=f"ingest/times {name}",
            value=ratio,
            unit="times",
            target=target,
            peer=f"{name} {peers[script].version}" if script in peers else name,
            peer_value=rates(frames.trades, seconds)[0] if seconds else None,
            ratio=ratio,
            rss_mb=rss_mb.get(script),
            n=len(seconds),
        )


class _Run(msgspec.Struct, frozen=True):
    seconds: float
    rss_mb: float


def _decoder_alone(slots: dict[str, int]) -> Parser:
    """The reference path: every frame through msgspec."""
    return BybitParser(slots, scans=False)


def _ours(chosen: Venue, frames: Frames, parser: Callable[[dict[str, int]], Parser] | None = None) -> _Run:
    """One repetition from an empty engine, in CPU seconds; AssertionError unless every trade arrived once."""
    made = intake(chosen, parser)
    take = made.frame
    seconds = list(frames.seconds_of())

    def work() -> None:
        for now_ns, payloads in seconds:
            for payload in payloads:
                take(payload, now_ns)
            made.pass_time(now_ns + SECOND)
        made.flush()

    gc.collect()
    spent = cpu_seconds(work)
    counters = made.engine.counters
    if (counters.trades, counters.duplicates) != (frames.trades - frames.duplicates, frames.duplicates):
        raise AssertionError(f"{counters} after {frames.trades} trades with {frames.duplicates} duplicates")
    return _Run(spent, read(os.getpid()).rss_mb)


def _result(name: str, frames: Frames, runs: list[_Run], target: float | None) -> Result:
    middle, best = rates(frames.trades, [one.seconds for one in runs])
    return Result(
        name=name,
        value=middle,
        unit="trades/s",
        target=target,
        rss_mb=runs[-1].rss_mb,
        n=len(runs),
        best=best,
    )
