import asyncio
from collections.abc import Iterator, Sequence

import pytest
from aiohttp import web

from tidemark.clock import EventClock, SystemClock
from tidemark.kernels.page import Page
from tidemark.sim.binance.session import BinanceSession
from tidemark.sim.book import Ladder
from tidemark.sim.clients import Client, Router, Switches
from tidemark.sim.faults import Faults
from tidemark.sim.longer import Candle
from tidemark.sim.market import Asked, Frame, Print, Quote
from tidemark.sim.pages import paged
from tidemark.sim.pump import Pump
from tidemark.sim.schedule import Pacer
from tidemark.sim.truth import Truth
from tidemark.sim.wanted import Wanted


class Counted:
    """A source of a frame a slice, which remembers how it was asked."""

    venue = "binance"
    waits_for_subscriber = True

    def __init__(self, slices: int) -> None:
        self.faults = Faults()
        self.derivatives = None
        self.truth = Truth(1, 0, opens_at_close=False)
        self.left = slices
        self.time_ns = 0
        self.factors: list[float] = []
        self.done = asyncio.Event()

    @property
    def has_ended(self) -> bool:
        return self.left == 0

    def now_ns(self) -> int:
        return self.time_ns

    def knows(self, topic: str) -> bool:
        return topic == "a@trade"

    def snapshot(self, topic: str) -> bytes | None:
        return None

    def candles(self, slot: int, length: int, first: int, last: int) -> list[Candle]:
        return []

    def begins(self, slot: int) -> int:
        return 0

    def closes(self, slot: int, minutes: Sequence[int]) -> list[int]:
        return [1 for _ in minutes]

    def ladder(self, slot: int, depth: int) -> Ladder:
        return Ladder([], [], 0, 0, 0)

    def prints(self, slot: int, limit: int) -> list[Print]:
        return []

    def prints_of(self, slot: int, asked: Asked) -> list[Print]:
        return []

    def quote(self, slot: int) -> Quote:
        return Quote(1, 2, 1, 1, 1, 1, 0, 0.0, 0)

    def pages(self, page: Page, wanted: Wanted, rate_factor: float, skew_ms: int) -> Iterator[None]:
        return paged(self.advance(rate_factor), page, wanted)

    def advance(self, rate_factor: float) -> Iterator[Frame]:
        self.factors.append(rate_factor)
        self.left -= 1
        self.time_ns += 1_000_000_000
        if self.left == 0:
            self.done.set()
        yield self.time_ns, "a@trade", b"{}", None
        yield self.time_ns, "b@trade", b"{}", None


async def ran(pump: Pump, source: Counted) -> None:
    async with asyncio.timeout(10):
        runner = asyncio.ensure_future(pump.run())
        await source.done.wait()
        runner.cancel()
        with pytest.raises(asyncio.CancelledError):
            await runner


def build(source: Counted, faults: Faults | None = None) -> tuple[Pump, Router]:
    router = Router()
    pacer = Pacer(EventClock(), None)
    return Pump(source, router, Switches(faults or Faults()), pacer), router


async def test_only_frames_of_wanted_topics_are_counted() -> None:
    source = Counted(5)
    pump, router = build(source)
    router.want("a@trade")

    await ran(pump, source)

    assert router.sent() == {"trade": 5}
    assert pump.now_ns() == 5_000_000_000


async def test_time_stands_still_until_somebody_wants_a_stream_of_the_source() -> None:
    source = Counted(5)
    pump, router = build(source)
    router.want("other@trade")
    runner = asyncio.ensure_future(pump.run())
    for _ in range(20):
        await asyncio.sleep(0)

    assert source.left == 5
    runner.cancel()


async def test_as_fast_as_it_can_time_stands_still_once_nobody_listens_any_more() -> None:
    source = Counted(5)
    source.waits_for_subscriber = False
    pump, _ = build(source)
    runner = asyncio.ensure_future(pump.run())
    for _ in range(20):
        await asyncio.sleep(0)

    assert source.left == 5
    runner.cancel()


async def test_a_burst_lasts_as_long_as_it_was_asked_for() -> None:
    source = Counted(5)
    pump, router = build(source, Faults(burst_s=2.0))
    router.want("a@trade")

    await ran(pump, source)

    assert source.factors == [100.0, 100.0, 1.0, 1.0, 1.0]


async def test_at_a_given_speed_frames_wait_for_their_time() -> None:
    source = Counted(3)
    router = Router()
    clock = SystemClock()
    pump = Pump(source, router, Switches(Faults()), Pacer(clock, 50.0))
    router.want("a@trade")
    began = clock.monotonic_ns()

    await ran(pump, source)

    # The third slice is asked for once the second has passed: two seconds of the source at fifty times the speed.
    assert clock.monotonic_ns() - began >= 2_000_000_000 / 50


class Stamped(asyncio.Transport):
    """A transport that keeps the exchange's time of each frame that is written to it."""

    def __init__(self, pacer: Pacer) -> None:
        super().__init__()
        self._pacer = pacer
        self.times: list[int] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.times += [self._pacer.now_ns(1 << 62)] * bytes(data).count(b"{}")

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


async def test_a_frame_that_is_delayed_is_never_sent_before_its_time() -> None:
    source = Counted(6)
    router, switches = Router(), Switches(Faults(delay_ms=300))
    pacer = Pacer(SystemClock(), 20.0)
    pump = Pump(source, router, switches, pacer)
    session = BinanceSession()
    session.opened("/ws", {})
    client = Client(web.WebSocketResponse(), session, switches, 1)
    transport = Stamped(pacer)
    client.attach(transport)
    router.join(client)
    router.subscribe(client, ("a@trade",))

    await ran(pump, source)

    # The frame of each second is held for 300 ms, and the next one comes 700 ms after that.
    assert len(transport.times) >= 3
    for number, sent_at in enumerate(transport.times, start=1):
        assert sent_at >= number * 1_000_000_000 + 300_000_000
