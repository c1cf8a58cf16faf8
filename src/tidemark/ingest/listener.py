"""The receiving end of one WebSocket: hands each message on while it lies in the read buffer."""

import asyncio
from collections import deque
from typing import Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from tidemark.clock import Clock
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, Parser
from tidemark.model.events import StreamGap

# A reply to a subscription or a ping is short; anything longer is data.
_REPLY_BYTES = 4096
# Looked up once: finding a member costs more than comparing it, and nearly every frame is this.
_TEXT = WSMsgType.TEXT


class Sink(Protocol):
    """Where frames and gaps go, one call at a time. A frame that cannot be used is the sink's to count."""

    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        """Take one message. *payload* lies in the read buffer and is valid during this call only."""
        ...

    def on_gap(self, gap: StreamGap) -> None:
        """Take note that a feed broke off, or is whole again."""
        ...


class Counters:
    """What one connection has received since it was created."""

    def __init__(self) -> None:
        self.frames = 0
        self.bytes = 0
        # When the last data came: by the wall clock for gaps, by the monotonic one for the watchdog; 0: never.
        self.last_data_ns = 0
        self.last_data_monotonic_ns = 0


class Receiver(WSListener):
    """Listens to one socket for as long as it lasts.

    Where data comes in quick succession, each frame would wake the process up. Then reading pauses for `coalesce_s`
    after each read, so that the next one takes several frames; a socket that is slower than that is never paused.
    All frames of one read have the same receive time.

    Memory: picows' read buffer, at most two frames; a fragmented message is put together in at most one more.
    """

    def __init__(
        self, connection_id: str, sink: Sink, parser: Parser, clock: Clock, counters: Counters, coalesce_s: float
    ) -> None:
        self.wake = asyncio.Event()
        self.closed: str | None = None
        self.answers: deque[bool] = deque(maxlen=64)
        # Set while a reply is due, to a request of so many topics or to a ping: only then frames are looked at here.
        self.awaits_answer = 0
        self.awaits_pong = False
        self._id = connection_id
        self._sink = sink
        self._parser = parser
        self._clock = clock
        self._counters = counters
        self._coalesce_s = coalesce_s
        self._ts_recv = 0
        self._has_data = False
        self._fragments = bytearray()  # bounded: MAX_FRAME_BYTES, checked before it grows
        self._resume: asyncio.TimerHandle | None = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One WebSocket frame."""
        if self._ts_recv == 0:
            self._ts_recv = self._clock.now_ns()
        kind = frame.msg_type
        if kind == _TEXT and frame.fin:
            self._take(frame.get_payload_as_memoryview())
        elif kind == WSMsgType.CLOSE:
            self._close(transport, frame)
            return
        elif kind in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._put_together(transport, frame)
        if frame.last_in_buffer:
            self._end_read(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone, for whatever reason."""
        del transport
        if self._resume is not None:
            self._resume.cancel()
        if self.closed is None:
            self.closed = "the connection was lost"
        self.wake.set()

    def _take(self, payload: memoryview) -> None:
        if len(payload) > MAX_FRAME_BYTES:
            # picows has asked for the disconnect when it saw the header; until then it goes on reading.
            return
        counters = self._counters
        counters.frames += 1
        counters.bytes += len(payload)
        if (self.awaits_answer or self.awaits_pong) and len(payload) <= _REPLY_BYTES and self._is_reply(payload):
            pass
        else:
            self._has_data = True
        self._sink.on_frame(self._id, payload, self._ts_recv)

    def _is_reply(self, payload: memoryview) -> bool:
        """Whether *payload* answers a request or a ping, which says nothing about the health of the feed."""
        if self.awaits_answer:
            answer = self._parser.is_acknowledged(payload, self.awaits_answer)
            if answer is not None:
                self.answers.append(answer)
                self.wake.set()
                return True
        if self.awaits_pong and b'"pong"' in bytes(payload):
            self.awaits_pong = False
            return True
        return False

    def _put_together(self, transport: WSTransport, frame: WSFrame) -> None:
        """A binary or fragmented message; no exchange sends them today, and each may."""
        if len(self._fragments) + frame.payload_size > MAX_FRAME_BYTES:
            self.closed = f"a fragmented message grew past {MAX_FRAME_BYTES} bytes"
            transport.send_close(WSCloseCode.MESSAGE_TOO_BIG)
            transport.disconnect(graceful=False)
            return
        self._fragments += frame.get_payload_as_memoryview()
        if frame.fin:
            message, self._fragments = self._fragments, bytearray()  # bounded: as above
            self._take(memoryview(message))

    def _close(self, transport: WSTransport, frame: WSFrame) -> None:
        code, reason = frame.get_close_code(), frame.get_close_reason()
        self.closed = f"the exchange closed the connection ({int(code.value)}{' ' + reason[:100] if reason else ''})"
        transport.send_close(WSCloseCode.OK)
        transport.disconnect(graceful=False)

    def _end_read(self, transport: WSTransport) -> None:
        counters = self._counters
        if self._has_data:
            now = self._clock.monotonic_ns()
            elapsed_s = (now - counters.last_data_monotonic_ns) / 1e9
            counters.last_data_ns = self._ts_recv
            counters.last_data_monotonic_ns = now
            # A pause lasts `coalesce_s` itself, so two of them separate the reads of a busy socket. TLS may go on to
            # deliver what it has deciphered already: then the pause that runs is enough.
            is_busy = elapsed_s < 2 * self._coalesce_s and self._resume is None
            if is_busy and self.closed is None and not transport.is_disconnected:
                transport.underlying_transport.pause_reading()
                loop = asyncio.get_running_loop()
                self._resume = loop.call_later(self._coalesce_s, self._go_on, transport)
        self._has_data = False
        self._ts_recv = 0

    def _go_on(self, transport: WSTransport) -> None:
        self._resume = None
        if not transport.is_disconnected:
            transport.underlying_transport.resume_reading()
