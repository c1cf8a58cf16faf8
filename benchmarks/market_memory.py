"""The memory of a whole market: 560 symbols, 8 timeframes at full retention, books, tape, every ring full.

A process is put together as `tidemark run` does it, and filled; its resident memory is read from outside. It has no
connections, whose buffers the plan counts apart. ccxt.pro beside it holds the same symbols in its caches of default
size, filled through its own handlers: 1,000 trades, 1,000 candles of each timeframe that it has, and a book.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.full_market import Filled
from benchmarks.material.peers import AbsentError, Peer, Repetition
from benchmarks.material.reading import read

IS_CHEAP = False
GATE: Gate = None
_ROOT = Path(__file__).resolve().parents[1]
_SYMBOLS, _FEW = 560, 56
_TARGET = 256.0
_TRADES = 1000


def run(plan: Plan) -> Iterator[Result]:
    """Ours, then the peer's; `--quick` takes a tenth of the symbols, and no target."""
    symbols = plan.choose(_SYMBOLS, _FEW)
    with _full(symbols) as (pid, filled):
        ours_mb = read(pid).rss_mb
        largest = ", ".join(f"{name} {size >> 20} MB" for name, size in list(filled.owners.items())[:4])
        say(f"{symbols} symbols, {filled.rows:,} rows in {filled.reserved_mb} MB reserved: {largest}")
    theirs = _peer(symbols)
    name, held = theirs if theirs is not None else ("ccxt", None)
    yield Result(
        name=f"market_memory/{symbols} symbols",
        value=ours_mb,
        unit="MB",
        target=_TARGET if symbols == _SYMBOLS else None,
        peer=f"{name}, its caches",
        peer_value=held.rss_mb if held is not None else None,
        ratio=round(held.rss_mb / ours_mb, 2) if held is not None else None,
        rss_mb=ours_mb,
    )
    yield Result(name=f"market_memory/{symbols} symbols reserved", value=filled.reserved_mb, unit="MB", rss_mb=ours_mb)


@contextmanager
def _full(symbols: int) -> Iterator[tuple[int, Filled]]:
    """A process that holds *symbols* markets, all full."""
    say(f"filling {symbols} markets")
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.material.full_market", str(symbols)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            raise AssertionError(f"the process that was to be filled ended: {process.communicate()[1][-2000:]}")
        yield process.pid, msgspec.json.decode(line, type=Filled)
    finally:
        process.kill()
        process.communicate()


def _peer(symbols: int) -> tuple[str, Repetition] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "symbols")
        path.write_bytes(msgspec.json.encode({"symbols": symbols}))
        try:
            with Peer("ccxt_pro_caches", path) as peer:
                say(f"ccxt {peer.version} fills its caches")
                held = peer.repeat()
        except AbsentError as error:
            say(f"ccxt is absent: {error}")
            return None
    if held.trades != symbols * _TRADES:
        raise AssertionError(f"ccxt holds {held.trades} trades of {symbols * _TRADES}")
    return f"ccxt {peer.version}", held
