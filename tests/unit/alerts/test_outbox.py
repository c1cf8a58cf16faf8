from random import Random

import sqlalchemy as sa
from tests.alerting import AT, Desk, desk, event, tables

from tidemark.alerts.outbox import MAY_HAVE_ARRIVED, Letter, delay_ns
from tidemark.store.tables import ALERT_KEYS, NOTIFICATIONS, OUTBOX
from tidemark.units import DAY, HOUR, SECOND


def filled(*rules: str, sinks: tuple[str, ...] = ("phone file:x",)) -> Desk:
    """Notifications on their way, one after the other, of these rules."""
    one = desk(tables(), *sinks, window=0.0, cooldown=0.0)
    for number, rule in enumerate(rules):
        one.put([event(number, rule=rule)], AT)
        one.gathering.step(AT)
    return one


def taken(one: Desk, now: int = AT, channel: str = "phone") -> Letter:
    letter = one.outbox.take(channel, now)
    assert letter is not None
    return letter


def test_what_is_sent_is_over() -> None:
    one = filled("confluence")
    letter = taken(one)
    assert one.outbox.counts() == {("phone", "sending"): 1}
    assert one.outbox.take("phone", AT) is None
    one.outbox.sent(letter.number, AT)

    assert (letter.message.attempt, letter.message.rich[:3]) == (1, "<p>")
    assert one.outbox.counts() == {("phone", "sent"): 1}
    assert (one.outbox.take("phone", AT), one.outbox.next_at("phone")) == (None, None)


def test_order_is_kept_within_a_group_and_others_do_not_wait() -> None:
    one = filled("confluence", "confluence", "whale_flow")
    first = taken(one)
    one.outbox.failed(first.number, AT, AT + 5 * SECOND, "down")
    other = taken(one)

    assert other.message.notification.rules == ("whale_flow",)
    one.outbox.sent(other.number, AT)
    assert one.outbox.take("phone", AT + 4 * SECOND) is None
    assert one.outbox.next_at("phone") == AT + 5 * SECOND
    again = taken(one, AT + 5 * SECOND)
    assert (again.number, again.message.attempt) == (first.number, 2)
    one.outbox.sent(again.number, AT)
    assert taken(one).message.notification.symbols == ("S1USDT",)


def test_what_is_given_up_is_listed_and_can_be_resent() -> None:
    one = filled("confluence", "confluence", "confluence")
    for _ in range(3):
        one.outbox.died(taken(one).number, AT + SECOND, "no " * 500)

    newest, *_, oldest = one.outbox.dead(10)
    assert (newest.channel, newest.attempts, newest.at, newest.title) == (
        "phone",
        1,
        AT + SECOND,
        "S2USDT: Confluence long",
    )
    assert len(newest.error) == 300
    assert len(one.outbox.dead(2)) == 2
    assert one.outbox.resend([oldest.number, 999], AT) == 1
    assert taken(one).message.notification.id == oldest.notification
    assert one.outbox.resend(None, AT) == 2
    assert one.outbox.dead(10) == []


def test_dead_letters_are_bounded_and_the_oldest_go_first() -> None:
    one = filled(*["confluence"] * 5)
    for _ in range(5):
        one.outbox.died(taken(one).number, AT, "no")

    assert one.outbox.bound(3) == 2
    assert [letter.title[:2] for letter in one.outbox.dead(10)] == ["S4", "S3", "S2"]
    assert one.outbox.bound(3) == 0


def test_after_a_crash_only_an_idempotent_sink_is_sent_the_same_again() -> None:
    one = filled("confluence", sinks=("phone ntfy://x", "log file:x", "old file:y"))
    for channel in ("phone", "log"):
        taken(one, channel=channel)

    assert one.outbox.recover({"phone": False, "log": True}, AT) == (1, 2)
    assert taken(one, channel="log").message.attempt == 2
    errors = {letter.channel: letter.error for letter in one.outbox.dead(10)}
    assert errors == {"phone": MAY_HAVE_ARRIVED, "old": "its sink is not configured any more"}


def test_a_clock_that_was_put_back_makes_nothing_wait() -> None:
    one = filled("confluence")
    one.outbox.failed(taken(one).number, AT, AT + 2 * DAY, "down")

    assert taken(one).message.attempt == 2


def test_what_is_old_is_forgotten_but_not_what_is_on_its_way() -> None:
    one = filled("confluence", "whale_flow", "quiet_pause")
    sent, dead = taken(one), taken(one)
    one.outbox.sent(sent.number, AT)
    one.outbox.died(dead.number, AT, "no")
    with one.engine.begin() as connection:
        connection.execute(
            sa.insert(ALERT_KEYS),
            [{"venue": "bybit", "key": "old", "at": AT}, {"venue": "bybit", "key": "new", "at": AT + 40 * HOUR}],
        )
    assert one.outbox.forget(AT + HOUR, keep=DAY, max_age=HOUR) == 0

    # Of the three of the history, and of the one that was sent.
    assert one.outbox.forget(AT + 48 * HOUR, keep=DAY, max_age=HOUR) == 4
    assert [row.state for row in one.rows(OUTBOX)] == ["dead", "pending"]
    assert {row.channel for row in one.rows(NOTIFICATIONS)} == {"phone"}
    assert [row.key for row in one.rows(ALERT_KEYS)] == ["new"]


def test_attempts_come_ever_later_and_at_least_once_an_hour() -> None:
    random = Random(1)
    delays = [delay_ns(attempt, random) / SECOND for attempt in range(1, 40)]

    assert 2.5 <= delays[0] <= 5.0
    assert all(1800.0 <= delay <= 3600.0 for delay in delays[11:])
    assert all(5.0 * 2**n / 2 <= delay <= 5.0 * 2**n for n, delay in enumerate(delays[:9]))
