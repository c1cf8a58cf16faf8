"""Watches two clocks: ours against itself, for jumps, and against the exchange's, for skew."""

import asyncio

import structlog

from tidemark.clock import Jump, SteadyClock
from tidemark.engine.step import Engine
from tidemark.errors import TidemarkError
from tidemark.ingest.feed import Feed
from tidemark.ingest.rest import RestClient
from tidemark.live.sink import Sink
from tidemark.model.events import ClockJump, ServerTime
from tidemark.units import MILLISECOND, SECOND

LOOK_S = 1.0
MEASURE_EVERY_S = 15.0
# After a jump, and while the exchange does not answer.
AGAIN_S = 5.0
# Half of a longer round trip says too little.
MAX_ROUND_TRIP_S = 1.0
TIMEOUT_S = 5.0
# The alarm is raised above the one and taken back below the other.
ALARM_NS = SECOND
CALM_NS = 7 * SECOND // 10
# Time that passed at the exchange and not here: the machine stood still, and no clock of its own noticed. Then no
# connection is believed to have lived through it.
_LEAP_NS = 5 * SECOND
log = structlog.get_logger()


class ClockWatch:
    """Tells the engine of jumps before the clock that jumped stamps anything, and measures the skew.

    `clock` does not move with the system clock before it is looked at here. So a jump moves no candle: the engine
    learns by how much, and takes it off the exchange's distance. What the exchange itself says comes right after.
    """

    def __init__(self, rest: RestClient, sink: Sink, engine: Engine, feed: Feed, clock: SteadyClock) -> None:
        self._rest = rest
        self._sink = sink
        self._time = engine.candles.time
        self._feed = feed
        self._clock = clock
        self._due_ns = 0
        # The distance to the exchange that is assumed since a jump, until the exchange has spoken.
        self._assumed_ns: int | None = None
        self._is_answered = True
        self._is_alarmed = False
        self.jumps = 0
        self.dropped = 0

    @property
    def notice(self) -> str:
        """What somebody has to know of the clocks; empty while they agree."""
        skew_ns = self._time.skew_ns
        if not self._is_alarmed or skew_ns is None:
            return ""
        side = "behind" if skew_ns > 0 else "ahead of"
        return f"our clock is {abs(skew_ns) / SECOND:.1f} s {side} the exchange's"

    async def follow(self) -> None:
        """Look every second; measure four times a minute, and soon after a jump."""
        while True:
            jump = self._clock.look()
            if jump is not None:
                self.take(jump)
            if self._clock.monotonic_ns() >= self._due_ns:
                await self.measure()
            await asyncio.sleep(LOOK_S)

    def take(self, jump: Jump) -> None:
        """Put right what was measured by the clock as it was; what was stamped after a sleep is not continuous."""
        self.jumps += 1
        log.warning(
            "the clock jumped",
            set_by_s=round(jump.step_ns / SECOND, 3),
            slept_s=round(jump.slept_ns / SECOND, 3),
        )
        self._assumed_ns = self._time.offset_ns - jump.step_ns
        self._due_ns = 0
        self._tell(jump)

    async def measure(self) -> bool:
        """Ask the exchange for its time; False when it did not answer, or too slowly to be believed."""
        self._due_ns = self._clock.monotonic_ns() + int(AGAIN_S * SECOND)
        began, before = self._clock.now_ns(), self._clock.monotonic_ns()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                told = await self._rest.server_time()
        except TimeoutError:
            return self._missed(f"no answer within {TIMEOUT_S:g} s")
        except TidemarkError as error:
            if not error.retry:
                raise
            return self._missed(str(error))
        round_trip = self._clock.monotonic_ns() - before
        self._is_answered = True
        if round_trip > MAX_ROUND_TRIP_S * SECOND:
            self.dropped += 1
            return False
        self._due_ns = before + int(MEASURE_EVERY_S * SECOND)
        self._hear(told, began + round_trip // 2, round_trip)
        return True

    def _hear(self, told: int, at: int, round_trip: int) -> None:
        """The exchange's clock was at *told* when ours was at *at*."""
        assumed, self._assumed_ns = self._assumed_ns, None
        if assumed is not None:
            leap = told - at - assumed
            if leap > _LEAP_NS:
                log.warning("the machine stood still", for_s=round(leap / SECOND, 1))
                self._tell(Jump(step_ns=-leap, slept_ns=leap))
        self._sink.on_event(ServerTime(ts_event=told, ts_recv=at, round_trip=round_trip))
        skew_ns = self._time.skew_ns or 0
        self._rest.offset_ns = skew_ns
        is_off = abs(skew_ns) > (CALM_NS if self._is_alarmed else ALARM_NS)
        if is_off and not self._is_alarmed:
            self._is_alarmed = True
            log.error("alarm", what=self.notice, error_ms=(self._time.skew_error_ns or 0) / MILLISECOND)
        elif not is_off and self._is_alarmed:
            self._is_alarmed = False
            log.info("the clocks agree again", skew_ms=round(skew_ns / MILLISECOND, 1))

    def _tell(self, jump: Jump) -> None:
        now = self._clock.now_ns()
        self._feed.shift(jump.step_ns)
        self._sink.on_event(ClockJump(ts_event=now, ts_recv=now, step_ns=jump.step_ns, slept_ns=jump.slept_ns))
        if jump.slept_ns > _LEAP_NS:
            self._feed.replace_all(f"the machine slept for {jump.slept_ns / SECOND:.0f} s")

    def _missed(self, cause: str) -> bool:
        if self._is_answered:
            log.warning("the exchange did not tell its time", cause=cause)
        self._is_answered = False
        return False
