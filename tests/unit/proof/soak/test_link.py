import asyncio
import socket
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.samples import sample

from tidemark.proof.soak.link import (
    Answer,
    Ask,
    Backtest,
    Begun,
    Facts,
    Link,
    Look,
    Message,
    Over,
    Seen,
    SetClock,
    Stall,
    Stop,
)  # fmt: skip

FACTS = Facts(
    peak_rss=1, unaccounted=2, messages=3, trades=4, candles=5, gaps=6, mismatched=7, compared=8, books_out=9, stale=10,
    given_up=("a",), broken=("b",), cpu_s=1.5, waited_s=0.5, alerts_begun=11,
    alerts_resident=12, backtests=13, backtests_wrong=("c",),
)  # fmt: skip
MESSAGES: tuple[Message, ...] = (
    Ask(1, "/v5/market/kline", {"symbol": "BTCUSDT", "limit": "5"}),
    Answer(1, 200, (("x-limit", "5"),), b"{}" * 40_000),
    Answer(2, 0),
    Look(),
    Look(("dict a",)),
    Seen(sample(60.0), FACTS),
    SetClock(-7),
    Stall(0.5),
    Backtest(),
    Stop(),
    Begun(),
    Over("ValueError: no\n", ("task",)),
)


def link(heard: list[Message]) -> Link:
    return Link(heard.append, lambda: None)


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.data = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data

    def is_closing(self) -> bool:
        return False


def written() -> bytes:
    transport, speaker = Transport(), link([])
    speaker.connection_made(transport)
    for message in MESSAGES:
        speaker.say(message)
    return bytes(transport.data)


WRITTEN = written()


@given(st.lists(st.integers(0, len(WRITTEN)), max_size=40))
def test_every_message_arrives_as_it_was_however_it_is_cut(cuts: list[int]) -> None:
    heard: list[Message] = []
    listener = link(heard)
    places = sorted({0, *cuts, len(WRITTEN)})
    for begin, end in pairwise(places):
        listener.data_received(WRITTEN[begin:end])

    assert tuple(heard) == MESSAGES


async def test_the_end_is_told_and_what_is_said_after_it_goes_nowhere() -> None:
    near, far = socket.socketpair()
    ended = asyncio.Event()
    one = await Link.over(near, lambda _: None, ended.set)
    far.close()
    await asyncio.wait_for(ended.wait(), 5)
    one.say(Stop())
    one.close()


def test_what_was_never_connected_takes_words_and_an_end() -> None:
    speaker = link([])
    speaker.say(Stop())
    speaker.close()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_as_long_as_it_says(message: Message) -> None:
    transport, speaker = Transport(), link([])
    speaker.connection_made(transport)
    speaker.say(message)
    assert int.from_bytes(transport.data[:4], "little") == len(transport.data) - 4
