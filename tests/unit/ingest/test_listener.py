import asyncio
from typing import Any

import pytest
from picows import WSMsgType, WSTransport

from tidemark.clock import EventClock
from tidemark.ingest.listener import Counters, Receiver
from tidemark.ingest.venues import registry
from tidemark.model.events import StreamGap


class Sink:
    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, int]] = []

    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        self.taken.append((connection_id, bytes(payload), ts_recv))

    def on_gap(self, gap: StreamGap) -> None:
        raise AssertionError(gap)


class Wire(asyncio.Transport):
    """Only the reading side of a transport, noting when it pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.resumed = asyncio.Event()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")
        self.resumed.set()


class Socket:
    """What a Receiver asks of a WSTransport."""

    def __init__(self) -> None:
        self.underlying_transport = Wire()
        self.is_disconnected = False


@pytest.fixture
async def parts() -> tuple[Receiver, Sink, Counters, EventClock, Any]:
    clock, sink, counters = EventClock(1000), Sink(), Counters()
    receiver = Receiver("bybit-1", sink, registry.find("bybit").parser({}), clock, counters, 0.01)
    return receiver, sink, counters, clock, Socket()


class Frame:
    """A frame that another one follows in the read buffer."""

    msg_type = WSMsgType.TEXT
    fin = True
    last_in_buffer = False

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    def get_payload_as_memoryview(self) -> memoryview:
        return memoryview(self.payload)


class Last(Frame):
    """A frame that ends its read buffer."""

    last_in_buffer = True


async def test_frames_of_one_read_share_their_receive_time(parts: Any) -> None:
    receiver, sink, counters, clock, transport = parts

    receiver.on_ws_frame(transport, Frame(b"one"))
    clock.set(2000)
    receiver.on_ws_frame(transport, Last(b"two"))

    assert sink.taken == [("bybit-1", b"one", 1000), ("bybit-1", b"two", 1000)]
    assert (counters.frames, counters.bytes) == (2, 6)


async def test_a_pong_is_handed_on_and_is_no_sign_of_life(parts: Any) -> None:
    receiver, sink, counters, clock, transport = parts
    pong = b'{"success":true,"ret_msg":"pong","op":"ping"}'
    clock.set(5 * 10**9)
    receiver.awaits_pong = True

    receiver.on_ws_frame(transport, Last(pong))
    assert counters.last_data_ns == 0
    receiver.on_ws_frame(transport, Last(b"data"))

    assert counters.last_data_ns == 5 * 10**9
    assert [payload for _, payload, _ in sink.taken] == [pong, b"data"]
    assert not receiver.awaits_pong


async def test_answers_are_kept_while_one_is_due(parts: Any) -> None:
    receiver, _, _, _, transport = parts
    answer = b'{"success":false,"op":"subscribe"}'

    receiver.on_ws_frame(transport, Last(answer))
    assert not receiver.answers
    receiver.awaits_answer = 1
    receiver.on_ws_frame(transport, Last(answer))

    assert list(receiver.answers) == [False]
    assert receiver.wake.is_set()


async def test_reading_pauses_where_data_comes_in_quick_succession(parts: Any) -> None:
    receiver, _, _, clock, transport = parts
    clock.set(10**9)
    receiver.on_ws_frame(transport, Last(b"first"))
    clock.set(10**9 + 30 * 10**6)
    receiver.on_ws_frame(transport, Last(b"30 ms later"))
    assert transport.underlying_transport.calls == []

    clock.set(10**9 + 35 * 10**6)
    receiver.on_ws_frame(transport, Last(b"5 ms later"))
    await asyncio.wait_for(transport.underlying_transport.resumed.wait(), 5)

    assert transport.underlying_transport.calls == ["pause", "resume"]


async def test_a_lost_socket_is_not_resumed(parts: Any) -> None:
    receiver, _, _, clock, transport = parts
    clock.set(10**9)
    receiver.on_ws_frame(transport, Last(b"first"))
    receiver.on_ws_frame(transport, Last(b"second"))

    receiver.on_ws_disconnected(transport)

    assert receiver._resume is not None
    assert receiver._resume.cancelled()
    assert transport.underlying_transport.calls == ["pause"]
    assert receiver.closed == "the connection was lost"
    assert receiver.wake.is_set()


def test_the_stand_in_has_what_the_receiver_uses() -> None:
    assert hasattr(WSTransport, "underlying_transport")
    assert hasattr(WSTransport, "is_disconnected")
