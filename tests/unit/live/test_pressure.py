from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import pytest
from tests.build import MIDNIGHT, T, engine, feed, instrument, until

from tidemark.backtest.replay import Replay
from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.live.listings import Listings
from tidemark.live.overview import Overview
from tidemark.live.pressure import BEAT_S, LOOK_S, Conflation, Sacrifices
from tidemark.live.sink import Sink
from tidemark.market.breadth import Breadth
from tidemark.market.selection import Rules
from tidemark.memory.ledger import Ledger
from tidemark.memory.pressure import Pressure
from tidemark.memory.process import Process
from tidemark.model.candle import Candle
from tidemark.model.timeframe import Timeframe
from tidemark.store.capture import find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import MIB, MINUTE, SECOND

NAMES = ["AUSDT", "BUSDT", "CUSDT"]
# So large that whatever this process really shrinks by has room to come back.
BUDGET = 1 << 44


class World:
    def __init__(self, rest: RestClient, folder: Path) -> None:
        venue = registry.find("bybit")
        self.clock = clock = EventClock(MIDNIGHT)
        self.engine = engine(NAMES)
        ledger = Ledger()
        self.capture = CaptureWriter(
            folder / "capture", venue="bybit", stream="", max_bytes=64 * MIB, now_ns=MIDNIGHT, ledger=ledger
        )
        self.sink = sink = Sink(clock, Rejects(folder / "rejects"), self.capture)
        sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            ledger,
            deliver=lambda outputs: None,
            reject=sink.reject,
        )
        connections = Feed(venue, NAMES, [Channel.TRADES], sink, clock, print, Random(1))
        overview = Overview(rest, Breadth(ledger), self.engine, clock, 60.0)
        self.listings = Listings(rest, sink, self.engine, connections, clock, Rules(), overview, seats=3, every_s=300.0)
        self.conflation = Conflation()
        self.depths: list[int] = []
        self.returned: list[Timeframe] = []
        sacrifices = Sacrifices(
            sink=sink,
            ledger=ledger,
            process=Process(),
            clock=clock,
            listings=self.listings,
            conflation=self.conflation,
            timeframes=[Timeframe.M30, Timeframe.M15],
            set_book_depth=self.depths.append,
            book_depths=(50, 25, 10),
            on_return=self.returned.append,
        )
        self._is_over = False
        self.pressure = Pressure(BUDGET, sacrifices.actions())

    def end(self) -> None:
        """Close the recording, once."""
        if not self._is_over:
            self._is_over = True
            self.capture.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    venue = registry.find("bybit")
    async with RestClient(venue, venue.endpoints, EventClock(MIDNIGHT)) as rest:
        made = World(rest, tmp_path)
        yield made
        made.end()


