"""The real process at speed: assembled as ever, with its control socket, fed with frames that a market could send.

`python -m tests.leaks.process LEAK FOLDER` runs it until its standard input closes. A second of its time passes with
every step, so that hours go by in seconds.
"""

import asyncio
import sys
from pathlib import Path

import msgspec
from tests.build import MIDNIGHT, instrument
from tests.leaks.planted import PLANTS, OnMessage

from tidemark.clock import SystemClock
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.model.events import Listing
from tidemark.settings import load
from tidemark.units import SECOND

MARKETS = 20
# Between two turns of the loop.
STEPS = 4
# How many frames are made beforehand: making one takes longer than reading it.
_FRAMES = 200


class Simulated(SystemClock):
    """A clock that stands still until a step is made."""

    def __init__(self) -> None:
        self.at_ns = MIDNIGHT

    def now_ns(self) -> int:
        return self.at_ns

    def monotonic_ns(self) -> int:
        return self.at_ns

    def boot_ns(self) -> int:
        return self.at_ns


async def build(folder: Path, clock: Simulated) -> Parts:
    flags = {
        "store.folder": str(folder),
        "memory.budget": "256MB",
        "store.journal": "false",
        "candles.timeframes": "10s,1m,5m",
        "venue.channels": "trades,tickers",
        "universe.spare_slots": "0",
    }
    settings = load(None, {}, flags).settings
    venue = registry.find("bybit")
    async with RestClient(venue, venue.endpoints, clock) as rest:
        markets = [instrument(f"M{number:02}USDT") for number in range(MARKETS)]
        return assemble(settings, begin(settings, clock), clock, venue, rest, markets, None)


class Market:
    """Frames of every market: two trades each, and a ticker; times and ids are written into them."""

    def __init__(self) -> None:
        self._rows = [100.0 + (number * 7 % 50) / 10 for number in range(_FRAMES)]

    def trades(self, symbol: str, number: int, now_ms: int) -> bytes:
        """The next trades of a market."""
        price = self._rows[number % _FRAMES]
        return (
            f'{{"topic":"publicTrade.{symbol}","type":"snapshot","ts":{now_ms},"data":['
            f'{{"T":{now_ms},"s":"{symbol}","S":"Buy","v":"1","p":"{price:.1f}","L":"PlusTick","i":"{number}-a",'
            f'"BT":false,"seq":{2 * number}}},'
            f'{{"T":{now_ms},"s":"{symbol}","S":"Sell","v":"2","p":"{price:.1f}","L":"PlusTick","i":"{number}-b",'
            f'"BT":false,"seq":{2 * number + 1}}}]}}'
        ).encode()

    def ticker(self, symbol: str, number: int, now_ms: int) -> bytes:
        """The next ticker of a market."""
        row = {"symbol": symbol, "lastPrice": f"{self._rows[number % _FRAMES]:.1f}", "turnover24h": str(1000 + number)}
        return msgspec.json.encode({"topic": f"tickers.{symbol}", "type": "delta", "ts": now_ms, "data": row})


async def drive(parts: Parts, clock: Simulated, on_message: OnMessage) -> None:
    """Feed it without end."""
    market = Market()
    symbols = [one.symbol for one in parts.instruments]
    number = step = 0
    while True:
        for _ in range(STEPS):
            step += 1
            clock.at_ns += SECOND
            now_ms = clock.at_ns // 1_000_000
            frames = [market.trades(symbol, step * MARKETS + at, now_ms) for at, symbol in enumerate(symbols)]
            frames.append(market.ticker(symbols[step % MARKETS], step, now_ms))
            for frame in frames:
                number += 1
                parts.sink.on_frame("bybit-1", memoryview(frame), clock.at_ns)
                on_message(number)
            parts.sink.pass_time()
            parts.intake.flush()
        # Some 30,000 messages a second; and time for whoever asks.
        await asyncio.sleep(0.002)


async def main(leak: str, folder: Path) -> None:
    clock = Simulated()
    parts = await build(folder, clock)
    for one in parts.instruments:
        parts.sink.on_event(Listing(ts_event=clock.at_ns, ts_recv=clock.at_ns, instrument=one))
    on_message = PLANTS[leak](parts)
    parts.ledger.seal()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(drive(parts, clock, on_message), name="drive"),
            group.create_task(parts.control.serve(), name="control"),
        ]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
