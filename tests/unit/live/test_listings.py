from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, T, engine, feed, instrument

from tidemark.clock import EventClock, SystemClock
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Endpoints
from tidemark.live import listings
from tidemark.live.listings import Listings
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.settings import Universe
from tidemark.sim.settings import Address

NAMES = ["AUSDT", "BUSDT"]


class Made:
    def __init__(self, rest: RestClient, folder: Path, universe: Universe) -> None:
        venue = registry.find("bybit")
        self.engine: Engine = engine(NAMES)
        self.sink = Sink(EventClock(MIDNIGHT), Rejects(folder / "rejects"), None)
        self.sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            Ledger(),
            deliver=lambda outputs: None,
            reject=self.sink.reject,
        )
        self.feed = Feed(venue, NAMES, [Channel.TRADES], self.sink, SystemClock(), print, Random(1))
        self.listings = Listings(rest, self.sink, self.engine, self.feed, SystemClock(), universe)


@pytest.fixture
async def rest() -> AsyncIterator[RestClient]:
    venue = registry.find("bybit")
    async with RestClient(venue, venue.endpoints, SystemClock()) as client:
        yield client


async def test_newcomers_take_free_slots_and_leavers_give_theirs_back(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, Universe())

    made.listings.apply([instrument("BUSDT"), instrument("CUSDT"), instrument("DUSDT")])

    assert made.engine.universe.slots == {"BUSDT": 1, "CUSDT": 0, "DUSDT": 2}
    assert sorted(made.feed._symbols) == ["BUSDT", "CUSDT", "DUSDT"]


async def test_an_empty_list_ends_no_market(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, Universe())

    made.listings.apply([])

    assert made.engine.universe.slots == {"AUSDT": 0, "BUSDT": 1}


async def test_a_changed_tick_restates_the_candles(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, Universe())
    feed(made.engine.candles, [T(1, 100.0), T(13, 101.0)])

    made.listings.apply([msgspec.structs.replace(instrument("AUSDT"), tick_size=0.5), instrument("BUSDT")])

    assert made.engine.candles.tick_size(0) == 0.5
    assert [candle.close for candle in made.engine.candles.closed(0, Timeframe.S10, 5)] == [100.0]


@pytest.mark.parametrize(
    "universe", [Universe(include=("AUSDT", "BUSDT")), Universe(exclude=("CUSDT",)), Universe(max_symbols=2)]
)
async def test_who_was_not_asked_for_does_not_join(rest: RestClient, tmp_path: Path, universe: Universe) -> None:
    made = Made(rest, tmp_path, universe)

    made.listings.apply([*(instrument(name) for name in NAMES), instrument("CUSDT")])

    assert made.engine.universe.slots == {"AUSDT": 0, "BUSDT": 1}


async def test_more_newcomers_than_slots_are_refused_and_nothing_else_happens(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, Universe())

    made.listings.apply([instrument(f"{n}USDT") for n in range(9)] + [instrument("AUSDT")])

    assert len(made.engine.universe.slots) == 4
    assert "AUSDT" in made.engine.universe.slots
    assert made.engine.universe.usage().rejected == 6


async def test_the_exchanges_clock_is_asked_for(address: Address, tmp_path: Path) -> None:
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    venue = registry.find("bybit", endpoints)
    async with RestClient(venue, endpoints, SystemClock()) as client:
        made = Made(client, tmp_path, Universe())
        await made.listings.ask_time()

    assert made.engine.candles.time.measurements == 1


async def test_prices_off_their_tick_are_asked_about_once_and_not_at_every_check(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "CHECK_S", 0.001)
    monkeypatch.setattr(listings, "EVERY_S", 0.05)
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    async with RestClient(registry.find("bybit", endpoints), endpoints, SystemClock()) as client:
        made = Made(client, tmp_path, Universe())
        with capture_logs() as told:
            for n in range(3):
                feed(made.engine.candles, [T(n + 1, 100.07, number=n + 1)])
                await made.listings._wait()

    assert [line["symbols"] for line in told] == [["AUSDT"], ["AUSDT"]]
