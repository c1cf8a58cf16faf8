"""The process of the alerts is killed between any two of its statements: nothing is lost, and nothing doubled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alerting import AT, VENUE, desk, signal, tables

from tidemark.alerts.inbox import Inbox
from tidemark.alerts.outbox import MAY_HAVE_ARRIVED
from tidemark.alerts.sending import Sender
from tidemark.alerts.sinks.base import Message
from tidemark.clock import EventClock
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import Notification
from tidemark.model.signal import Signal
from tidemark.store import signal_rows
from tidemark.store.signal_log import SignalLog
from tidemark.store.tables import NOTIFICATIONS
from tidemark.units import HOUR, MIB, SECOND


class Killed(BaseException):
    """As by the system: nothing catches it."""


class Killer:
    """Kills when so many statements, commits and deliveries were seen; half of them before they take effect."""

    def __init__(self, after: int | None) -> None:
        self.left = after

    def pass_by(self, *_: Any) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed


class Receiver:
    """A sink that remembers by id, or one that does not; both may be killed before and behind what they do."""

    is_of_monitor = False

    def __init__(self, killer: Killer, arrived: list[Notification], *, is_idempotent: bool) -> None:
        self.is_idempotent = is_idempotent
        self._killer = killer
        self._arrived = arrived

    def send(self, message: Message) -> None:
        self._killer.pass_by()
        self._arrived.append(message.notification)
        self._killer.pass_by()


@contextmanager
def killing(engine: sa.Engine, killer: Killer) -> Iterator[None]:
    def pass_by_statement(_: object, cursor: Any, *__: object) -> None:
        try:
            killer.pass_by()
        except Killed:
            # What a killed process had open, the system closes.
            cursor.close()
            raise

    events: list[tuple[str, Callable[..., None]]] = [
        ("before_cursor_execute", pass_by_statement),
        ("after_cursor_execute", pass_by_statement),
        ("commit", killer.pass_by),
    ]
    for name, listener in events:
        sa.event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in events:
            sa.event.remove(engine, name, listener)


def life(engine: sa.Engine, folder: Path, killer: Killer, arrived: dict[str, list[Notification]], seed: int) -> None:
    """One process, from its start until nothing is left to do, or until it is killed."""
    one = desk(engine, "sure file:x", "unsure ntfy://x", seed=seed, window=0.0, cooldown=0.0)
    inbox = Inbox(engine, VENUE, folder, one.channels, told=frozenset({"raised"}), severities={}, max_age=HOUR)
    sinks = {name: Receiver(killer, arrived[name], is_idempotent=name == "sure") for name in ("sure", "unsure")}
    clock = EventClock(AT)
    one.outbox.recover({name: sink.is_idempotent for name, sink in sinks.items()}, AT)
    inbox.read(AT)
    one.gathering.step(AT)
    for name, sink in sinks.items():
        sender = Sender(name, sink, one.outbox, clock, Random(seed), attempts=50)
        while sender.step() == 0.0:
            clock.set(clock.now_ns() + SECOND)


RULES = ("confluence", "whale_flow", "quiet_pause")


@given(
    rounds=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
@settings(max_examples=25, deadline=None)
def test_nothing_is_lost_and_nothing_doubled_wherever_the_process_is_killed(
    rounds: list[tuple[int, int]], seed: int
) -> None:
    """Before each round some signals are logged; its process is killed after so many steps; the last one lives."""
    random = Random(seed)
    arrived: dict[str, list[Notification]] = {"sure": [], "unsure": []}
    raised: list[Signal] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        engine = tables(f"sqlite:///{folder}/a.db")
        for number, (count, killed_after) in enumerate([*rounds, (0, None)]):
            new = [
                signal(id=f"{number}-{n}", rule=random.choice(RULES), symbol=f"S{number}-{n}USDT") for n in range(count)
            ]
            raised += new
            SignalLog(folder / "signals", MIB, Ledger()).offer(new)
            with engine.begin() as connection:
                signal_rows.put(connection, VENUE, new)
            killer = Killer(killed_after)
            try:
                with killing(engine, killer):
                    life(engine, folder / "signals", killer, arrived, seed + number)
            except Killed:
                pass
        one = desk(engine, "sure file:x", "unsure ntfy://x")
        rows = one.rows(NOTIFICATIONS)
        dead = one.outbox.dead(1000)
        engine.dispose()

    symbols = sorted(one.symbol for one in raised)
    for channel in ("history", "sure", "unsure"):
        told = [msgspec.json.decode(row.record, type=Notification) for row in rows if row.channel == channel]
        assert sorted(symbol for one in told for symbol in one.symbols) == symbols, channel
        assert sum(one.count for one in told) == len(symbols)
        if channel == "sure":
            # It may be sent the same twice, and knows it by its id.
            assert {one.id for one in arrived["sure"]} == {one.id for one in told}
        if channel == "unsure":
            ids = [one.id for one in arrived["unsure"]]
            assert len(set(ids)) == len(ids)
            assert {one.notification for one in dead} | set(ids) == {one.id for one in told}
    assert {one.error for one in dead} <= {MAY_HAVE_ARRIVED}
    assert {one.channel for one in dead} <= {"unsure"}
