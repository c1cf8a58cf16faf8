import threading
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from tests.alerting import AT, Desk, desk, event, tables

from tidemark.alerts.outbox import Outbox
from tidemark.alerts.sending import Sender
from tidemark.alerts.sinks.base import Message
from tidemark.clock import EventClock, SystemClock
from tidemark.errors import SinkError, SinkRefusedError
from tidemark.store.tables import OUTBOX
from tidemark.units import HOUR, SECOND


class Taker:
    """A sink that fails as often as it is told to."""

    is_idempotent = True
    is_of_monitor = False

    def __init__(self, *failures: SinkError) -> None:
        self.failures = list(failures)
        self.taken: list[Message] = []

    def send(self, message: Message) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(message)


def waiting(count: int = 1, rule: str = "confluence") -> Desk:
    one = desk(tables(), "phone file:x", window=0.0, cooldown=0.0)
    for number in range(count):
        one.put([event(number, rule=rule)], AT)
        one.gathering.step(AT)
    return one


def sender(one: Desk, sink: Taker, clock: EventClock, attempts: int = 3) -> Sender:
    return Sender("phone", sink, one.outbox, clock, Random(1), attempts=attempts)


def test_what_waits_is_sent_in_order() -> None:
    one, sink = waiting(3), Taker()
    made = sender(one, sink, EventClock(AT))

    assert [made.step() for _ in range(4)] == [0.0, 0.0, 0.0, 10.0]
    assert [message.notification.symbols for message in sink.taken] == [("S0USDT",), ("S1USDT",), ("S2USDT",)]
    assert (made.sent, made.failed, made.failure) == (3, 0, None)


def test_a_failure_is_tried_again_later_with_the_same_notification() -> None:
    one, sink, clock = waiting(), Taker(SinkError("down")), EventClock(AT)
    made = sender(one, sink, clock)
    made.step()
    failure = made.failure

    assert failure == "down"
    assert 2.0 < made.step() <= 5.0
    clock.set(AT + 5 * SECOND)
    made.step()
    assert [message.attempt for message in sink.taken] == [2]
    assert (made.sent, made.failed, made.dead) == (1, 1, 0)
    assert sender(one, sink, clock).failure is None


def test_who_asks_for_patience_has_it() -> None:
    one, sink, clock = waiting(), Taker(SinkError("wait", 600)), EventClock(AT)
    made = sender(one, sink, clock)
    made.step()

    assert made.step() == 600.0


def test_what_is_refused_or_fails_too_often_is_a_dead_letter_and_the_next_one_goes_on() -> None:
    one, sink = waiting(3), Taker(SinkRefusedError("gone"), *[SinkError("down")] * 3)
    clock = EventClock(AT)
    made = sender(one, sink, clock)
    for hour in range(6):
        clock.set(AT + hour * HOUR)
        made.step()

    assert [(letter.error, letter.attempts) for letter in one.outbox.dead(10)] == [("down", 3), ("gone", 1)]
    assert (len(sink.taken), made.sent, made.failed, made.dead) == (1, 1, 4, 2)


def test_what_was_sent_is_not_sent_again_when_the_database_fails_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    one, sink = waiting(2), Taker()
    made = sender(one, sink, EventClock(AT))

    def broken(*_: object) -> None:
        raise OperationalError("update", {}, Exception("disk full"))

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "sent", broken)
        for _ in range(3):
            with pytest.raises(OperationalError):
                made.step()
    made.step()

    assert [message.attempt for message in sink.taken] == [1, 1]
    assert one.outbox.counts() == {("phone", "sent"): 2}


def test_a_thread_sends_what_it_is_woken_for_and_ends_when_it_is_told(tmp_path: Path) -> None:
    engine = tables(f"sqlite:///{tmp_path}/a.db")
    one = desk(engine, "phone file:x", window=0.0, cooldown=0.0)
    stop, arrived = threading.Event(), threading.Event()

    class Waited(Taker):
        def send(self, message: Message) -> None:
            arrived.set()

    made = Sender("phone", Waited(), one.outbox, SystemClock(), Random(1), attempts=3)
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    one.put([event()], AT)
    one.gathering.step(AT)
    made.wake()

    assert arrived.wait(10.0)
    stop.set()
    made.wake()
    thread.join(10.0)
    assert not thread.is_alive()
    assert one.outbox.counts() == {("phone", "sent"): 1}


def test_ten_thousand_against_a_sink_that_fails_are_all_kept_and_few_are_in_memory() -> None:
    """One page of the outbox is one row: what the process holds does not depend on how many wait."""
    import tracemalloc

    one, sink, clock = waiting(), Taker(*[SinkError("down")] * 50), EventClock(AT)
    with one.engine.begin() as connection:
        (row,) = connection.execute(sa.select(OUTBOX)).mappings()
        rest = {name: value for name, value in row.items() if name != "number"}
        connection.execute(sa.insert(OUTBOX), [{**rest, "group_key": f"g{number % 20}"} for number in range(9_999)])
    made = sender(one, sink, clock, attempts=100)
    made.step()
    tracemalloc.start()
    for second in range(49):
        clock.set(AT + second * HOUR)
        made.step()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert sum(one.outbox.counts().values()) == 10_000
    assert (made.failed, made.dead) == (50, 0)
    assert grown < 256 * 1024


@given(
    rules=st.lists(st.sampled_from(["confluence", "whale_flow", "quiet_pause"]), max_size=15),
    fails=st.lists(st.booleans(), max_size=40),
)
@settings(max_examples=15, deadline=None)
def test_whatever_fails_in_between_each_arrives_once_and_in_the_order_of_its_group(
    rules: list[str], fails: list[bool]
) -> None:
    one = desk(tables(), "phone file:x rate=3600", window=0.0, cooldown=0.0)
    for number, rule in enumerate(rules):
        one.put([event(number, rule=rule)], AT)
        one.gathering.step(AT)
    arrived: list[tuple[str, str]] = []
    left = list(fails)

    class Flaky(Taker):
        def send(self, message: Message) -> None:
            if left and left.pop():
                raise SinkError("down")
            arrived.append((message.notification.rules[0], message.notification.symbols[0]))

    clock = EventClock(AT)
    made = sender(one, Flaky(), clock, attempts=100)
    while one.outbox.next_at("phone") is not None:
        clock.set(clock.now_ns() + HOUR if made.step() > 0 else clock.now_ns())

    expected = [(rule, f"S{number}USDT") for number, rule in enumerate(rules)]
    assert sorted(arrived) == sorted(expected)
    for rule in set(rules):
        assert [told for told in arrived if told[0] == rule] == [told for told in expected if told[0] == rule]
