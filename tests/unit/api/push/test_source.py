from tests.unit.api.push.made import Market
from tests.unit.api.push.told import ToldTopics

from tidemark.api.push.live_topics import LiveTopic, LiveTopics
from tidemark.api.push.source import Followed, Message, Topics


def test_what_makes_topics_and_what_is_told_them_are_sources_alike() -> None:
    market = Market()
    made: Topics[LiveTopic] = LiveTopics(market.reads, market.figures(), clients=10, ledger=market.ledger)
    told: Topics[Followed] = ToldTopics()

    assert (made.usage().used, told.usage().used) == (0, 0)


def test_a_topic_that_is_made_here_needs_nothing_that_came_before() -> None:
    market = Market()
    topics = LiveTopics(market.reads, market.figures(), clients=10, ledger=market.ledger)
    live = topics.find("health", 0)

    message = topics.next(live, 10**9)

    assert message is not None
    assert message == Message(message.frame, live.seq, 0)
    assert topics.whole(live) == [topics.snapshot(live)]