async def test_everything_is_given_up_in_the_stated_order_down_to_one_market(world: World) -> None:
    for second in range(20):
        world.pressure.observe(99 * BUDGET // 100, second * SECOND)

    assert [step.given_up for step in world.pressure.history if step.given_up] == [
        "unused memory",
        "frequent pushes",
        "books below 25 levels",
        "books below 10 levels",
        "30m candles",
        "15m candles",
        "the least traded markets",
        "the least traded markets",
    ]
    assert world.depths == [25, 10]
    assert world.conflation.is_on
    assert world.engine.candles.shed_timeframes == (Timeframe.M15, Timeframe.M30)
    assert len(world.engine.universe.slots) == 1


async def test_everything_comes_back_in_reverse_order(world: World) -> None:
    for second in range(20):
        world.pressure.observe(99 * BUDGET // 100, second * SECOND)
    for second in range(20, 400):
        world.pressure.observe(BUDGET // 10, second * SECOND)

    assert [step.taken_back for step in world.pressure.history if step.taken_back] == [
        "the least traded markets",
        "the least traded markets",
        "15m candles",
        "30m candles",
        "books below 10 levels",
        "books below 25 levels",
        "frequent pushes",
        "unused memory",
    ]
    assert world.depths == [25, 10, 25, 50]
    assert world.returned == [Timeframe.M15, Timeframe.M30]
    assert not world.conflation.is_on
    assert world.engine.candles.shed_timeframes == ()
    assert world.listings.seats == 3
    assert world.pressure.given_up == ()


async def test_candles_of_a_timeframe_that_was_given_up_are_absent_and_then_fresh(world: World) -> None:
    candles = world.engine.candles
    minutes = range(6 * 60)
    feed(candles, [T(60 * minute + 1, 100.0 + minute, number=minute + 1) for minute in minutes])
    until(candles, 6 * 3600 + 3)
    assert candles.held(Timeframe.M30, [0]) == [12]
    for second in range(6):
        world.pressure.observe(91 * BUDGET // 100, second * SECOND)

    assert candles.held(Timeframe.M30, [0]) == [0]
    assert candles.closed(0, Timeframe.M30, 5) == []
    assert candles.held(Timeframe.H1, [0]) == [6]


def trade(symbol: str, number: int, at: int) -> memoryview:
    return memoryview(
        f'{{"topic":"publicTrade.{symbol}","type":"snapshot","ts":{at // 1_000_000},"data":[{{"T":{at // 1_000_000},'
        f'"s":"{symbol}","S":"Buy","v":"0.5","p":"{100 + number % 9}.5","L":"PlusTick","i":"a-{number}","BT":false,'
        f'"seq":{number}}}]}}'.encode()
    )


def rows_of(made: Engine) -> dict[tuple[Timeframe, str], list[Candle]]:
    return {
        (timeframe, symbol): made.candles.closed(slot, timeframe, 2000)
        for timeframe in made.candles.timeframes
        for symbol, slot in made.universe.slots.items()
    }


async def test_a_recording_made_under_pressure_replays_to_the_same_state(world: World, tmp_path: Path) -> None:
    number = 0
    for minute in range(5 * 60):
        at = MIDNIGHT + minute * MINUTE
        world.clock.set(at)
        for symbol in NAMES:
            number += 1
            world.sink.on_frame("bybit-1", trade(symbol, number, at), at)
        world.sink.pass_time()
        rss = 99 * BUDGET // 100 if 60 <= minute < 69 else BUDGET // 10
        world.pressure.observe(rss, minute * MINUTE)
        world.listings.apply([instrument(symbol) for symbol in NAMES])
    assert world.sink.intake is not None
    world.sink.intake.flush()
    world.end()

    replayed = engine(NAMES)
    intake = Intake(
        replayed,
        registry.find("bybit").parser(replayed.universe.slots),
        Ledger(),
        deliver=lambda outputs: None,
        reject=lambda error, frame: None,
    )
    replay = Replay(intake)
    for record in read(find(tmp_path / "capture")):
        replay.take(record)
    intake.flush()

    assert world.pressure.counts["30m candles"] == world.pressure.returns["30m candles"] == 1
    assert world.pressure.counts["the least traded markets"] == 2
    assert replayed.universe.slots == world.engine.universe.slots
    assert replayed.counters == world.engine.counters
    assert rows_of(replayed) == rows_of(world.engine)
    assert len(rows_of(replayed)[Timeframe.M30, "AUSDT"]) < 10 <= len(rows_of(replayed)[Timeframe.M5, "AUSDT"])


def test_conflating_tells_whoever_registered(tmp_path: Path) -> None:
    conflation, told = Conflation(), list[str]()
    add: Callable[[str], Callable[[], None]] = lambda word: lambda: told.append(word)  # noqa: E731
    conflation.register(add("a on"), add("a off"))
    conflation.register(add("b on"), add("b off"))
    assert (conflation.beat_s, conflation.look_s) == (BEAT_S, LOOK_S) == (0.05, 1.0)

    conflation.switch(is_on=True)
    assert (conflation.beat_s, conflation.look_s) == (0.25, 5.0)
    conflation.switch(is_on=False)

    assert told == ["a on", "b on", "a off", "b off"]
