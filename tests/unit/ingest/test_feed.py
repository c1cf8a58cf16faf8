import asyncio
from random import Random

import pytest

from tidemark.clock import EventClock
from tidemark.errors import SettingsError
from tidemark.ingest.feed import Feed
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.model.events import StreamGap


class Sink:
    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        raise AssertionError((connection_id, bytes(payload), ts_recv))

    def on_gap(self, gap: StreamGap) -> None:
        raise AssertionError(gap)


def feed(symbols: list[str], stream: str = "") -> Feed:
    return Feed(registry.find("binance"), symbols, list(Channel), Sink(), EventClock(), print, Random(1), stream=stream)


def test_nothing_is_open_before_it_runs() -> None:
    waiting = feed(["BTCUSDT"])
    waiting.resubscribe(["BTCUSDT", "ETHUSDT"])

    assert waiting.status() == []


async def test_a_stream_that_the_venue_does_not_have_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="binance has no trade stream 'publicTrade'"):
        feed(["BTCUSDT"], "publicTrade").run(asyncio.TaskGroup())


def test_before_it_runs_there_is_nothing_to_renew_replace_or_relieve() -> None:
    waiting = feed(["BTCUSDT"])

    waiting.renew(Channel.TRADES, ["BTCUSDT"], "silent")
    waiting.replace("binance-1", "dead")
    waiting.replace_all("dead")
    waiting.shift(1)
    waiting.relieve()

    assert (waiting.carried(), waiting.relieved) == ([], 0)
