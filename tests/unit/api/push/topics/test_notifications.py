from dataclasses import replace
from pathlib import Path

import msgspec
from tests.alerting import notification
from tests.unit.api.push.made import Market

from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.base import Topic
from tidemark.api.push.topics.notifications import Kind, NotificationsDelta, NotificationsSnapshot
from tidemark.clock import SystemClock
from tidemark.live.alerting import Alerting
from tidemark.live.heard import HEARD
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import MOST_NAMED, Notification
from tidemark.settings.settings import load

AT = Stamp("notifications", 2, 5)
# Of a message, far below what may wait for a client.
MOST_BYTES = 256 * 1024


def alerting(*told: Notification) -> Alerting:
    settings = load(None, {}, {"alerts.sinks": "screens browser:"}).settings
    made = Alerting(settings, Path("bybit"), SystemClock(), Ledger())
    hear(made, *told)
    return made


def hear(made: Alerting, *told: Notification) -> None:
    for one in told:
        made._tell(one)


def topic(made: Alerting | None) -> Topic:
    market = Market()
    return Kind(replace(market.reads, alerting=made), market.figures()).open({})


def test_it_begins_with_the_newest_fifty() -> None:
    told = [notification(number, channel="history", at=number * 1_000_000) for number in range(60)]
    opened = topic(alerting(*told, notification(99, channel="screens")))

    whole = opened.whole(AT)

    assert isinstance(whole, NotificationsSnapshot)
    assert [one.at_ms for one in whole.told] == list(range(59, 9, -1))
    assert [one.id for one in whole.shown] == [notification(99).id]
    assert opened.change(AT) is None


def test_each_is_told_once_and_those_for_browsers_apart() -> None:
    made = alerting(notification(0, channel="history"))
    opened = topic(made)
    hear(made, notification(1, channel="history"), notification(2, channel="screens"))
    hear(made, notification(1, channel="history"), notification(2, channel="screens"))

    told = opened.change(AT)

    assert isinstance(told, NotificationsDelta)
    assert [one.id for one in told.told] == [notification(1).id]
    assert [(one.id, one.severity, one.title) for one in told.shown] == [
        (notification(2).id, "warning", "Confluence long: BTCUSDT")
    ]
    assert opened.change(AT) is None


def test_that_one_was_read_is_told() -> None:
    made = alerting(notification(1, channel="history"))
    opened = topic(made)
    hear(made, notification(1, channel="history", read_at=7_000_000))

    told = opened.change(AT)

    assert isinstance(told, NotificationsDelta)
    assert [one.read_ms for one in told.told] == [7]


def test_messages_are_short_however_long_they_are() -> None:
    symbols = tuple(f"{n:040d}" for n in range(MOST_NAMED))
    made = alerting()
    opened = topic(made)
    for number in range(120):
        channel = ("history", "screens")[number % 2]
        hear(made, notification(number, channel=channel, title="水" * 900, text="水" * 900, symbols=symbols))
    messages = []
    while (message := opened.change(AT)) is not None:
        assert isinstance(message, NotificationsDelta)
        messages.append(message)

    assert sum(len(one.told) for one in messages) == sum(len(one.shown) for one in messages) == 60
    assert max(len(msgspec.json.encode(one)) for one in [*messages, opened.whole(AT)]) < MOST_BYTES


def test_who_could_not_be_told_of_all_gets_the_newest() -> None:
    made = alerting()
    opened = topic(made)
    hear(made, *(notification(number, channel="screens") for number in range(HEARD + 1)))

    assert isinstance(opened.change(AT), NotificationsSnapshot)
    assert opened.change(AT) is None


def test_where_nobody_is_told_it_says_nothing() -> None:
    opened = topic(None)

    assert opened.change(AT) is None
    assert opened.whole(AT) == NotificationsSnapshot(topic="notifications", seq=2, ts=5, told=(), shown=())
