"""What a monitor would tell of a topic, in its words."""

import msgspec

from tidemark.serve.relay.heard import heard
from tidemark.serve.relay.topics import RelayTopics

CANDLE = "candle.BTCUSDT.1m"
BOOK = "book.BTCUSDT"


def words(kind: str, topic: str, seq: int, **fields: object) -> bytes:
    return msgspec.json.encode({"type": kind, "topic": topic, "seq": seq, "ts": 1} | fields)


async def tell(topics: RelayTopics, kind: str, topic: str, seq: int, **fields: object) -> bytes:
    """Tell *topics* a message; give its words."""
    payload = words(kind, topic, seq, **fields)
    await topics.take(heard(payload), payload)
    return payload
