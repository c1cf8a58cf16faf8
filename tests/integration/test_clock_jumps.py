"""The whole service in this process, against a local exchange, while its clock is set back and forth."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.unit.backtest.test_replay import told

from tidemark.backtest.replay import Replay
from tidemark.clock import SteadyClock, SystemClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.engine.sizing import engine_size
from tidemark.engine.step import Engine
from tidemark.ingest.rest import RestClient
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.live.discovery import discover
from tidemark.live.place import find_venue
from tidemark.live.supervisor import Options, _watch
from tidemark.live.wiring import wanted
from tidemark.market.closed import Closed
from tidemark.market.freshness import Fresh, Stale
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings, load
from tidemark.sim.generator import generated
from tidemark.sim.server import serve
from tidemark.sim.settings import Address, SimSettings
from tidemark.store.capture import Kind, find, read
from tidemark.units import MIB, SECOND

SPEED = 5.0
HOUR = 3600 * SECOND


class Hands(SystemClock):
    """The clock of this machine, which the test sets, and puts to sleep."""

    set_by = 0
    slept = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.set_by + self.slept

    def boot_ns(self) -> int:
        return super().boot_ns() + self.slept


@pytest.fixture
async def address() -> AsyncIterator[Address]:
    settings = SimSettings(venue="bybit", symbols=5, rate=300.0, speed=SPEED)
    clock = SystemClock()
    ready: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(serve(settings, generated(settings, clock.now_ns()), clock, ready.set_result))
        try:
            yield await ready
        finally:
            running.cancel()


class Run:
    """One run of the service, with everything that the engine gave."""

    def __init__(self, address: Address, folder: Path) -> None:
        self.hands = Hands()
        self.outputs: list[Output] = []
        self.folder = folder
        self.settings: Settings = load(
            None,
            {},
            {
                "store.folder": str(folder / "store"),
                "memory.budget": "4GB",
                "venue.rest_url": address.rest,
                "venue.stream_url": address.stream,
            },
        ).settings
        self.parts: Parts

    async def go(self, steps: list[tuple[float, int, int]], seconds: float) -> None:
        """So long; at each of *steps* (after so many seconds) the clock is set, or the machine slept."""
        clock = SteadyClock(self.hands)
        venue, stop, loop = find_venue(self.settings), asyncio.Event(), asyncio.get_running_loop()
        async with RestClient(venue, venue.endpoints, clock) as rest:
            instruments = await discover(rest, self.settings, clock)
            upkeep = begin(self.settings, clock)
            to = (self.folder / "capture", 64 * MIB)
            self.parts = assemble(self.settings, upkeep, clock, venue, rest, instruments, to)
            deliver = self.parts.intake.deliver

            def note(outputs: list[Output]) -> None:
                self.outputs.extend(outputs)
                deliver(outputs)

            self.parts.intake.deliver = note
            for at, set_by, slept in steps:
                loop.call_later(at, self._move, set_by, slept)
            loop.call_later(seconds, stop.set)
            await _watch(self.parts, Options(), stop)

    def _move(self, set_by: int, slept: int) -> None:
        self.hands.set_by += set_by
        self.hands.slept += slept

    def replayed(self) -> list[Output]:
        """What a replay of its recording gives."""
        outputs: list[Output] = []
        ledger = Ledger()
        venue = self.parts.venue
        choice = wanted(self.settings, len(self.parts.instruments))
        engine = Engine(engine_size(self.settings, choice, is_numbered=venue.has_numbered_trades), ledger)
        intake = Intake(
            engine,
            venue.parser(engine.universe.slots),
            ledger,
            deliver=outputs.extend,
            reject=lambda error, payload: None,
        )
        replay = Replay(intake)
        for record in read(find(self.folder / "capture")):
            replay.take(record)
        replay.end(2 * SECOND)
        return outputs

    def ten_seconds(self) -> list[int]:
        """When the ten-second candles opened that closed, each once."""
        found = {
            time
            for output in self.outputs
            if type(output) is Closed and output.timeframe is Timeframe.S10
            for time in output.open_times.tolist()
        }
        return sorted(found)


def verdicts(outputs: list[Output]) -> list[Output]:
    """What fell silent, and what spoke again."""
    return [output for output in outputs if isinstance(output, Stale | Fresh)]


async def test_a_clock_that_is_set_costs_no_candle_no_gap_and_no_socket(address: Address, tmp_path: Path) -> None:
    run = Run(address, tmp_path)
    steps = [HOUR, -HOUR, SECOND, -SECOND, 87_600 * HOUR, -87_600 * HOUR]

    await run.go([(2.5 + 1.3 * n, step, 0) for n, step in enumerate(steps)], 12.0)

    parts = run.parts
    opened = run.ten_seconds()
    # Twelve seconds are 60 at the exchange; each candle closed once, none is missing, none is of another time.
    assert 3 <= len(opened) <= 6
    assert {after - before for before, after in pairwise(opened)} == {10 * SECOND}
    assert abs(opened[-1] - SystemClock().now_ns()) < 90 * SECOND
    assert parts.clock_watch.jumps == len(steps)
    assert (parts.engine.counters.gaps, sum(one.reconnects for one in parts.feed.status())) == (0, 0)
    assert verdicts(run.outputs) == []
    kinds = [record.payload for record in read(find(tmp_path / "capture")) if record.kind is Kind.EVENT]
    assert sum(b'"clock_jump"' in bytes(payload) for payload in kinds) == len(steps)
    assert told(run.replayed()) == told(run.outputs)


async def test_a_sleep_is_a_gap_and_every_socket_is_replaced(address: Address, tmp_path: Path) -> None:
    run = Run(address, tmp_path)

    await run.go([(2.5, 0, 30 * SECOND)], 7.0)

    parts = run.parts
    assert parts.clock_watch.jumps == 1
    assert parts.engine.counters.gaps >= 1
    assert parts.engine.freshness.alive("trades") == [slot for slot, _ in parts.engine.universe.occupied()]
    replayed = run.replayed()
    assert told(replayed) == told(run.outputs)
    assert verdicts(replayed) == verdicts(run.outputs)
