"""Backtests that are begun over the API: one at a time in a process of its own, while others wait for their turn.

There is no process where nothing is to be done. What a run does is in the database: what is kept here is who waits, how
far the one is that runs, and for some seconds what has just ended.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import structlog

from tidemark.clock import Clock
from tidemark.errors import RequestError, UnreachableError
from tidemark.live.backtest_child import Child, child_for
from tidemark.live.child import own
from tidemark.memory.ledger import Ledger, Reservation, SlotAccount, Usage
from tidemark.memory.map import BoundedMap
from tidemark.settings.settings import Settings
from tidemark.store.backtest_job import (
    ASKED_BYTES,
    LINE_BYTES,
    Accepted,
    Asked,
    BacktestJob,
    Checking,
    Ended,
    Finding,
    Listed,
    Listing,
    Order,
    Progress,
    Refused,
    Removed,
    Removing,
    Running,
    Said,
)
from tidemark.units import KIB, SECOND, format_bytes

_OWNER, _CHOICES, _QUESTIONS = "backtests", "backtest choices", "backtest orders"
# A run that waits, as the line that it is begun with, and how it is shown.
_TURN_BYTES = 40 * KIB
# Whoever looks now and then sees how a run ended.
_SHOWN_NS = 10 * SECOND
_MOST_SHOWN = 8
# What was listed so short a time ago still holds.
_LISTED_NS = 5 * SECOND
# Questions that wait or are being answered, and how long one may take with all that stands before it.
_MOST_QUESTIONS = 8
_QUESTION_BYTES = 64 * KIB
_QUESTION_S = 9.0
_LOOK_S = 0.5
# A strategy that does not come back is ended so long after it was to be cancelled.
_CANCEL_S = 5.0
_CANCELLING = "cancelling"
log = structlog.get_logger()


def is_wanted(settings: Settings) -> bool:
    """Whether somebody could begin one."""
    return settings.backtests.enabled and settings.api.enabled


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """A run that waits, runs, or has just ended; times ns since the epoch, None where they are not known.

    state: waiting, running, cancelling, or what it ended as. candles: to be taken, about; done_at: by its pace so far.
    """

    run: str
    name: str
    strategy: str
    data: str
    state: str = "waiting"
    done: int = 0
    candles: int | None = None
    trips: int = 0
    begun_at: int | None = None
    done_at: int | None = None
    error: str | None = None


class Queued(NamedTuple):
    """A run that was accepted, and how many are before it."""

    run: str
    ahead: int


class _Turn(NamedTuple):
    following: Following
    order: bytes


class Backtesting:
    """The backtests of a monitor. An owner of the ledger: what it counts are runs that wait, run, or have just ended.

    `memory_bytes`: what the process of a run may take; `resident`: what it takes, without files, 0 while none runs.
    `room`: runs that may wait. `strategies`: their folder. `begun`: runs since the start; `ended`: by what they ended
    as.
    """

    def __init__(self, settings: Settings, clock: Clock, ledger: Ledger) -> None:
        chosen, store = settings.backtests, settings.store.path
        self.reservation = self.reserve(settings)[0]
        self.memory_bytes = chosen.memory
        self.room = chosen.queue
        self.strategies = str(chosen.strategies_in(store))
        self.resident = 0
        self.begun = 0
        self.ended: dict[str, int] = {}  # bounded: by the states that there are
        self._job = BacktestJob(
            database=None if settings.store.database is None else settings.store.database.reveal(),
            folder=str(store / "backtests"),
            strategies=self.strategies,
            data=str(chosen.data_in(store)),
            archive=str(store / "archive"),
            memory_bytes=chosen.memory,
            order=Listing(),
        )
        self._clock = clock
        self._waiting: deque[_Turn] = deque()  # bounded: `_refuse_more`
        self._running: Following | None = None
        self._child: Child | None = None
        self._cancelled_ns: int | None = None
        # When the first candle of the run was taken, and how many had been by then.
        self._pace: tuple[int, int] | None = None
        self._over: deque[tuple[int, Following]] = deque(maxlen=_MOST_SHOWN)
        self._is_wanted = asyncio.Event()
        self._asking, self._listing = asyncio.Lock(), asyncio.Lock()
        self._choices: BoundedMap[str, bytes] = BoundedMap(_CHOICES, items=1, max_bytes=LINE_BYTES, size=_size)
        self._listed_ns: int | None = None
        self._peak = 0
        ledger.open(self)
        ledger.open(self._choices)
        self._questions = ledger.slots(_QUESTIONS, _MOST_QUESTIONS, _QUESTION_BYTES)

    @staticmethod
    def reserve(settings: Settings) -> Sequence[Reservation]:
        """What is kept of them; the processes themselves stand beside the plan."""
        return (
            Reservation(
                owner=_OWNER,
                kind="queue",
                capacity=settings.backtests.queue + 1 + _MOST_SHOWN,
                item_bytes=_TURN_BYTES,
                policy="refuses the next one",
            ),
            BoundedMap.reserve(_CHOICES, items=1, max_bytes=LINE_BYTES),
            SlotAccount.reserve(_QUESTIONS, _MOST_QUESTIONS, _QUESTION_BYTES),
        )

    def usage(self) -> Usage:
        """Runs that wait, the one that runs, and those that are shown a while longer."""
        used = len(self._waiting) + (self._running is not None) + len(self._over)
        self._peak = max(self._peak, used)
        return Usage(used=used, peak=self._peak, bytes_used=used * _TURN_BYTES)

    @property
    def waiting(self) -> int:
        """Runs that wait for their turn."""
        return len(self._waiting)

    @property
    def pid(self) -> int | None:
        """The process that runs, None while none does."""
        return None if self._child is None else self._child.pid

    @property
    def listed(self) -> Listed:
        """What there was to choose from when `list` was called last."""
        line = self._choices.get(_CHOICES)
        return Listed() if line is None else msgspec.json.decode(line, type=Listed)

    def under_way(self) -> list[Following]:
        """What runs, what waits in the order of its turns, and what has just ended, the latest last."""
        least = self._clock.monotonic_ns() - _SHOWN_NS
        while self._over and self._over[0][0] < least:
            self._over.popleft()
        running = [] if self._running is None else [self._running]
        return [*running, *(turn.following for turn in self._waiting), *(one for _, one in self._over)]

    async def begin(self, asked: Asked) -> Queued:
        """Let a run wait for its turn. RequestError where it cannot be run, or too many wait."""
        self._refuse_more()
        found = await self._accepted(Checking(asked=asked))
        return self._queue(found, asked)

    async def resume(self, run: str) -> Queued:
        """Let a run go on when it is its turn. RequestError where there is none, or it is over."""
        self._refuse_more()
        found = await self._accepted(Finding(run=run))
        return self._queue(found, None)

    async def remove(self, runs: Sequence[str]) -> tuple[str, ...]:
        """Remove runs; give those that were there. RequestError where one is under way."""
        busy = sorted(set(runs) & self._busy())
        if busy:
            raise RequestError(409, f"run {busy[0]} is under way; cancel it first")
        said = await self._answer(Removing(runs=tuple(runs)))
        if not isinstance(said, Removed):
            raise UnreachableError("the process that was to remove runs did something else")
        return said.runs

    async def list(self) -> None:
        """Find out what there is to choose from; what was found a moment ago still holds."""
        async with self._listing:
            now = self._clock.monotonic_ns()
            if self._listed_ns is not None and now - self._listed_ns < _LISTED_NS:
                return
            said = await self._answer(Listing())
            self._choices.put(_CHOICES, msgspec.json.encode(said))
            self._listed_ns = self._clock.monotonic_ns()

    def cancel(self, run: str) -> None:
        """Take a run out of the queue, or end it soon; RequestError (404) where it is not under way."""
        for turn in self._waiting:
            if turn.following.run == run:
                self._waiting.remove(turn)
                self._end(turn.following, "cancelled", None)
                return
        if self._running is None or self._running.run != run:
            raise RequestError(404, f"no run {run} is under way")
        if self._cancelled_ns is None:
            self._cancelled_ns = self._clock.monotonic_ns()
            self._running = msgspec.structs.replace(self._running, state=_CANCELLING, done_at=None)
            if self._child is not None:
                self._child.cancel()

    async def follow(self) -> None:
        """Carry out one run after the other, until cancelled."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            while self._waiting:
                await self._carry_out(self._waiting.popleft())

    async def _carry_out(self, turn: _Turn) -> None:
        self._running = msgspec.structs.replace(turn.following, state="running", begun_at=self._clock.now_ns())
        self._cancelled_ns = self._pace = None
        state: str = "interrupted"
        error: str | None = "the monitor stops"
        try:
            state, error = await self._run(msgspec.json.decode(turn.order, type=Running))
        except OSError as failure:
            state, error = "failed", f"its process cannot be begun: {failure.strerror}"
        finally:
            ended, self._running = self._running, None
            self._child, self.resident = None, 0
            self._end(ended, state, error)

    async def _run(self, order: Running) -> tuple[str, str | None]:
        """What became of it, and why."""
        async with child_for(msgspec.structs.replace(self._job, order=order)) as child:
            self._child = child
            self.begun += 1
            if self._cancelled_ns is not None:
                # That was said before there was somebody to hear it.
                child.cancel()
            was_over = False
            while True:
                try:
                    async with asyncio.timeout(_LOOK_S):
                        said = await child.said()
                except TimeoutError:
                    self._look(child)
                    if was_over:
                        return await self._unsaid(child)
                    # What it said last may be on its way.
                    was_over = child.is_over
                    continue
                self._look(child)
                match said:
                    case Ended(state=state, error=error):
                        return state, error
                    case Refused(why=why):
                        return "failed", why
                    case Progress():
                        self._note(said)
                    case _:
                        return await self._unsaid(child)

    async def _unsaid(self, child: Child) -> tuple[str, str | None]:
        """What became of a run whose process has ended without a word about it."""
        words = await child.words()
        if self._cancelled_ns is not None:
            return "cancelled", f"it was ended, since it did not end by itself within {_CANCEL_S:g} s"
        return "interrupted", words

    def _look(self, child: Child) -> None:
        before, self.resident = self.resident, own(child.pid)
        if self.resident > self.memory_bytes >= before:
            log.error("a bound is broken", what=f"the process of a backtest takes {format_bytes(self.resident)}")
        if self._cancelled_ns is not None:
            waited_ns = self._clock.monotonic_ns() - self._cancelled_ns
            if waited_ns > _CANCEL_S * SECOND:
                child.kill()

    def _note(self, told: Progress) -> None:
        now, running = self._clock.monotonic_ns(), self._running
        if running is None:
            return
        if self._pace is None:
            self._pace = (now, told.done)
        since_ns, done = now - self._pace[0], told.done - self._pace[1]
        left = max(0, told.candles - told.done)
        is_known = done > 0 and running.state != _CANCELLING
        self._running = msgspec.structs.replace(
            running,
            done=told.done,
            candles=max(told.candles, told.done),
            trips=told.trips,
            done_at=self._clock.now_ns() + since_ns * left // done if is_known else None,
        )

    def _end(self, following: Following, state: str, error: str | None) -> None:
        ended = msgspec.structs.replace(following, state=state, done_at=None, error=error)
        self.ended[state] = self.ended.get(state, 0) + 1
        self._over.append((self._clock.monotonic_ns(), ended))
        log.info("a backtest ended", run=ended.run, state=state, **({} if error is None else {"why": error}))

    def _busy(self) -> set[str]:
        running = set() if self._running is None else {self._running.run}
        return running | {turn.following.run for turn in self._waiting}

    def _refuse_more(self) -> None:
        if len(self._waiting) >= self.room:
            raise RequestError(
                409, f"{len(self._waiting)} runs wait already; cancel one, or raise backtests.queue in the settings"
            )

    def _queue(self, found: Accepted, asked: Asked | None) -> Queued:
        # Others may have come while it was looked at.
        self._refuse_more()
        if found.run in self._busy():
            raise RequestError(409, f"run {found.run} is under way already")
        # One that goes on is not over any more.
        for over in [one for one in self._over if one[1].run == found.run]:
            self._over.remove(over)
        ahead = len(self._waiting) + (self._running is not None)
        following = Following(
            run=found.run, name=found.name, strategy=found.strategy, data=found.data, candles=found.candles
        )
        self._waiting.append(_Turn(following, msgspec.json.encode(Running(run=found.run, asked=asked))))
        self._is_wanted.set()
        return Queued(found.run, ahead)

    async def _accepted(self, order: Order) -> Accepted:
        said = await self._answer(order)
        if not isinstance(said, Accepted):
            raise UnreachableError("the process that was to look at a backtest did something else")
        return said

    async def _answer(self, order: Order) -> Said:
        """What a process of its own says to a question; one after the other, for their memory.

        RequestError where it refuses; UnreachableError, worth a retry, where it does not answer in time.
        """
        self._questions.take()
        try:
            async with asyncio.timeout(_QUESTION_S), self._asking:
                job = msgspec.structs.replace(self._job, order=order, memory_bytes=ASKED_BYTES)
                async with child_for(job, 0.0) as child:
                    said = await child.said()
                    words = "" if said is not None else await child.words()
        except TimeoutError:
            raise UnreachableError(f"the process of backtests has not answered within {_QUESTION_S:g} s") from None
        except OSError as error:
            raise UnreachableError(f"the process of backtests cannot be begun: {error.strerror}") from error
        finally:
            self._questions.give_back()
        if said is None:
            raise UnreachableError(f"the process of backtests did not answer: {words}")
        if isinstance(said, Refused):
            raise RequestError(said.status, said.why)
        return said


def _size(key: str, line: bytes) -> int:
    return len(key) + len(line)
