import asyncio
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
from tidemark.errors import FrameError
from tidemark.ingest.budget import Priority
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Endpoints
from tidemark.live import listings
from tidemark.live.listings import QUIET_NS, Listings
from tidemark.live.overview import Overview
from tidemark.live.sink import Sink
from tidemark.market.breadth import Breadth
from tidemark.market.selection import Reason, Rules
from tidemark.memory.ledger import Ledger
from tidemark.model.events import TickerUpdate
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.sim.settings import Address
from tidemark.units import SECOND

NAMES = ["AUSDT", "BUSDT"]


class Made:
    def __init__(
        self, rest: RestClient, folder: Path, rules: Rules | None = None, *, seats: int = 4, every_s: float = 300.0
    ) -> None:
        venue = registry.find("bybit")
        self.clock = EventClock(MIDNIGHT)
        self.engine: Engine = engine(NAMES)
        self.sink = Sink(self.clock, Rejects(folder / "rejects"), None)
        self.sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            Ledger(),
            deliver=lambda outputs: None,
            reject=self.sink.reject,
        )
        self.feed = Feed(venue, NAMES, [Channel.TRADES], self.sink, SystemClock(), print, Random(1))
        self.overview = Overview(rest, Breadth(Ledger()), self.engine, self.clock, 60.0)
        self.joined: list[str] = []
        self.listings = Listings(
            rest,
            self.sink,
            self.engine,
            self.feed,
            self.clock,
            rules or Rules(),
            self.overview,
            seats=seats,
            every_s=every_s,
            on_join=self.joined.extend,
        )

    def evaluate(self, turnovers: dict[str, float]) -> list[str]:
        """Who is watched after an evaluation of these markets."""
        listed = [instrument(symbol) for symbol in turnovers]
        at = self.clock.now_ns()
        self.overview.take(
            listed,
            [
                TickerUpdate(ts_event=at, ts_recv=at, symbol=symbol, turnover_24h=turnover)
                for symbol, turnover in turnovers.items()
            ],
        )
        self.listings.apply(listed)
        return sorted(self.engine.universe.slots)


@pytest.fixture
async def rest() -> AsyncIterator[RestClient]:
    venue = registry.find("bybit")
    async with RestClient(venue, venue.endpoints, SystemClock()) as client:
        yield client


async def test_newcomers_take_free_slots_and_leavers_give_theirs_back(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)

    with capture_logs() as told:
        made.listings.apply([instrument("BUSDT"), instrument("CUSDT"), instrument("DUSDT")])

    assert made.engine.universe.slots == {"BUSDT": 1, "CUSDT": 0, "DUSDT": 2}
    assert sorted(made.feed._symbols) == ["BUSDT", "CUSDT", "DUSDT"]
    assert made.joined == ["CUSDT", "DUSDT"]
    assert [(line["event"], line["symbol"], line["why"]) for line in told] == [
        ("market left", "AUSDT", "no longer listed"),
        ("market joined", "CUSDT", "watched"),
        ("market joined", "DUSDT", "watched"),
    ]


async def test_an_empty_list_ends_no_market(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)

    assert made.listings.apply([]) == []

    assert made.engine.universe.slots == {"AUSDT": 0, "BUSDT": 1}


@pytest.mark.parametrize("are_listed", [True, False])
async def test_a_list_in_which_most_markets_are_gone_or_halted_is_not_believed(
    rest: RestClient, tmp_path: Path, are_listed: bool
) -> None:
    made = Made(rest, tmp_path, seats=8)
    made.engine.universe.__init__(series=8, ledger=Ledger())  # type: ignore[misc]
    for n in range(7):
        made.engine.universe.join(instrument(f"{n}USDT"))
    halted = [
        msgspec.structs.replace(instrument(f"{n}USDT"), status=Status.CLOSED if n < 4 else Status.TRADING)
        for n in range(7)
    ]

    with capture_logs() as told:
        assert made.listings.apply(halted if are_listed else halted[4:]) == []

    assert len(made.engine.universe.slots) == 7
    assert [line["event"] for line in told] == ["alarm"]
    assert "lists 4 of 7 markets no more" in told[0]["what"]


