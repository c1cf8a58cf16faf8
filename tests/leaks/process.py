"""The real process at speed: assembled as ever, with its control socket, fed with frames that a market could send.

`python -m tests.leaks.process LEAK FOLDER` runs it until its standard input closes. A second of its time passes with
every step, so that hours go by in seconds.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from tests.build import MIDNIGHT, instrument
from tests.leaks.planted import PLANTS, OnMessage

from tidemark.clock import SystemClock
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.memory.ledger import Reservation
from tidemark.model.events import Listing
from tidemark.settings.settings import load
from tidemark.units import SECOND

MARKETS = 20
# Between two turns of the loop.
STEPS = 4
WARM_UP_STEPS = 4_000
# How many frames are made beforehand: making one takes longer than reading it.
_FRAMES = 200


Reserve = Callable[[int], Sequence[Reservation]]


def nothing(_: int) -> Sequence[Reservation]:
    """Runs beside it."""
    return ()


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


async def build(
    folder: Path, clock: Simulated, budget: str = "256MB", channels: str = "trades,tickers", beside: Reserve = nothing
) -> Parts:
    flags = {
        "store.folder": str(folder),
        "memory.budget": budget,
        "store.journal": "false",
        "candles.timeframes": "10s,1m,5m,1h",
        "venue.channels": channels,
        "universe.spare_slots": "0",
    }
    settings = load(None, {}, flags).settings
    venue = registry.find("bybit")
    async with RestClient(venue, venue.endpoints, clock) as rest:
        markets = [instrument(f"M{number:02}USDT") for number in range(MARKETS)]
        return assemble(settings, begin(settings, clock), clock, venue, rest, markets, None, beside=beside)


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


class Driver:
    """Feeds the process, a second of its time after the other."""

    def __init__(self, parts: Parts, clock: Simulated) -> None:
        self._parts = parts
        self._clock = clock
        self._market = Market()
        self._symbols = [one.symbol for one in parts.instruments]
        self._steps = 0

    def step(self, on_message: OnMessage) -> None:
        """Two trades of every market, and a ticker."""
        self._steps += 1
        self._clock.at_ns += SECOND
        now_ms = self._clock.at_ns // 1_000_000
        first = self._steps * MARKETS
        frames = [self._market.trades(symbol, first + at, now_ms) for at, symbol in enumerate(self._symbols)]
        frames.append(self._market.ticker(self._symbols[self._steps % MARKETS], self._steps, now_ms))
        for number, frame in enumerate(frames, start=self._steps * len(frames)):
            self._parts.sink.on_frame("bybit-1", memoryview(frame), self._clock.at_ns)
            on_message(number)
        self._parts.sink.pass_time()
        self._parts.intake.flush()

    async def run(self, on_message: OnMessage) -> None:
        """Some 30,000 messages a second, without end; and time for whoever asks."""
        while True:
            for _ in range(STEPS):
                self.step(on_message)
            await asyncio.sleep(0.002)


async def main(leak: str, folder: Path) -> None:
    clock = Simulated()
    parts = await build(folder, clock)
    for one in parts.instruments:
        parts.sink.on_event(Listing(ts_event=clock.at_ns, ts_recv=clock.at_ns, instrument=one))
    parts.ledger.seal()
    driver = Driver(parts, clock)
    # A process in its first hour still fills what it will hold.
    for _ in range(WARM_UP_STEPS):
        driver.step(lambda _: None)
    on_message = PLANTS[leak](parts)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(driver.run(on_message), name="drive"),
            group.create_task(parts.control.serve(), name="control"),
        ]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
