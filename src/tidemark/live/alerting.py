"""The process that tells people, as the monitor sees it: begun where a sink is configured, heard, and begun again.

What it tells is in the log of signals and in the database: while it does not run nothing is lost, and the next one goes
on where it was.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import cast

import msgspec
import structlog

from tidemark.clock import Clock
from tidemark.errors import DECODE_ERRORS, UnreachableError
from tidemark.ingest.backoff import backoff
from tidemark.live import alerts_job
from tidemark.live.alerts_job import (
    LINE_BYTES,
    MODULE,
    MOST_ORDERS,
    RESIDENT_BYTES,
    WRONG_SETTINGS,
    AlertsFigures,
    AlertsJob,
    Done,
    Order,
    Told,
)
from tidemark.live.child import end, repeat, resident
from tidemark.live.heard import Heard, size_of
from tidemark.memory.ledger import Ledger, Reservation, SlotAccount
from tidemark.memory.map import BoundedMap
from tidemark.memory.tasks import TaskRegistry
from tidemark.model.notification import Notification
from tidemark.settings.alerting import HISTORY
from tidemark.settings.settings import Settings
from tidemark.units import KIB, MIB, MINUTE, format_bytes

RECENT = 100
_RECENT_BYTES = 2 * MIB
_OWNER, _TASKS, _ORDERS = "notifications", "alerts tasks", "alerts orders"
_HEARING = 1
# Told to end, it gives what is on its way a few seconds to arrive.
_END_S = 10.0
# One that lived so long did not fail because of what it began with.
_LIVED_NS = MINUTE
# A sink has half a minute for what it is sent; the client who waits for that is given up a little later.
_ORDER_S = 25.0
# An order with a hundred ids, what came of it, and the future of whoever waits.
_ORDER_BYTES = 16 * KIB
_ANYWHERE = frozenset({".".join("0000"), "::", ""})
_SAID: msgspec.json.Decoder[alerts_job.Said] = msgspec.json.Decoder(alerts_job.Said)
log = structlog.get_logger()


def is_wanted(settings: Settings) -> bool:
    """Whether anybody is to be told."""
    return settings.alerts.enabled and bool(settings.alerts.sinks)


class Alerting:
    """The process that tells people what is in *folder*, and what it said.

    `recent`: the newest 100 notifications of the history, by their ids. `heard`: these and those for browsers, in the
    order in which they came. `figures` are those that it said last, None before that; `failure` says why it does not
    run, None where it does. `resident`: its memory in bytes, 0 while it does not run.
    """

    def __init__(self, settings: Settings, folder: Path, clock: Clock, ledger: Ledger) -> None:
        self.recent: BoundedMap[str, Notification] = BoundedMap(
            _OWNER, items=RECENT, max_bytes=_RECENT_BYTES, size=size_of
        )
        self.heard = Heard(ledger)
        self.figures: AlertsFigures | None = None
        self.failure: str | None = None
        self.pid: int | None = None
        self.resident = 0
        self.begun = 0
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._tasks = TaskRegistry(_TASKS, limit=_HEARING, on_error=_tell_unheard, task_bytes=3 * LINE_BYTES)
        self._stdin: asyncio.StreamWriter | None = None
        self._ordered = 0
        self._waiting: dict[int, asyncio.Future[Done]] = {}  # bounded: by the slots of orders
        ledger.open(self.recent)
        ledger.open(self._tasks)
        self._orders = ledger.slots(_ORDERS, MOST_ORDERS, _ORDER_BYTES)

    @staticmethod
    def reserve() -> Sequence[Reservation]:
        """What is kept of what it says; the process itself stands beside the plan."""
        return (
            BoundedMap.reserve(_OWNER, items=RECENT, max_bytes=_RECENT_BYTES),
            Heard.reserve(),
            TaskRegistry.reserve(_TASKS, limit=_HEARING, task_bytes=3 * LINE_BYTES),
            SlotAccount.reserve(_ORDERS, MOST_ORDERS, _ORDER_BYTES),
        )

    async def carry_out(self, make: Callable[[int], Order]) -> Done:
        """What came of the order that *make* makes of its number.

        UnreachableError, worth a retry, where the process does not run, ends, or takes too long for it; TransientError
        where too many wait.
        """
        self._orders.take()
        self._ordered += 1
        number = self._ordered
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting[number] = done
        try:
            if self._stdin is None:
                raise UnreachableError(f"the process that tells people does not run: {self.failure or 'it begins'}")
            # One that does not read keeps what is written to it here, and nothing bounds that.
            if self._stdin.transport.get_write_buffer_size():
                raise UnreachableError("the process that tells people does not listen at the moment")
            self._stdin.write(msgspec.json.encode(make(number)) + b"\n")
            async with asyncio.timeout(_ORDER_S):
                return await done
        except TimeoutError:
            raise UnreachableError(f"the process that tells people has not done it within {_ORDER_S:g} s") from None
        finally:
            del self._waiting[number]
            self._orders.give_back()

    async def follow(self) -> None:
        """Keep a process, and begin another one after it ended, until cancelled; not where its settings are wrong."""
        delays = backoff(Random(self._clock.now_ns()))
        while True:
            begun_ns = self._clock.monotonic_ns()
            try:
                code = await self._live()
            except OSError as error:
                code, self.failure = 1, f"it cannot be begun: {error.strerror}"
            if code == WRONG_SETTINGS:
                log.error("alarm", what=f"nobody is told: {self.failure}")
                return
            if self._clock.monotonic_ns() - begun_ns > _LIVED_NS:
                delays = backoff(Random(self._clock.now_ns()))
            wait_s = next(delays)
            log.warning("the process of the alerts ended", cause=self.failure, again_in_s=round(wait_s, 1))
            await asyncio.sleep(wait_s)

    def job(self) -> AlertsJob:
        """What it is told when it begins."""
        settings = self._settings
        return AlertsJob(
            venue=self._folder.name,
            folder=str(self._folder),
            database=None if settings.store.database is None else settings.store.database.reveal(),
            alerts=settings.alerts,
            link=_dashboard(settings),
            level=settings.log.level,
        )

    async def _live(self) -> int:
        """One process, until it ends; give its exit code, and say in `failure` why it ended."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=LINE_BYTES,
            # Ctrl-C is for the service, which ends its child itself.
            start_new_session=True,
            # Each thread would have a heap of its own otherwise.
            env=os.environ | {"MALLOC_ARENA_MAX": "2"},
        )
        stdin, stdout, stderr = _pipes(child)
        self.begun += 1
        try:
            with suppress(ConnectionError):
                stdin.write(alerts_job.encode(self.job()))
                await stdin.drain()
            words = self._tasks.create("alerts log", repeat(stderr, "alerts"))
            self.pid, self._stdin = child.pid, stdin
            await self._hear(stdout)
            code = await child.wait()
            self.failure = await words or f"it ended with {code}"
            return code
        finally:
            self._stdin = None
            for done in self._waiting.values():
                if not done.done():
                    done.set_exception(UnreachableError("the process that tells people ended before it had done it"))
            stdin.close()
            await end(child, _END_S)
            self.pid, self.resident = None, 0
            await self._tasks.cancel_all()

    async def _hear(self, stdout: asyncio.StreamReader) -> None:
        """Whatever it says, until it ends, or says something that is not understood."""
        try:
            while line := await stdout.readline():
                said = _SAID.decode(line)
                match said:
                    case Told():
                        self._tell(said.notification)
                    case Done():
                        done = self._waiting.get(said.number)
                        # Whoever ordered it may have gone.
                        if done is not None and not done.done():
                            done.set_result(said)
                    case AlertsFigures():
                        self.figures, self.failure = said, None
                        self._measure()
        except (ValueError, *DECODE_ERRORS) as error:
            log.error("alarm", what="the process of the alerts says something else", last=str(error)[:200])

    def _tell(self, notification: Notification) -> None:
        if notification.channel == HISTORY:
            self.recent[notification.id] = notification
        self.heard.take(notification)

    def _measure(self) -> None:
        before, self.resident = self.resident, resident(self.pid)
        if self.resident > RESIDENT_BYTES >= before:
            log.error("a bound is broken", what=f"the process of the alerts takes {format_bytes(self.resident)}")


def _dashboard(settings: Settings) -> str | None:
    """Where it is, for whoever is on this machine; None where nobody serves it, or at a port that was not known."""
    api = settings.api
    if not api.enabled or not api.port:
        return None
    host = "127.0.0.1" if api.host in _ANYWHERE else api.host
    return f"http://[{host}]:{api.port}" if ":" in host else f"http://{host}:{api.port}"


def _pipes(child: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamReader]:
    return (
        cast("asyncio.StreamWriter", child.stdin),
        cast("asyncio.StreamReader", child.stdout),
        cast("asyncio.StreamReader", child.stderr),
    )


def _tell_unheard(name: str, error: BaseException) -> None:
    log.error("alarm", what=f"{name}: the process of the alerts says something else", last=repr(error))
