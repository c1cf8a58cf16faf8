"""Asks the exchange for what no stream tells of derivatives: histories first, then in rotation, within its limits."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum
from random import Random

import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import FrameError, RateLimitError, RefusedError, TidemarkError
from tidemark.ingest.backoff import backoff
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Venue
from tidemark.ingest.venues.frame import MS_TO_NS
from tidemark.kernels.columns import hash_id
from tidemark.live.sink import Sink
from tidemark.market.five_minutes import POINTS, ROWS, STEP_NS
from tidemark.market.funding import SETTLEMENTS
from tidemark.market.tickers import Group
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.events import Funding, LongShortRatio, OpenInterest
from tidemark.model.instrument import Instrument
from tidemark.settings.markets import Derivatives
from tidemark.units import HOUR, SECOND

# While nothing is due, the markets are looked over this often: a joiner waits no longer for its first request.
IDLE_S = 1.0
# Holes in open interest are asked for this often.
_HOLES_NS = HOUR
# A rotation asks for this many of the newest points, so that a few failures in a row leave no hole.
_OVERLAP = 12
_CEILING_S = 60.0
# A market whose request failed has its next turn after this.
_AGAIN_NS = 30 * SECOND
_NEVER = np.iinfo(np.int64).max
log = structlog.get_logger()


class Poll(IntEnum):
    """What is asked for, market by market; each rotates by itself, one request at a time."""

    HISTORY = 0  # the open interest of 24 hours, and again where points are missing
    FUNDING = 1
    RATIO = 2
    OPEN_INTEREST = 3  # where no stream has it


class PollStatus(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How one rotation is doing.

    answered, failed, refused: requests so far that gave an answer, that could not be made, and that the exchange
    declined or answered with nonsense. markets: how many were answered at least once. period_s: the mean time between
    the last two answers for a market, None before there are two: the rate at which it is really asked. oldest_s: the
    age of the oldest last answer, None before there is one.
    """

    poll: Poll
    answered: int
    failed: int
    refused: int
    markets: int
    period_s: float | None
    oldest_s: float | None


_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    # Whose the slot was when it was looked at last.
    "market": (np.uint64, ()),
    # When it is due next, when it was answered last and how long after the answer before, by the monotonic clock.
    "due": (np.int64, (len(Poll),)),
    "answered": (np.int64, (len(Poll),)),
    "period": (np.int64, (len(Poll),)),
}
_COUNTERS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "answered": (np.int64, ()),
    "failed": (np.int64, ()),
    "refused": (np.int64, ()),
}


