import json
from typing import Any

import pytest
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import FakePipe, Market, frames_of

from tidemark.api.push.client import Client
from tidemark.api.push.live_topics import LiveTopics
from tidemark.api.push.replay import AGE_NS
from tidemark.api.push.topics.score import Kind as Score
from tidemark.errors import RequestError
from tidemark.model.events import Delisting
from tidemark.units import MILLISECOND, MINUTE, SECOND

START_SEQ = MIDNIGHT // MILLISECOND


def topics(market: Market) -> LiveTopics:
    return LiveTopics(market.reads, market.figures(), clients=10, ledger=market.ledger)


def told(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    ((_, payload),) = frames_of(frame)[0]
    found: dict[str, Any] = json.loads(payload)
    return found


def somebody() -> Client:
    return Client(FakePipe(), 0, is_authenticated=True)


def test_a_topic_starts_at_the_time_so_that_no_number_of_before_is_one_of_now() -> None:
    market = Market()
    made = topics(market)

    live = made.find("overview", 0)

    assert live.seq == START_SEQ
    assert told(made.snapshot(live))["seq"] == START_SEQ
    assert made.find("overview", 0) is live
    assert made.missed(live, START_SEQ - 1) is None
    assert made.missed(live, START_SEQ) == []


def test_a_topic_that_lives_again_while_the_clock_was_set_back_goes_on_counting() -> None:
    market = Market()
    made = topics(market)
    live = made.find("memory", 0)
    live.seq += 10**9
    made.end(live)

    assert made.find("memory", 0).seq == START_SEQ + 10**9 + 1


def test_each_change_has_the_next_number_and_can_be_replayed() -> None:
    market = Market()
    made = topics(market)
    live = made.find("overview", 0)

    frames = []
    for number in range(3):
        market.trade(T(number, 100.0 + number))
        frames.append(made.advance(live, 0))

    assert [told(frame)["seq"] - START_SEQ for frame in frames] == [1, 2, 3]
    assert made.missed(live, START_SEQ + 1) == frames[1:]
    assert told(made.snapshot(live))["seq"] == START_SEQ + 3
    assert made.advance(live, 0) is None
    assert live.seq == START_SEQ + 3


def test_a_snapshot_is_encoded_once_for_all_who_ask_for_it() -> None:
    made = topics(Market())
    live = made.find("health", 0)

    first = made.snapshot(live)
    assert made.snapshot(live) is first
    made.advance(live, 0)

    assert made.snapshot(live) is not first


def test_of_a_topic_whose_messages_are_whole_none_is_replayed() -> None:
    made = topics(Market())
    live = made.find("health", 0)
    made.advance(live, 0)
    made.advance(live, 0)

    assert made.missed(live, live.seq - 1) is None
    assert made.missed(live, live.seq) == []


def test_a_snapshot_in_the_place_of_a_delta_ends_what_can_be_replayed() -> None:
    market = Market()
    made = topics(market)
    live = made.find("overview", 0)
    market.trade(T(1, 100.0))
    made.advance(live, 0)

    market.list("NEWUSDT")
    frame = made.advance(live, 0)

    assert told(frame)["type"] == "snapshot"
    assert made.missed(live, START_SEQ) is None
    assert made.snapshot(live) is frame


def test_a_topic_is_due_at_its_period_while_somebody_receives_it() -> None:
    market = Market()
    made = topics(market)
    live = made.find("overview", 0)
    assert made.next_due_ns() is None
    assert made.due(10 * SECOND) == []

    live.clients[somebody()] = None

    assert made.next_due_ns() == 250 * MILLISECOND
    assert made.due(249 * MILLISECOND) == []
    assert made.due(250 * MILLISECOND) == [live]
    made.advance(live, 260 * MILLISECOND)
    assert made.next_due_ns() == 500 * MILLISECOND
    # Who was held up goes on from there, and does not run after what was missed.
    made.advance(live, 5 * SECOND)
    assert made.next_due_ns() == 5 * SECOND + 125 * MILLISECOND


def test_when_memory_is_short_messages_come_more_seldom() -> None:
    market = Market()
    made = topics(market)
    live = made.find("health", 0)
    live.clients[somebody()] = None
    market.is_conflated = True

    made.advance(live, SECOND)

    assert made.next_due_ns() == 6 * SECOND


def test_a_topic_that_nobody_receives_any_more_stays_for_a_quarter_of_an_hour() -> None:
    market = Market()
    made = topics(market)
    live = made.find("overview", 0)
    other = made.find("health", 0)
    other.clients[somebody()] = None
    live.left_ns = MINUTE

    made.expire(AGE_NS + MINUTE)
    assert made.get("overview") is live
    made.expire(AGE_NS + MINUTE + 1)

    assert made.get("overview") is None
    assert made.get("health") is other


def test_there_are_so_many_topics_of_a_kind_and_the_one_that_was_left_first_gives_way() -> None:
    market = Market([f"M{n}USDT" for n in range(Score.MOST + 2)], series=Score.MOST + 2)
    made = topics(market)
    live = [made.find(f"score.M{n}USDT", n) for n in range(Score.MOST)]
    for one in live[1:]:
        one.clients[somebody()] = None

    made.find(f"score.M{Score.MOST}USDT", 0).clients[somebody()] = None

    assert made.get("score.M0USDT") is None
    with pytest.raises(RequestError, match="40 topics like score"):
        made.find(f"score.M{Score.MOST + 1}USDT", 0)
    assert (made.usage().used, made.usage().rejected) == (Score.MOST, 1)


@pytest.mark.parametrize("name", ["", "signals", "score", "candle.BTCUSDT.7m", "book.DOGEUSDT", "x" * 120])
def test_what_is_no_topic_is_refused(name: str) -> None:
    made = topics(Market())

    with pytest.raises(RequestError):
        made.find(name, 0)

    assert made.usage().used == 0


def test_a_topic_ends_with_its_market() -> None:
    market = Market()
    made = topics(market)
    live = made.find("book.BTCUSDT", 0)

    market.tell(Delisting(ts_event=1, ts_recv=1, symbol="BTCUSDT"))
    with pytest.raises(RequestError, match="not watched"):
        made.advance(live, 0)
    made.end(live)

    assert made.get("book.BTCUSDT") is None


def test_it_takes_what_was_planned() -> None:
    market = Market()
    figures = market.figures()
    before = len(market.ledger.owners())

    LiveTopics(market.reads, figures, clients=10, ledger=market.ledger)

    listed = {owner.reservation.owner: owner.reservation for owner in market.ledger.owners()[before:]}
    assert listed == {planned.owner: planned for planned in LiveTopics.reserve(clients=10)}
