"""Sends to one sink what is on its way there, in order, in a thread of its own: a slow one delays no other."""

import threading
from collections.abc import Callable
from random import Random

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tidemark.alerts.outbox import Outbox, delay_ns
from tidemark.alerts.sinks.base import Sink
from tidemark.clock import Clock
from tidemark.errors import SinkError
from tidemark.store.tables import line_of
from tidemark.units import SECOND

# So often somebody looks whether another process has put something into the outbox, such as `tidemark alerts resend`.
_LOOK_S = 10.0
# After a failure of the database.
_PAUSE_S = 5.0
log = structlog.get_logger()


class Sender:
    """Sends to *sink* what the outbox has for *channel*, each at most *attempts* times.

    `sent`, `failed` and `dead` count since the start; `failure` says why the last attempt failed, None when it did not.
    """

    def __init__(
        self, channel: str, sink: Sink, outbox: Outbox, clock: Clock, random: Random, *, attempts: int
    ) -> None:
        self.channel = channel
        self.sent = self.failed = self.dead = 0
        self.failure: str | None = None
        self._sink = sink
        self._outbox = outbox
        self._clock = clock
        self._random = random
        self._attempts = attempts
        self._woken = threading.Event()
        # What became of the last one, where the database did not take it yet: nothing is sent before it has.
        self._owed: Callable[[], None] | None = None

    def wake(self) -> None:
        """Something may be there to send."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Send until *stop*."""
        while not stop.is_set():
            try:
                wait_s = self.step()
            except SQLAlchemyError as error:
                log.warning("failed, trying again", task=f"send to {self.channel}", cause=line_of(error))
                wait_s = _PAUSE_S
            if wait_s > 0:
                self._woken.wait(min(wait_s, _LOOK_S))
            self._woken.clear()

    def step(self) -> float:
        """Send the next one; give how many seconds to wait for the one after it."""
        self._pay()
        now = self._clock.now_ns()
        letter = self._outbox.take(self.channel, now)
        if letter is None:
            next_at = self._outbox.next_at(self.channel)
            return _LOOK_S if next_at is None else max(0.05, (next_at - now) / SECOND)
        try:
            self._sink.send(letter.message)
        except SinkError as error:
            self._owed = self._give_up(letter.number, letter.message.attempt, error)
        else:
            self._owed = lambda: self._outbox.sent(letter.number, self._clock.now_ns())
            self.sent += 1
            if self.failure is not None:
                log.info("a sink takes notifications again", sink=self.channel)
            self.failure = None
        self._pay()
        return 0.0

    def _pay(self) -> None:
        if self._owed is not None:
            self._owed()
            self._owed = None

    def _give_up(self, number: int, attempt: int, error: SinkError) -> Callable[[], None]:
        """What is to be written of a failure: another attempt, or none."""
        words = str(error)
        if self.failure is None:
            log.warning("a sink does not take notifications", sink=self.channel, cause=words)
        self.failure = words
        self.failed += 1
        now = self._clock.now_ns()
        if not error.retry or attempt >= self._attempts:
            self.dead += 1
            log.error("a notification was given up", sink=self.channel, attempts=attempt, cause=words)
            return lambda: self._outbox.died(number, now, words)
        after = delay_ns(attempt, self._random)
        if error.retry_after_s is not None:
            after = max(after, round(error.retry_after_s * SECOND))
        return lambda: self._outbox.failed(number, now, now + after, words)