async def test_a_market_that_is_being_settled_leaves_at_once_and_one_that_is_pending_waits(
    rest: RestClient, tmp_path: Path
) -> None:
    made = Made(rest, tmp_path)

    def listed(a: Status, c: Status) -> list[Instrument]:
        return [
            msgspec.structs.replace(instrument("AUSDT"), status=a),
            instrument("BUSDT"),
            msgspec.structs.replace(instrument("CUSDT"), status=c),
        ]

    made.listings.apply(listed(Status.CLOSING, Status.PENDING))
    assert list(made.engine.universe.slots) == ["BUSDT"]

    made.listings.apply(listed(Status.CLOSED, Status.TRADING))
    assert made.engine.universe.slots == {"BUSDT": 1, "CUSDT": 0}


async def test_a_changed_tick_restates_the_candles(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)
    feed(made.engine.candles, [T(1, 100.0), T(13, 101.0)])

    made.listings.apply([msgspec.structs.replace(instrument("AUSDT"), tick_size=0.5), instrument("BUSDT")])

    assert made.engine.candles.tick_size(0) == 0.5
    assert [candle.close for candle in made.engine.candles.closed(0, Timeframe.S10, 5)] == [100.0]
    assert made.joined == []


@pytest.mark.parametrize(
    ("rules", "seats"),
    [(Rules(include=frozenset(NAMES)), 4), (Rules(exclude=frozenset({"CUSDT"})), 4), (Rules(), 2)],
)
async def test_who_was_not_asked_for_does_not_join(rest: RestClient, tmp_path: Path, rules: Rules, seats: int) -> None:
    made = Made(rest, tmp_path, rules, seats=seats)

    made.listings.apply([*(instrument(name) for name in NAMES), instrument("CUSDT")])

    assert made.engine.universe.slots == {"AUSDT": 0, "BUSDT": 1}


async def test_more_newcomers_than_slots_are_refused_with_their_reason(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)

    with capture_logs() as told:
        decisions = made.listings.apply([instrument(f"{n}USDT") for n in range(9)] + [instrument("AUSDT")])

    assert len(made.engine.universe.slots) == 4
    # Three are clearly in, AUSDT has the fourth seat and one more evaluation; six are left.
    assert "AUSDT" in made.engine.universe.slots
    assert sum(one.reason is Reason.RANK and not one.is_watched for one in decisions) == 6
    assert told[-1]["by reason"] == {"rank by turnover": 6}
    assert made.engine.universe.usage().rejected == 0


async def test_turnover_decides_with_hysteresis_from_one_evaluation_to_the_next(
    rest: RestClient, tmp_path: Path
) -> None:
    made = Made(rest, tmp_path, Rules(min_turnover=100.0))

    assert made.evaluate({"AUSDT": 85.0, "BUSDT": 500.0, "CUSDT": 99.0}) == ["AUSDT", "BUSDT"]
    assert made.evaluate({"AUSDT": 70.0, "BUSDT": 500.0, "CUSDT": 100.0}) == ["AUSDT", "BUSDT", "CUSDT"]
    assert made.evaluate({"AUSDT": 70.0, "BUSDT": 500.0, "CUSDT": 100.0}) == ["BUSDT", "CUSDT"]


async def test_a_market_that_left_for_its_silence_is_not_tried_again_for_six_hours(
    rest: RestClient, tmp_path: Path
) -> None:
    made = Made(rest, tmp_path, Rules(min_trades_1h=10, leave_after=1))
    for minute in range(61):
        feed(made.engine.candles, [T(60 * minute + 1, 100.0, slot=1, number=n + 1) for n in range(3)])
    made.engine.candles.advance(MIDNIGHT + (61 * 60 + 3) * SECOND)
    both = {"AUSDT": 1.0, "BUSDT": 1.0}

    assert made.evaluate(both) == ["BUSDT"]
    made.clock.set(MIDNIGHT + QUIET_NS - 1)
    assert made.evaluate(both) == ["BUSDT"]
    made.clock.set(MIDNIGHT + QUIET_NS)
    assert made.evaluate(both) == ["AUSDT", "BUSDT"]


