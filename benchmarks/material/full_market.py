"""A live process with every ring full, put together by the service's own assembly: it says so, and waits.

`python -m benchmarks.material.full_market SYMBOLS`. Everything is filled through the engine's own doors: trades,
tickers and books as frames through the parser, closed candles as a restart restores them, and what is left row by row.
"""

import asyncio
import gc
import sys
import tempfile
from collections.abc import Iterator

import msgspec
import numpy as np
import structlog

import tidemark.live.supervisor
from benchmarks.material.frames import START_NS
from benchmarks.material.market import TICK_SIZE, instruments
from tidemark.clock import SystemClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.registry import find
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.live.caller import socket_path
from tidemark.live.loop import run_loop
from tidemark.market.level import ROW
from tidemark.memory.ring import Ring
from tidemark.model.events import Listing, StreamGap
from tidemark.settings.settings import load
from tidemark.units import MIB, SECOND

LEVELS = 50
_ROWS_A_FRAME = 100


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What the process holds: its ledger's owners with their bytes, and rows in rings. `modules` keeps it honest.

    socket: where it answers questions about itself.
    """

    rows: int
    reserved_mb: float
    owners: dict[str, int]
    modules: int
    socket: str


def main(symbols: int) -> None:
    """Build, fill, tell, and wait for the end of standard input."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    run_loop(_serve(symbols))


async def _serve(symbols: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = load(
            None, {}, {"store.folder": folder, "memory.budget": "4GB", "universe.spare_slots": "0"}
        ).settings
        clock = SystemClock()
        venue = find("bybit")
        upkeep = begin(settings, clock)
        names = [f"M{number:03d}USDT" for number in range(symbols)]
        async with RestClient(venue, venue.endpoints, clock) as rest:
            parts = assemble(settings, upkeep, clock, venue, rest, instruments("bybit", names), None)
            told = _fill(parts, names)
            upkeep.maintenance.run(parts.intake.frames)
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(parts.control.serve(), name="control")
                await asyncio.sleep(0)
                print(msgspec.json.encode(told).decode(), flush=True)
                await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
                answering.cancel()


def _fill(parts: Parts, names: list[str]) -> Filled:
    at = START_NS
    for instrument in instruments("bybit", names):
        parts.intake.event(Listing(ts_event=at, ts_recv=at, instrument=instrument))
    parts.intake.event(
        StreamGap(ts_event=at, ts_recv=at, venue="bybit", channel="trades", symbols=(), gap_to=at, cause="start")
    )
    _candles(parts.engine)
    _frames(parts.intake, names, parts.settings.tape.trades_per_symbol)
    rings = [owner for owner in parts.ledger.owners() if isinstance(owner, Ring)]
    for ring in rings:
        _rest(ring)
    parts.ledger.seal()
    gc.collect()
    short = [ring.reservation.owner for ring in rings if ring.usage().used < ring.reservation.capacity]
    if short or parts.intake.rejected or parts.ledger.violations():
        raise AssertionError(f"not full: {short}; {parts.intake.rejected} frames refused; {parts.ledger.violations()}")
    return Filled(
        rows=sum(ring.usage().used for ring in rings),
        reserved_mb=round(parts.ledger.reserved_bytes / MIB, 1),
        owners={line.owner: line.bytes_reserved for line in parts.ledger.report()},
        modules=len(sys.modules),
        socket=str(socket_path(parts.settings)),
    )


def _candles(engine: Engine) -> None:
    """Every closed candle of every timeframe up to START_NS, one interval of all symbols at a time."""
    slots = np.array(sorted(engine.universe.slots.values()), np.int64)
    ticks = np.full(len(slots), TICK_SIZE)
    values = {name: np.full(len(slots), 10_000 if name in {"open", "high", "low", "close"} else 5, ROW[name])
              for name in ROW}  # fmt: skip
    values["marks"] = np.full(len(slots), 1 | 7 << 4, np.uint32)
    for timeframe in engine.candles.timeframes:
        rows = engine.candles.capacity(timeframe)
        for number in range(rows):
            opened = START_NS + (number - rows) * timeframe.ns
            engine.candles.restore(timeframe, slots, np.full(len(slots), opened, np.int64), ticks, values)
    engine.candles.resume()


def _frames(intake: Intake, names: list[str], trades: int) -> None:
    for symbol in names:
        for frame in _of(symbol, trades):
            intake.frame(frame, START_NS + SECOND)
    intake.flush()


def _of(symbol: str, trades: int) -> Iterator[bytes]:
    """One symbol's trades, its ticker with open interest and funding, and its book."""
    ts_ms = START_NS // 1_000_000
    for first in range(0, trades, _ROWS_A_FRAME):
        rows = ",".join(
            f'{{"T":{ts_ms},"s":"{symbol}","S":"Buy","v":"0.5","p":"100.{n % 100:02d}","L":"PlusTick",'
            f'"i":"{symbol}-{n}","BT":false,"RPI":false,"seq":{n + 1}}}'
            for n in range(first, min(first + _ROWS_A_FRAME, trades))
        )
        yield f'{{"topic":"publicTrade.{symbol}","type":"snapshot","ts":{ts_ms},"data":[{rows}]}}'.encode()
    yield (
        f'{{"topic":"tickers.{symbol}","type":"snapshot","cs":1,"ts":{ts_ms},"data":{{"symbol":"{symbol}",'
        '"lastPrice":"100.01","prevPrice24h":"99.5","highPrice24h":"101","lowPrice24h":"98","volume24h":"1000",'
        '"turnover24h":"100000","markPrice":"100","indexPrice":"100","openInterest":"5000","fundingRate":"0.0001",'
        f'"nextFundingTime":"{ts_ms + 3_600_000}","bid1Price":"100","bid1Size":"1","ask1Price":"100.01",'
        '"ask1Size":"1"}}'
    ).encode()
    bids, asks = (
        ",".join(f'["{100 + sign * 0.01 * (n + 1):.2f}","{n + 1}"]' for n in range(LEVELS)) for sign in (-1, 1)
    )
    yield (
        f'{{"topic":"orderbook.{LEVELS}.{symbol}","type":"snapshot","ts":{ts_ms},"data":{{"s":"{symbol}","b":[{bids}],'
        f'"a":[{asks}],"u":2,"seq":7}},"cts":{ts_ms}}}'
    ).encode()


def _rest(ring: Ring) -> None:
    """Fill what neither frames nor candles filled."""
    name = next(iter(ring.columns))
    for series in range(ring.series):
        first, end = ring.held(series)
        for _ in range(ring.rows - (end - first)):
            ring.append(series, **{name: 1})


if __name__ == "__main__":
    assert tidemark.live.supervisor is not None
    main(int(sys.argv[1]))