class DerivativePolls:
    """Asks market by market, those first that were never asked; tells the engine through the sink.

    begin: awaited before the first request, so that what is more urgent has the right of way. Requests are bounded: one
    at a time for each kind of question. Memory: 104 bytes a slot.
    """

    def __init__(
        self,
        rest: RestClient,
        venue: Venue,
        sink: Sink,
        engine: Engine,
        clock: Clock,
        settings: Derivatives,
        ledger: Ledger,
        *,
        begin: Callable[[], Awaitable[None]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rest = rest
        self._sink = sink
        self._engine = engine
        self._clock = clock
        self._settings = settings
        self._begin = begin
        self._sleep = sleep
        series = engine.universe.reservation.capacity
        self._table = Table("polls", slots=series, columns=_COLUMNS)
        self._counters = Table("polls/counters", slots=len(Poll), columns=_COUNTERS)
        ledger.open(self._table)
        ledger.open(self._counters)
        self._looked_ns = 0
        self._occupied: tuple[tuple[int, Instrument], ...] | None = None
        every = settings.open_interest_every
        self._periods_ns = {
            poll: int(seconds * SECOND)
            for poll, seconds, is_wanted in (
                (Poll.HISTORY, _HOLES_NS / SECOND, settings.open_interest),
                (Poll.FUNDING, settings.funding_every, settings.funding),
                (Poll.RATIO, settings.ratio_every, settings.ratio),
                (Poll.OPEN_INTEREST, every, settings.open_interest and not venue.derivatives.STREAMS_OPEN_INTEREST),
            )
            if is_wanted
        }

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What it takes with *series* slots, without allocating it."""
        return [
            Table.reserve("polls", slots=series, columns=_COLUMNS),
            Table.reserve("polls/counters", slots=len(Poll), columns=_COUNTERS),
        ]

    @property
    def polls(self) -> tuple[Poll, ...]:
        """What is asked for, with these settings at this venue."""
        return tuple(self._periods_ns)

    async def run(self) -> None:
        """Ask, without end; what a retry can mend is tried again, and no answer of the exchange ends it."""
        if self._begin is not None:
            await self._begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_marks(), name="marks")
            for poll in self._periods_ns:
                group.create_task(self._rotate(poll), name=f"poll {poll.name.lower()}")

    def status(self) -> list[PollStatus]:
        """How each rotation is doing."""
        now = self._clock.monotonic_ns()
        held = [slot for slot, _ in self._engine.universe.occupied()]
        found = []
        for poll in self._periods_ns:
            answered = self._table.columns["answered"][held, poll]
            periods = self._table.columns["period"][held, poll]
            periods, answered = periods[periods > 0], answered[answered > 0]
            counted = {name: int(self._counters.columns[name][poll]) for name in _COUNTERS}
            found.append(
                PollStatus(
                    poll=poll,
                    **counted,
                    markets=len(answered),
                    period_s=float(periods.mean()) / SECOND if len(periods) else None,
                    oldest_s=(now - int(answered.min())) / SECOND if len(answered) else None,
                )
            )
        return found

    async def _rotate(self, poll: Poll) -> None:
        delays = backoff(Random(poll), _CEILING_S)
        cause = ""
        while True:
            slot, wait_s = self._next(poll)
            if slot is None:
                await self._sleep(wait_s)
                continue
            market = int(self._table.columns["market"][slot])
            period_ns = self._periods_ns[poll]
            try:
                is_answered = await self._ask(poll, slot)
            except (RefusedError, FrameError) as error:
                # One market may have no such figures; the others have.
                self._counters.columns["refused"][poll] += 1
                cause = _note(poll, cause, error)
                self._put_off(poll, slot, market, period_ns)
            except TidemarkError as error:
                if not error.retry:
                    raise
                self._counters.columns["failed"][poll] += 1
                cause = _note(poll, cause, error)
                told_s = error.retry_after_s if isinstance(error, RateLimitError) else None
                if told_s is None:
                    # The next market's turn: what fails may be this one alone.
                    self._put_off(poll, slot, market, _AGAIN_NS)
                await self._sleep(next(delays) if told_s is None else told_s)
            else:
                if cause:
                    log.info("derivatives told again", poll=poll.name.lower())
                delays, cause = backoff(Random(poll), _CEILING_S), ""
                if is_answered:
                    self._note_answer(poll, slot, market)
                self._put_off(poll, slot, market, period_ns)

    def _next(self, poll: Poll) -> tuple[int | None, float]:
        """The market to ask for now, or None and how long to wait."""
        now = self._clock.monotonic_ns()
        if now - self._looked_ns >= IDLE_S * SECOND or not self._looked_ns:
            self._look_over(now)
        columns = self._table.columns
        due = np.where(columns["market"] > 0, columns["due"][:, poll], _NEVER)
        slot = int(np.argmin(due))
        wait_s = (int(due[slot]) - now) / SECOND
        return (slot, 0.0) if wait_s <= 0 else (None, min(wait_s, IDLE_S))

    def _look_over(self, now: int) -> None:
        """Notice who joined and who left; who joined was never asked for and is due at once."""
        self._looked_ns = now
        occupied = self._engine.universe.occupied()
        if occupied is self._occupied:
            return
        self._occupied = occupied
        columns = self._table.columns
        markets = np.zeros(len(columns["market"]), np.uint64)
        for slot, instrument in occupied:
            markets[slot] = hash_id(instrument.symbol)
        for slot in np.flatnonzero(markets != columns["market"]).tolist():
            self._table.clear(slot)
            columns["market"][slot] = markets[slot]
            # What is asked for at once by its history needs no request of its own yet.
            columns["due"][slot, Poll.OPEN_INTEREST] = now + self._periods_ns.get(Poll.OPEN_INTEREST, 0)

    def _note_answer(self, poll: Poll, slot: int, market: int) -> None:
        self._counters.columns["answered"][poll] += 1
        columns = self._table.columns
        if int(columns["market"][slot]) == market:
            now, before = self._clock.monotonic_ns(), int(columns["answered"][slot, poll])
            columns["answered"][slot, poll] = now
            columns["period"][slot, poll] = now - before if before else 0

    def _put_off(self, poll: Poll, slot: int, market: int, by_ns: int) -> None:
        """Let it be due *by_ns* after it was, to keep its pace; from now, once it has fallen behind by as much."""
        columns = self._table.columns
        if int(columns["market"][slot]) == market:
            now = self._clock.monotonic_ns()
            due = int(columns["due"][slot, poll]) + by_ns
            columns["due"][slot, poll] = due if due > now else now + by_ns

    async def _ask(self, poll: Poll, slot: int) -> bool:
        """Ask for one market, and tell what comes; False when there was nothing to ask."""
        instrument = self._engine.universe.instrument(slot)
        if instrument is None:
            return False
        symbol = instrument.symbol
        match poll:
            case Poll.HISTORY:
                start_ns = self._engine.derivatives.open_interest.hole(slot, self._exchange_ns())
                if start_ns is None:
                    return False
                # The point before the 24 hours is what their change is measured against.
                count = (self._exchange_ns() - start_ns) // STEP_NS + 1
                if count >= POINTS:
                    start_ns, count = start_ns - STEP_NS, ROWS
                self._tell(
                    await self._rest.open_interest_history(symbol, start_ns // MS_TO_NS, count, Priority.BACKGROUND)
                )
            case Poll.FUNDING:
                self._tell(await self._rest.funding_history(symbol, SETTLEMENTS, Priority.BACKGROUND))
            case Poll.RATIO:
                answered = int(self._table.columns["answered"][slot, poll])
                is_behind = self._clock.monotonic_ns() - answered >= _OVERLAP * STEP_NS
                limit = ROWS if not answered or is_behind else _OVERLAP
                self._tell(await self._rest.long_short_ratio(symbol, limit, Priority.BACKGROUND))
            case Poll.OPEN_INTEREST:
                figure = await self._rest.open_interest(symbol, Priority.BACKGROUND)
                self._tell([figure] if figure is not None else [])
        return True

    def _tell(self, events: list[OpenInterest] | list[Funding] | list[LongShortRatio]) -> None:
        for event in events:
            self._sink.on_event(event)

    def _exchange_ns(self) -> int:
        return self._clock.now_ns() + self._engine.candles.time.offset_ns

    async def _watch_marks(self) -> None:
        """Mark prices at once, and again whenever no stream has told any for too long."""
        delays = backoff(Random(len(Poll)), _CEILING_S)
        every_ns = int(self._settings.marks_every * SECOND)
        cause = ""
        while True:
            received = int(self._engine.tickers.received(Group.MARK).max())
            age_ns = self._clock.now_ns() - received
            if received and age_ns < every_ns:
                # A clock that was put back makes no age that would be waited for.
                await self._sleep(max(min(every_ns - age_ns, every_ns) / SECOND, IDLE_S))
                continue
            try:
                for update in await self._rest.marks(Priority.BACKGROUND):
                    if update.symbol in self._engine.universe.slots:
                        self._sink.on_event(update)
            except TidemarkError as error:
                if not error.retry and not isinstance(error, RefusedError | FrameError):
                    raise
                cause = _note(None, cause, error)
                await self._sleep(max(next(delays), IDLE_S))
            else:
                delays, cause = backoff(Random(len(Poll)), _CEILING_S), ""
                await self._sleep(self._settings.marks_every)


def _note(poll: Poll | None, before: str, error: TidemarkError) -> str:
    """A line of the log for the first failure of a kind in a row; gives the kind.

    That a market has no such figures, or that a limit is reached, is no alarm.
    """
    kind = type(error).__name__
    if kind != before:
        tell = log.info if isinstance(error, RefusedError | RateLimitError) else log.warning
        tell("derivatives not told", poll=poll.name.lower() if poll is not None else "marks", cause=str(error))
    return kind