async def test_under_pressure_the_least_traded_leave_and_their_seats_stay_empty_until_taken_back(
    rest: RestClient, tmp_path: Path
) -> None:
    made = Made(rest, tmp_path)
    turnovers = {"AUSDT": 1.0, "BUSDT": 4.0, "CUSDT": 3.0, "DUSDT": 2.0}
    made.evaluate(turnovers)
    for symbol, turnover in turnovers.items():
        made.engine.tickers.update(
            made.engine.universe.slots[symbol],
            TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol=symbol, turnover_24h=turnover),
        )

    assert made.listings.give_up() == 1
    assert (sorted(made.engine.universe.slots), made.listings.seats) == (["BUSDT", "CUSDT", "DUSDT"], 3)
    assert [made.listings.give_up(), made.listings.give_up(), made.listings.give_up()] == [1, 1, None]
    assert made.evaluate(turnovers) == ["BUSDT"]

    for seats in (2, 3, 4):
        made.listings.take_back()
        assert made.listings.seats == seats
        made.evaluate(turnovers)
    assert sorted(made.engine.universe.slots) == sorted(turnovers)
    made.listings.take_back()
    assert made.listings.seats == 4


async def test_those_that_are_always_watched_are_given_up_last(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, Rules(always=frozenset({"AUSDT"})))
    made.engine.tickers.update(1, TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BUSDT", turnover_24h=1e9))

    assert made.listings.give_up() == 1
    assert list(made.engine.universe.slots) == ["AUSDT"]


async def test_seats_taken_back_are_offered_at_once(rest: RestClient, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, every_s=3600.0)
    made.listings.give_up()
    waiting = asyncio.ensure_future(made.listings._wait())
    await asyncio.sleep(0)
    assert not waiting.done()

    made.listings.take_back()

    async with asyncio.timeout(5):
        await waiting


async def test_the_exchange_is_asked_for_its_list_again_and_again(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "CHECK_S", 0.001)
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    async with RestClient(registry.find("bybit", endpoints), endpoints, SystemClock()) as client:
        made = Made(client, tmp_path, every_s=0.01)
        task = asyncio.ensure_future(made.listings.follow())
        async with asyncio.timeout(10):
            while not made.joined and not task.done():  # noqa: ASYNC110 - what it waits for sets no event
                await asyncio.sleep(0.01)
        task.cancel()

    assert made.engine.candles.time.measurements >= 1
    # AUSDT and BUSDT are not listed there; of the five that are, the four seats go to those that trade most.
    turnovers = [made.overview.breadth.turnover(symbol) for symbol in made.engine.universe.slots]
    assert len(turnovers) == 4
    assert all(turnovers)


class Unreadable(RestClient):
    """Its first list of tickers cannot be read."""

    asked = 0

    async def tickers(self, priority: Priority = Priority.NORMAL) -> list[TickerUpdate]:
        self.asked += 1
        if self.asked == 1:
            raise FrameError("malformed", "no JSON")
        return await super().tickers(priority)


async def test_a_reply_that_cannot_be_read_is_passed_over(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "CHECK_S", 0.001)
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    async with Unreadable(registry.find("bybit", endpoints), endpoints, SystemClock()) as client:
        made = Made(client, tmp_path, every_s=0.01)
        with capture_logs() as told:
            task = asyncio.ensure_future(made.listings.follow())
            async with asyncio.timeout(10):
                while not made.joined and not task.done():  # noqa: ASYNC110 - what it waits for sets no event
                    await asyncio.sleep(0.01)
            task.cancel()

    assert [line["cause"] for line in told if line["event"] == "listings not used"] == ["no JSON"]
    assert len(made.engine.universe.slots) == 4


async def test_prices_off_their_tick_are_asked_about_once_and_not_at_every_check(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "CHECK_S", 0.001)
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    async with RestClient(registry.find("bybit", endpoints), endpoints, SystemClock()) as client:
        made = Made(client, tmp_path, every_s=0.05)
        with capture_logs() as told:
            for n in range(3):
                feed(made.engine.candles, [T(n + 1, 100.07, number=n + 1)])
                await made.listings._wait()

    assert [line["symbols"] for line in told] == [["AUSDT"], ["AUSDT"]]
