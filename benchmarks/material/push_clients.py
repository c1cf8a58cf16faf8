"""Push clients by the thousand, in a process of their own: they subscribe, answer pings, and measure what they get.

`python -m benchmarks.material.push_clients PORT CLIENTS TOPIC...`. A line is printed when all have their snapshots; a
line of input begins the measurement, the next one ends it, and its figures are printed.
"""

import asyncio
import sys
from typing import cast

import msgspec
import numpy as np

from tidemark.clock import SystemClock
from tidemark.live.loop import run_loop
from tidemark.units import MILLISECOND, SECOND

_LONGEST_MS = 10_000
# Connections that are opened at the same time.
_AT_ONCE = 50
_PATIENCE_S = 60.0
# Messages that have reached some clients and not yet others when the measurement begins and ends: one a topic.
_UNDER_WAY = 4
_HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_TEXT = 0x81


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What all clients got. each: messages a second of a client; served: the share of clients that got all of them.

    Latencies are in ms; closed: connections that have ended.
    """

    seconds: float
    messages: int
    bytes: int
    each: float
    served: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    closed: int


class Crowd:
    """What its clients count together."""

    def __init__(self, topics: list[str]) -> None:
        self.topics = topics
        self.clock = SystemClock()
        self.latencies = np.zeros(_LONGEST_MS + 1, np.int64)
        self.is_measuring = False
        self.waiting = 0
        self.closed = 0
        self.bytes = 0
        self.ready = asyncio.Event()

    def begun(self) -> None:
        """One client has all its snapshots."""
        self.waiting -= 1
        if not self.waiting:
            self.ready.set()


class Reader(asyncio.Protocol):
    """One client: it reads frames, and of their contents no more than it needs."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._rest = b""
        self._is_open = False
        self._transport: asyncio.Transport | None = None
        self._snapshots = 0
        self._seqs: dict[bytes, int] = {}
        self.messages = 0
        self.holes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # That of uvloop is one, and does not inherit from it.
        self._transport = cast("asyncio.Transport", transport)
        port = transport.get_extra_info("peername")[1]
        self._transport.write(handshake(port))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._crowd.closed += 1

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        at = 0
        if not self._is_open:
            at = data.find(b"\r\n\r\n") + 4
            if at < 4:
                self._rest = data
                return
            self._is_open = True
            for topic in self._crowd.topics:
                self.say(msgspec.json.encode({"op": "subscribe", "topic": topic}))
        while len(data) - at >= 2:
            length, head = data[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[at + 2 : at + 4]), 4
            elif length == 127:
                length, head = int.from_bytes(data[at + 2 : at + 10]), 10
            if len(data) - at < head + length:
                break
            self._take(data[at], data, at + head, length)
            at += head + length
        self._rest = data[at:]

    def say(self, payload: bytes) -> None:
        """Send a message."""
        if self._transport is not None:
            self._transport.write(masked(payload))

    def leave(self) -> None:
        """Be gone."""
        if self._transport is not None:
            self._transport.abort()

    def _take(self, opcode: int, data: bytes, at: int, length: int) -> None:
        crowd = self._crowd
        if opcode != _TEXT:
            return
        if data.startswith(b'{"type":"ping"', at):
            self.say(b'{"op":"pong"}')
        elif data.startswith(b'{"type":"snapshot"', at) and self._snapshots < len(crowd.topics):
            self._snapshots += 1
            if self._snapshots == len(crowd.topics):
                crowd.begun()
        elif crowd.is_measuring:
            self.messages += 1
            crowd.bytes += length
            named, numbered = data.find(b'"topic":', at, at + 40) + 8, data.find(b',"seq":', at, at + 200)
            told = data.find(b',"ts":', numbered, numbered + 40) + 6
            topic, seq = data[named:numbered], int(data[numbered + 7 : told - 6])
            self.holes += self._seqs.get(topic, seq - 1) != seq - 1
            self._seqs[topic] = seq
            late = crowd.clock.now_ns() // MILLISECOND - int(data[told : told + 13])
            crowd.latencies[min(max(late, 0), _LONGEST_MS)] += 1


def handshake(port: int) -> bytes:
    """What a client says first."""
    return _HANDSHAKE.format(port=port).encode()


def masked(payload: bytes) -> bytes:
    """A frame of text, of at most 125 bytes, as a client sends it; a mask of zeros leaves it as it is."""
    return bytes([_TEXT, 0x80 | len(payload)]) + bytes(4) + payload


async def connect(crowd: Crowd, port: int, count: int) -> list[Reader]:
    """So many clients that have their snapshots."""
    loop = asyncio.get_running_loop()
    crowd.waiting = count
    crowd.ready.clear()
    readers = []
    for first in range(0, count, _AT_ONCE):
        opened = await asyncio.gather(
            *(
                loop.create_connection(lambda: Reader(crowd), "127.0.0.1", port)
                for _ in range(min(_AT_ONCE, count - first))
            )
        )
        readers += [reader for _, reader in opened]
    async with asyncio.timeout(_PATIENCE_S):
        await crowd.ready.wait()
    return readers


async def _serve(port: int, count: int, topics: list[str]) -> None:
    crowd = Crowd(topics)
    readers = await connect(crowd, port, count)
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    started = crowd.clock.monotonic_ns()
    crowd.is_measuring = True
    await loop.run_in_executor(None, sys.stdin.readline)
    crowd.is_measuring = False
    seconds = (crowd.clock.monotonic_ns() - started) / SECOND
    print(msgspec.json.encode(_measured(crowd, readers, seconds)).decode(), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)


def _measured(crowd: Crowd, readers: list[Reader], seconds: float) -> Measured:
    most = max(reader.messages for reader in readers)
    counts = np.cumsum(crowd.latencies)
    p50, p99, worst = (float(np.searchsorted(counts, share * counts[-1])) for share in (0.5, 0.99, 1.0))
    return Measured(
        seconds=seconds,
        messages=int(counts[-1]),
        bytes=crowd.bytes,
        each=most / seconds,
        served=sum(one.messages >= most - _UNDER_WAY and one.holes == 0 for one in readers) / len(readers),
        p50_ms=p50,
        p99_ms=p99,
        worst_ms=worst,
        closed=crowd.closed,
    )


if __name__ == "__main__":
    run_loop(_serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
