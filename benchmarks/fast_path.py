"""The scanners: trades, book deltas and a mixed stream through intake and engine, on one core.

Every frame takes the way it takes in the live process, and ends in candles, books and readings. Beside each figure
stands the same stream through the decoder alone, and beside the trades nautilus_trader over the same frames, turn by
turn in the same run. Event time runs at 2,000 messages a second, as in the benchmark `ingest`.
"""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.base import Gate, Plan, Result, cpu_seconds, rates, say
from benchmarks.material.frames import bybit
from benchmarks.material.market import intake
from benchmarks.material.mixed import Mix, books, mixed
from benchmarks.material.peers import AbsentError, Peer
from benchmarks.material.reading import read
from tidemark.ingest.venues.base import Parser
from tidemark.ingest.venues.bybit.parse import BybitParser
from tidemark.ingest.venues.registry import find
from tidemark.units import SECOND

IS_CHEAP = False
GATE: Gate = "quick"
_RATE = 2_000
_DEPTH = 50
_TRADES_TARGET = 3_100_000.0
_BOOKS_TARGET = 500_000.0
_MIXED_TARGET = 600_000.0
_NAUTILUS_TARGET = 10.0


def run(plan: Plan) -> Iterator[Result]:
    """Trades with the peer beside them, then books, then all kinds."""
    messages, repetitions = plan.choose(60_000, 10_000), plan.choose(9, 3)
    seconds = messages // _RATE
    yield from _trades(Mix([], bybit(messages, seconds), 0), repetitions, has_peer=plan.has_peers)
    yield from _messages("book deltas", books(messages, seconds), repetitions, _BOOKS_TARGET)
    yield from _messages("mixed", mixed(messages, seconds), repetitions, _MIXED_TARGET)


class _Run(msgspec.Struct, frozen=True):
    seconds: float
    rss_mb: float


def _trades(mix: Mix, repetitions: int, *, has_peer: bool) -> Iterator[Result]:
    frames = mix.frames
    scanned: list[_Run] = []
    decoded: list[_Run] = []
    theirs: list[float] = []
    peer: Peer | None = None
    rss_mb: float | None = None
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "frames"
        frames.write(path)
        try:
            peer = stack.enter_context(Peer("nautilus", path)) if has_peer else None
        except AbsentError as error:
            say(f"nautilus_trader is absent: {error}")
        for repetition in range(repetitions):
            say(f"repetition {repetition + 1} of {repetitions}")
            scanned.append(_once(mix, scans=True))
            decoded.append(_once(mix, scans=False))
            if peer is not None:
                one = peer.repeat()
                if one.trades != frames.trades:
                    raise AssertionError(f"nautilus_trader took {one.trades} trades of {frames.trades}")
                theirs.append(one.seconds)
                rss_mb = one.rss_mb
    yield _result("trades", frames.trades, "trades/s", scanned, _TRADES_TARGET)
    yield _result("trades decoder alone", frames.trades, "trades/s", decoded, None)
    if not has_peer:
        return
    ratio = round(median(theirs) / median(one.seconds for one in scanned), 2) if theirs else None
    yield Result(
        name="fast_path/times nautilus_trader",
        value=ratio,
        unit="times",
        target=_NAUTILUS_TARGET,
        peer=f"nautilus_trader {peer.version}" if peer is not None else "nautilus_trader",
        peer_value=rates(frames.trades, theirs)[0] if theirs else None,
        ratio=ratio,
        rss_mb=rss_mb,
        n=len(theirs),
    )


def _messages(name: str, mix: Mix, repetitions: int, target: float) -> Iterator[Result]:
    scanned: list[_Run] = []
    decoded: list[_Run] = []
    for _ in range(repetitions):
        scanned.append(_once(mix, scans=True))
        decoded.append(_once(mix, scans=False))
    count = len(mix.frames.payloads)
    yield _result(name, count, "messages/s", scanned, target)
    yield _result(f"{name} decoder alone", count, "messages/s", decoded, None)


def _once(mix: Mix, *, scans: bool) -> _Run:
    """One repetition from an empty engine, in CPU seconds.

    AssertionError unless every trade arrived once, every delta was applied and the scanners left no frame of theirs to
    the decoder.
    """
    made_parsers: list[BybitParser] = []

    def make(slots: dict[str, int]) -> Parser:
        made_parsers.append(BybitParser(slots, scans=scans))
        return made_parsers[0]

    made = intake(find("bybit"), make, book_depth=_DEPTH)
    take = made.frame
    seconds = list(mix.frames.seconds_of())
    for payload in mix.opening:
        take(payload, seconds[0][0])
    made.flush()

    def work() -> None:
        for now_ns, payloads in seconds:
            for payload in payloads:
                take(payload, now_ns)
            made.pass_time(now_ns + SECOND)
        made.flush()

    gc.collect()
    spent = cpu_seconds(work)
    counters, books = made.engine.counters, made.engine.books
    if books is None or books.counters.deltas != mix.books or any(books.counters.breaks.values()):
        raise AssertionError(f"{books and books.counters} after {mix.books} deltas")
    expected = (mix.frames.trades - mix.frames.duplicates, mix.frames.duplicates)
    if (counters.trades, counters.duplicates) != expected or made_parsers[0].fallbacks:
        raise AssertionError(f"{counters} after {mix.frames.trades} trades, {made_parsers[0].fallbacks} fell back")
    return _Run(spent, read(os.getpid()).rss_mb)


def _result(name: str, amount: int, unit: str, runs: list[_Run], target: float | None) -> Result:
    middle, best = rates(amount, [one.seconds for one in runs])
    return Result(
        name=f"fast_path/{name}",
        value=middle,
        unit=unit,
        target=target,
        rss_mb=runs[-1].rss_mb,
        n=len(runs),
        best=best,
    )
