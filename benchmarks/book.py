"""Frame bytes to order books of 50 levels a side: decode and apply, on one core, with peers beside it.

The frames go through the same intake and engine as in the live process, Bybit's through the decoder alone: the scanner
is another benchmark's business. The snapshots come first and are not timed. In the end every book equals the one that
the frames were made from. The peers take the same deltas in the same run, turn by turn.
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
from benchmarks.material.books import DEPTH, BookFrames, bybit_books
from benchmarks.material.frames import START_NS
from benchmarks.material.market import intake
from benchmarks.material.peers import AbsentError, Peer
from benchmarks.material.reading import read
from tidemark.ingest.venues.base import Parser
from tidemark.ingest.venues.bybit.parse import BybitParser
from tidemark.ingest.venues.registry import find

IS_CHEAP = False
GATE: Gate = "full"
_TARGET = 300_000.0
# Script, and how many times its speed ours is to be.
_PEERS = (("cryptofeed_books", "cryptofeed", 6.0), ("ccxt_books", "ccxt", 8.0))


class _Run(msgspec.Struct, frozen=True):
    seconds: float
    rss_mb: float


def run(plan: Plan) -> Iterator[Result]:
    """Bybit's deltas with the peers beside them."""
    messages, repetitions = plan.choose(100_000, 20_000), plan.choose(7, 3)
    frames = bybit_books(messages)
    wanted = _PEERS if plan.has_peers else ()
    ours: list[_Run] = []
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
            ours.append(_ours(frames))
            for script, peer in list(peers.items()):
                one = peer.repeat()
                if one.trades != messages:
                    raise AssertionError(f"{script} took {one.trades} messages of {messages}")
                theirs[script].append(one.seconds)
                rss_mb[script] = one.rss_mb
    middle, best = rates(messages, [one.seconds for one in ours])
    yield Result(
        name="book/bybit decoder alone",
        value=middle,
        unit="messages/s",
        target=_TARGET,
        rss_mb=ours[-1].rss_mb,
        n=len(ours),
        best=best,
    )
    for script, name, target in wanted:
        seconds = theirs[script]
        ratio = round(median(seconds) / median(one.seconds for one in ours), 2) if seconds else None
        yield Result(
            name=f"book/times {name}",
            value=ratio,
            unit="times",
            target=target,
            peer=f"{name} {peers[script].version}" if script in peers else name,
            peer_value=rates(messages, seconds)[0] if seconds else None,
            ratio=ratio,
            rss_mb=rss_mb.get(script),
            n=len(seconds),
        )


def _decoder_alone(slots: dict[str, int]) -> Parser:
    """The reference path: every frame through msgspec."""
    return BybitParser(slots, scans=False)


def _ours(frames: BookFrames) -> _Run:
    """One repetition from empty books, in CPU seconds; AssertionError unless they end as they should."""
    made = intake(find("bybit"), _decoder_alone, book_depth=DEPTH)
    take = made.frame
    for frame in frames.snapshots:
        take(frame, START_NS)
    made.flush()

    def work() -> None:
        for frame in frames.deltas:
            take(frame, START_NS)
        made.flush()

    gc.collect()
    spent = cpu_seconds(work)
    books = made.engine.books
    if books is None or books.counters.deltas != len(frames.deltas):
        raise AssertionError(f"{books and books.counters} after {len(frames.deltas)} deltas")
    for symbol, (bids, asks) in frames.books.items():
        held = books.levels(made.engine.universe.slots[symbol], DEPTH)
        if held is None or held.bids.tolist() != list(map(list, bids)) or held.asks.tolist() != list(map(list, asks)):
            raise AssertionError(f"the book of {symbol} is not what it should be")
    return _Run(spent, read(os.getpid()).rss_mb)
