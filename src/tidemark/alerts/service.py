"""Everything that tells people, of one venue: what follows the log, what gathers, and one thread a sink.

`turn` does whatever is due; the process calls it twice a second, and a test whenever it likes.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

import structlog

from tidemark.alerts.gathering import Gathering
from tidemark.alerts.history import History
from tidemark.alerts.inbox import Inbox
from tidemark.alerts.orders import Orders
from tidemark.alerts.outbox import Outbox
from tidemark.alerts.pace import channel_of, history
from tidemark.alerts.scorecards import Scorecards
from tidemark.alerts.sending import Sender
from tidemark.alerts.sinks import registry
from tidemark.alerts.sinks.base import Place
from tidemark.alerts.texts import Texts
from tidemark.clock import Clock
from tidemark.live.alerts_job import AlertsFigures, AlertsJob, Said, SinkFigures, Told
from tidemark.settings.alerting import HISTORY, check, severities
from tidemark.store.database import Database
from tidemark.units import HOUR, MINUTE, SECOND

# As many as the monitor keeps.
SHOWN = 100
_TIDY_EVERY, _FIGURES_EVERY, _LOOK_EVERY = HOUR, 10 * SECOND, MINUTE
# Notifications of an hour, at most, that are forgotten: those of a year's worth go in a night.
_PIECES = 100
log = structlog.get_logger()


class Service:
    """What *job* asks for, over *database*; SettingsError where its sinks or templates are wrong.

    say: tells the monitor.
    """

    def __init__(self, job: AlertsJob, database: Database, clock: Clock, say: Callable[[Said], None]) -> None:
        settings, folder, engine = job.alerts, Path(job.folder), database.engine
        specs = check(settings)
        place = Place(folder=folder, clock=clock, say=lambda told: say(Told(notification=told)))
        sinks = {spec.name: registry.make(spec, place) for spec in specs}
        templates = None if settings.templates is None else Path(settings.templates).expanduser()
        texts = Texts(templates, settings.link or job.link, lambda words: log.warning("alarm", what=words))
        channels = (history(settings), *(channel_of(spec, settings) for spec in specs))
        random = Random(clock.now_ns())
        self._settings = settings
        self._venue = job.venue
        self._signals = folder / "signals"
        self._database = database
        self._clock = clock
        self._say = say
        self._schemes = {spec.name: spec.scheme for spec in specs}
        self._history = History(engine, job.venue)
        self._outbox = Outbox(engine, job.venue)
        self.orders = Orders(
            self._history,
            self._outbox,
            {spec.name: spec for spec in specs},
            place,
            settings.link or job.link,
            random,
            self._show_again,
        )
        self._inbox = Inbox(
            engine,
            job.venue,
            self._signals,
            channels,
            told=frozenset(settings.events),
            severities=severities(settings),
            max_age=round(settings.max_age * SECOND),
        )
        self._gathering = Gathering(engine, job.venue, channels, texts, Scorecards(engine, job.venue), random)
        self.senders = tuple(
            Sender(name, sink, self._outbox, clock, random, attempts=settings.attempts) for name, sink in sinks.items()
        )
        self._idempotent = {name: sink.is_idempotent for name, sink in sinks.items()}
        self._notifications = self._done = 0
        self._gather_at: int | None = 0
        self._tidy_at = self._tell_at = 0
        self._is_begun = False
        # Of the figures that were told last.
        self._unread: int | None = None
        self._told = 0

    def begin(self) -> None:
        """Put right what a killed process left, and say what the history has."""
        now = self._clock.now_ns()
        again, dead = self._outbox.recover(self._idempotent, now)
        abandoned = self._gathering.abandon()
        if again or dead or abandoned:
            log.warning("the process of the alerts was ended", sent_again=again, given_up=dead, abandoned=abandoned)
        self._show()

    def turn(self) -> None:
        """Do whatever is due. A failure of the database is SQLAlchemy's; the next turn does what is missing."""
        if not self._is_begun:
            self.begin()
            self._is_begun = True
        now = self._clock.now_ns()
        if self._inbox.has_more():
            self._database.load_signals(self._signals, self._venue)
            if self._inbox.read(now):
                self._gather_at = now
        if self._gather_at is not None and (self._gather_at <= now or self._gather_at > now + HOUR):
            self._gather(now)
        if not 0 < self._tidy_at - now <= _TIDY_EVERY:
            self._tidy(now)
            self._tidy_at = now + _TIDY_EVERY
        done = sum(sender.sent + sender.failed for sender in self.senders)
        if done != self._done:
            self._done = done
            self._bound()
            self._tell_at = min(self._tell_at, now)
        if not 0 < self._tell_at - now <= _FIGURES_EVERY:
            self._tell(now)

    def run_senders(self, stop: threading.Event) -> list[threading.Thread]:
        """One thread a sink, begun, until *stop*. A failure of ours in one of them goes to `threading.excepthook`."""
        threads = [
            threading.Thread(target=sender.run, args=(stop,), name=sender.channel, daemon=True)
            for sender in self.senders
        ]
        for thread in threads:
            thread.start()
        return threads

    def wake(self) -> None:
        """Let every sender look."""
        for sender in self.senders:
            sender.wake()

    def figures(self) -> AlertsFigures:
        """How it is."""
        counts = self._outbox.counts()
        return AlertsFigures(
            events=self._inbox.taken,
            late=self._inbox.late,
            notifications=self._notifications,
            unread=self._history.unread(),
            sinks=tuple(
                SinkFigures(
                    name=sender.channel,
                    scheme=self._schemes[sender.channel],
                    pending=counts.get((sender.channel, "pending"), 0) + counts.get((sender.channel, "sending"), 0),
                    dead=counts.get((sender.channel, "dead"), 0),
                    sent=sender.sent,
                    failed=sender.failed,
                    failure=sender.failure,
                )
                for sender in self.senders
            ),
        )

    def _show_again(self) -> None:
        """Something was changed by an order, in a thread of its own: the next turn tells it."""
        self._tell_at = 0
        self.wake()

    def _show(self) -> None:
        """The newest notifications, with whether they were read: those that changed nothing are known already."""
        for told in reversed(self._history.newest(SHOWN)):
            self._say(Told(notification=told))

    def _tell(self, now: int) -> None:
        # Before it looks: what changes from now on is told the next time.
        self._tell_at = now + _FIGURES_EVERY
        figures = self.figures()
        # Somebody has read some, here or with `tidemark alerts read`.
        if self._unread is not None and figures.unread < self._unread + figures.notifications - self._told:
            self._show()
        self._unread, self._told = figures.unread, figures.notifications
        self._say(figures)

    def _gather(self, now: int) -> None:
        step = self._gathering.step(now)
        # Never far away: a clock may be set.
        self._gather_at = None if step.next_at is None else min(step.next_at, now + _LOOK_EVERY)
        for made in step.made:
            if made.channel == HISTORY:
                self._notifications += 1
                self._say(Told(notification=made))
        if step.made:
            self.wake()
            self._tell_at = 0

    def _bound(self) -> None:
        removed = self._outbox.bound(self._settings.dead_letters)
        if removed:
            log.error("dead letters were removed, the oldest first", count=removed, kept=self._settings.dead_letters)

    def _tidy(self, now: int) -> None:
        self._bound()
        keep, max_age = round(self._settings.keep * SECOND), round(self._settings.max_age * SECOND)
        for _ in range(_PIECES):
            if not self._outbox.forget(now, keep=keep, max_age=max_age):
                return
