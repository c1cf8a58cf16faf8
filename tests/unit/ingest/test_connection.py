from random import Random

import pytest

from tidemark.clock import EventClock
from tidemark.ingest.connection import Connection, Policy, State
from tidemark.ingest.gaps import Doubt
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.model.events import StreamGap


class Sink:
    def __init__(self) -> None:
        self.gaps: list[StreamGap] = []

    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        raise AssertionError((connection_id, bytes(payload), ts_recv))

    def on_gap(self, gap: StreamGap) -> None:
        self.gaps.append(gap)


@pytest.fixture
def connection() -> Connection:
    venue = registry.find("bybit")
    (socket,) = venue.sockets(["BTCUSDT", "ETHUSDT"], [Channel.TRADES, Channel.KLINES])
    return Connection("bybit-1", venue, socket, Sink(), EventClock(9), print, Random(1), policy=Policy())


def test_status_before_the_first_attempt(connection: Connection) -> None:
    status = connection.status()

    assert (status.connection_id, status.url) == ("bybit-1", "wss://stream.bybit.com/v5/public/linear")
    assert (status.state, status.since_ns, status.topics) == (State.CONNECTING, 9, 4)
    assert (status.frames, status.bytes, status.reconnects, status.failures) == (0, 0, 0, 0)
    assert status.last_frame_age_s is None


def test_topics_can_change_before_it_runs(connection: Connection) -> None:
    (other,) = registry.find("bybit").sockets(["XRPUSDT"], [Channel.TRADES])

    connection.change(other.topics, connection.topics[:2])

    assert [topic.name for topic in connection.topics] == [
        "kline.1.BTCUSDT",
        "kline.1.ETHUSDT",
        "publicTrade.XRPUSDT",
    ]


def test_without_a_socket_there_is_nothing_to_renew_or_replace(connection: Connection) -> None:
    connection.renew([Doubt(connection.topics[0], 5)], "silent")
    connection.replace([Doubt(connection.topics[0], 5)], "dead")
    connection.shift(100)

    sink = connection._sink
    assert isinstance(sink, Sink)
    assert (sink.gaps, connection.age_s, connection.status().since_ns) == ([], 0.0, 109)
