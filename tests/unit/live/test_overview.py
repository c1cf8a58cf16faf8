import asyncio

import msgspec
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, engine, instrument

from tidemark.clock import EventClock, SystemClock
from tidemark.errors import FrameError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Endpoints
from tidemark.live.overview import Overview
from tidemark.market.breadth import Breadth
from tidemark.memory.ledger import Ledger
from tidemark.model.events import TickerUpdate
from tidemark.model.instrument import Status
from tidemark.sim.settings import Address
from tidemark.units import SECOND


def ticker(symbol: str, at_s: int = 0) -> TickerUpdate:
    at = MIDNIGHT + at_s * SECOND
    return TickerUpdate(ts_event=at, ts_recv=at, symbol=symbol, last=110.0, price_24h_ago=100.0)


async def test_the_whole_market_is_read_whether_or_not_it_is_watched(address: Address) -> None:
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    clock = SystemClock()
    async with RestClient(registry.find("bybit", endpoints), endpoints, clock) as rest:
        made = Overview(rest, Breadth(Ledger()), engine([]), clock, 3600.0)
        task = asyncio.ensure_future(made.follow())
        async with asyncio.timeout(10):
            while not made.reading().known:  # noqa: ASYNC110 - what it waits for sets no event
                await asyncio.sleep(0.01)
        task.cancel()
        found = made.reading()

    # The five markets that trade, and the one whose name is not ASCII; what is pending does not count.
    assert found.listed == found.known + found.stale >= 5
    assert found.up or found.down or found.unchanged


class Unreadable(RestClient):
    """Its first list of tickers cannot be read."""

    asked = 0

    async def tickers(self, priority: Priority = Priority.NORMAL) -> list[TickerUpdate]:
        self.asked += 1
        if self.asked == 1:
            raise FrameError("malformed", "no JSON")
        return await super().tickers(priority)


async def test_a_reply_that_cannot_be_read_is_passed_over(address: Address) -> None:
    endpoints = Endpoints(rest=address.rest, stream=address.stream)
    clock = SystemClock()
    async with Unreadable(registry.find("bybit", endpoints), endpoints, clock) as rest:
        made = Overview(rest, Breadth(Ledger()), engine([]), clock, 0.05)
        with capture_logs() as told:
            task = asyncio.ensure_future(made.follow())
            async with asyncio.timeout(10):
                while rest.asked < 3:  # noqa: ASYNC110 - what it waits for sets no event
                    await asyncio.sleep(0.01)
            task.cancel()

    assert [(line["event"], line["cause"]) for line in told] == [("tickers not used", "no JSON")]
    assert made.reading().listed >= 5


async def test_only_what_trades_is_part_of_it_and_tickers_get_stale_after_five_rounds() -> None:
    venue = registry.find("bybit")
    clock = EventClock(MIDNIGHT + 60 * SECOND)
    async with RestClient(venue, venue.endpoints, clock) as rest:
        made = Overview(rest, Breadth(Ledger()), engine([]), clock, 10.0)
        pending = msgspec.structs.replace(instrument("B"), status=Status.PENDING)

        made.take([instrument("A"), pending, instrument("C")], [ticker("A", 10), ticker("B", 10), ticker("C", 9)])

        assert (made.reading().listed, made.reading().known, made.reading().stale) == (2, 1, 1)
        made.take([], [ticker("C", 60)])
        assert (made.reading().listed, made.reading().known, made.reading().stale) == (2, 2, 0)
