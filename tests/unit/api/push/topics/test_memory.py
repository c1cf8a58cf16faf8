from tests.unit.api.push.made import Market, Said

from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.memory import Kind, MemoryDelta, MemorySnapshot


def test_each_message_is_what_rest_gives() -> None:
    market = Market()
    topic = Kind(market.reads, market.figures()).open({})
    market.said = 7

    assert topic.change(Stamp("memory", 2, 5)) == MemoryDelta(topic="memory", seq=2, ts=5, memory=Said(7))
    assert topic.whole(Stamp("memory", 2, 5)) == MemorySnapshot(topic="memory", seq=2, ts=5, memory=Said(7))
