from dataclasses import replace

import msgspec
import pytest
from tests.signal_records import moved, outcome, signal, story
from tests.unit.api.push.made import Market

from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.signals import Kind, SignalsDelta, SignalsSnapshot
from tidemark.errors import RequestError
from tidemark.memory.ledger import Ledger
from tidemark.signals.recent import TOLD, RecentSignals

AT = Stamp("signals", 2, 5)
# Of a message, far below what may wait for a client.
MOST_BYTES = 128 * 1024


def kind(recent: RecentSignals | None) -> Kind:
    market = Market()
    return Kind(replace(market.reads, recent=recent), market.figures())


def test_it_begins_with_the_newest_fifty_and_where_they_stand() -> None:
    recent = RecentSignals(Ledger())
    recent.take([one for number in range(60) for one in story(number)])
    topic = kind(recent).open({})

    whole = topic.whole(AT)

    assert isinstance(whole, SignalsSnapshot)
    assert [one.id for one in whole.signals] == [signal(number).id for number in range(59, 9, -1)]
    assert {(one.stage, one.net_r) for one in whole.signals} == {("target", 1.92)}
    assert topic.change(AT) is None


def test_every_record_is_told_once_in_its_order() -> None:
    recent = RecentSignals(Ledger())
    topic = kind(recent).open({})
    against = outcome(signal(1), -1.0, is_null=True)
    recent.take([*story(1), against, signal(2, is_trade=False, rule="feed_quality", name="stale")])

    told = topic.change(AT)

    assert isinstance(told, SignalsDelta)
    assert [(one.id, one.stage) for one in told.signals] == [
        (signal(1).id, "pending"), (signal(2, rule="feed_quality", name="stale").id, "active"),
    ]  # fmt: skip
    assert [one.reason for one in told.moves] == ["entered", "first_target", "last_target"]
    assert [(one.of, one.is_null, one.net_r) for one in told.outcomes] == [
        (signal(1).id, False, 1.92), (signal(1).id, True, -1.0),
    ]  # fmt: skip
    assert topic.change(AT) is None


def test_a_burst_comes_in_messages_that_a_client_can_take() -> None:
    recent = RecentSignals(Ledger())
    topic = kind(recent).open({})
    recent.take([one for number in range(50) for one in story(number)])
    told = []
    while (message := topic.change(AT)) is not None:
        assert isinstance(message, SignalsDelta)
        assert len(msgspec.json.encode(message)) < MOST_BYTES
        told.append(message)

    assert len(told) == 3
    assert sum(len(one.signals) for one in told) == 50
    assert sum(len(one.moves) for one in told) == 150


def test_who_could_not_be_told_of_all_gets_the_newest() -> None:
    recent = RecentSignals(Ledger())
    topic = kind(recent).open({})
    recent.take([signal(0), *(moved(signal(0), minute) for minute in range(TOLD))])

    assert isinstance(topic.change(AT), SignalsSnapshot)
    assert topic.change(AT) is None
    recent.take([signal(1)])
    assert isinstance(topic.change(AT), SignalsDelta)


def test_where_nothing_is_signalled_there_is_none() -> None:
    with pytest.raises(RequestError, match="nothing is signalled"):
        kind(None).open({})
