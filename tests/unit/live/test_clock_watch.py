import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, engine

from tidemark.clock import SteadyClock, SystemClock
from tidemark.engine.intake import Intake
from tidemark.errors import RefusedError, UnreachableError
from tidemark.ingest.budget import Priority
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.live.clock_watch import ClockWatch
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.model.events import ClockJump, MarketEvent, ServerTime
from tidemark.units import MILLISECOND, SECOND

HOUR = 3600 * SECOND


class Hands(SystemClock):
    """A machine whose clocks the test moves."""

    def __init__(self) -> None:
        self.wall, self.monotonic, self.slept = MIDNIGHT, 50 * SECOND, 0

    def now_ns(self) -> int:
        return self.wall

    def monotonic_ns(self) -> int:
        return self.monotonic

    def boot_ns(self) -> int:
        return self.monotonic + self.slept

    def live(self, ns: int) -> None:
        self.wall += ns
        self.monotonic += ns


class Exchange(RestClient):
    """Tells its time after the round trips given, or fails as given."""

    def __init__(self, hands: Hands) -> None:
        venue = registry.find("bybit")
        super().__init__(venue, venue.endpoints, hands)
        self.hands = hands
        self.ahead = 0
        self.script: list[int | Exception] = []

    async def server_time(self, priority: Priority = Priority.NORMAL) -> int:
        step = self.script.pop(0) if self.script else 20 * MILLISECOND
        if isinstance(step, Exception):
            raise step
        self.hands.live(step // 2)
        told = self.hands.monotonic + self.ahead
        self.hands.live(step - step // 2)
        return told


class Noting(Sink):
    def on_event(self, event: MarketEvent) -> None:
        events.append(event)
        super().on_event(event)


events: list[MarketEvent] = []


class Made:
    def __init__(self, rest: Exchange, folder: Path) -> None:
        events.clear()
        self.rest, self.hands = rest, rest.hands
        # The exchange's clock is that of the machine, until it is moved.
        rest.ahead = self.hands.wall - self.hands.monotonic
        self.clock = SteadyClock(self.hands)
        venue = registry.find("bybit")
        self.engine = engine()
        self.sink = Noting(self.clock, Rejects(folder / "rejects"), None)
        self.sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            Ledger(),
            deliver=lambda outputs: None,
            reject=self.sink.reject,
        )
        self.feed = Feed(venue, ["BTCUSDT"], [Channel.TRADES], self.sink, self.clock, print, Random(1))
        self.watch = ClockWatch(rest, self.sink, self.engine, self.feed, self.clock)

    def look(self) -> None:
        jump = self.clock.look()
        assert jump is not None
        self.watch.take(jump)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Made]:
    async with Exchange(Hands()) as rest:
        yield Made(rest, tmp_path)


def times(of: Sequence[MarketEvent]) -> list[tuple[int, int | None]]:
    return [(event.ts_event - event.ts_recv, event.round_trip) for event in of if isinstance(event, ServerTime)]


async def test_the_skew_is_measured_in_the_middle_of_the_round_trip(made: Made) -> None:
    made.rest.ahead += 300 * MILLISECOND

    assert await made.watch.measure()

    assert times(events) == [(300 * MILLISECOND, 20 * MILLISECOND)]
    assert made.engine.candles.time.skew_ns == made.rest.offset_ns == 300 * MILLISECOND
    assert made.engine.candles.time.skew_error_ns == 10 * MILLISECOND
    assert made.watch.notice == ""


async def test_an_answer_that_took_too_long_is_dropped(made: Made) -> None:
    made.rest.script = [SECOND + 1]

    assert not await made.watch.measure()

    assert (made.watch.dropped, events) == (1, [])


async def test_an_exchange_that_does_not_answer_is_told_of_once(made: Made) -> None:
    made.rest.script = [UnreachableError("gone"), UnreachableError("gone"), TimeoutError()]
    with capture_logs() as told:
        for _ in range(4):
            await made.watch.measure()

    assert [(line["event"], line["cause"]) for line in told] == [("the exchange did not tell its time", "gone")]
    assert len(times(events)) == 1


async def test_a_failure_that_no_retry_mends_is_not_hidden(made: Made) -> None:
    made.rest.script = [RefusedError("no")]

    with pytest.raises(RefusedError):
        await made.watch.measure()


async def test_the_alarm_is_raised_above_one_second_and_taken_back_below_seven_tenths(made: Made) -> None:
    told = []
    notices = []
    for skew_ms in (1000, -1001, -800, -700, -900):
        made.rest.ahead = made.hands.wall - made.hands.monotonic + skew_ms * MILLISECOND
        with capture_logs() as lines:
            await made.watch.measure()
        told.append([line["event"] for line in lines])
        notices.append(made.watch.notice)

    assert told == [[], ["alarm"], [], ["the clocks agree again"], []]
    assert notices == [
        "",
        "our clock is 1.0 s ahead of the exchange's",
        "our clock is 0.8 s ahead of the exchange's",
        "",
        "",
    ]


@pytest.mark.parametrize("step", [HOUR, -HOUR, SECOND, -SECOND, 87_600 * HOUR])
async def test_a_clock_that_is_set_is_announced_before_anything_is_stamped_by_it(made: Made, step: int) -> None:
    await made.watch.measure()
    time = made.engine.candles.time
    before = time.now_ns
    made.hands.wall += step

    made.look()

    (jump,) = [event for event in events if isinstance(event, ClockJump)]
    assert (jump.step_ns, jump.slept_ns, jump.ts_recv) == (step, 0, made.hands.wall)
    assert time.offset_ns == -step
    assert (made.watch.jumps, made.watch._due_ns, time.now_ns) == (1, 0, before)
    assert await made.watch.measure()
    assert time.skew_ns == -step
    assert len([event for event in events if isinstance(event, ClockJump)]) == 1


async def test_a_sleep_leaves_the_distance_as_it_was(made: Made) -> None:
    await made.watch.measure()
    made.hands.wall += HOUR
    made.hands.slept += HOUR
    made.rest.ahead += HOUR

    made.look()
    await made.watch.measure()

    jumps = [(event.step_ns, event.slept_ns) for event in events if isinstance(event, ClockJump)]
    assert jumps == [(0, HOUR)]
    assert made.engine.candles.time.skew_ns == 0


async def test_a_machine_that_stood_still_unnoticed_is_known_by_the_exchanges_word(made: Made) -> None:
    """A virtual machine that was paused: only its wall clock was put right afterwards."""
    await made.watch.measure()
    made.hands.wall += HOUR
    made.rest.ahead += HOUR

    made.look()
    await made.watch.measure()

    jumps = [(event.step_ns, event.slept_ns) for event in events if isinstance(event, ClockJump)]
    assert jumps == [(HOUR, 0), (-HOUR, HOUR)]
    assert made.engine.candles.time.skew_ns == 0


async def test_it_looks_every_second_and_measures_four_times_a_minute(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        made.hands.live(int(seconds * SECOND))
        if len(slept) == 70:
            made.hands.wall += HOUR
        if len(slept) == 100:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await made.watch.follow()

    assert set(slept) == {1.0}
    # At once, after 15, 30, 45 and 60 s, at once after the jump at 70 s, and 15 s after that.
    assert len(times(events)) == 7
    assert made.watch.jumps == 1
