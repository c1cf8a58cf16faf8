"""The network between the local exchange and whoever watches it, inside one process: latency, cuts, black holes.

A WebSocket runs over two pairs of sockets with a wire between them; REST goes straight to the exchange, with the same
latency. Both ends are the ones that a real connection has.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from picows.url import WSParsedURL

from tidemark.ingest.http import Reply, Transport
from tidemark.sim.server import Exchange
from tidemark.units import KIB

LATENCY_S = 0.02
JITTER_S = 0.03
_READ_BYTES = 64 * KIB
# What is under way on one wire at most; beyond it the sender waits, as with a full window of TCP.
_IN_FLIGHT_BYTES = 1024 * KIB


class _Way:
    """One direction of a wire. Chunks keep their order, and leave cut at any byte."""

    def __init__(self, source: socket.socket, target: socket.socket, rng: Random, ended: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._source = source
        self._target = target
        self._rng = rng
        self._ended = ended
        self._chunks: deque[tuple[float, bytes]] = deque()  # bounded: `_IN_FLIGHT_BYTES`
        self._bytes = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_writing = False
        self._is_reading = False
        self._has_ended = False
        self.is_frozen = False
        self._listen()

    def close(self) -> None:
        """Stop, with whatever is under way lost."""
        self._has_ended = True
        self._loop.remove_reader(self._source)
        self._loop.remove_writer(self._target)
        if self._timer is not None:
            self._timer.cancel()

    def _listen(self) -> None:
        if not self._is_reading and not self._has_ended and self._bytes <= _IN_FLIGHT_BYTES:
            self._is_reading = True
            self._loop.add_reader(self._source, self._read)

    def _pause(self) -> None:
        self._is_reading = False
        self._loop.remove_reader(self._source)

    def _read(self) -> None:
        try:
            data = self._source.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._due = max(self._due, self._loop.time() + LATENCY_S + self._rng.random() * JITTER_S)
        cut = self._rng.randrange(1, len(data)) if len(data) > 1 else len(data)
        for chunk in (data[:cut], data[cut:]) if cut < len(data) else (data,):
            self._chunks.append((self._due, chunk))
            self._bytes += len(chunk)
            self._due += self._rng.random() * 0.001
        self._has_ended = not data
        if not data or self._bytes > _IN_FLIGHT_BYTES:
            self._pause()
        self._plan()

    def _plan(self) -> None:
        if self._chunks and self._timer is None and not self._is_writing:
            self._timer = self._loop.call_at(self._chunks[0][0], self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        while self._chunks and self._chunks[0][0] <= self._loop.time():
            due, chunk = self._chunks.popleft()
            if not chunk:
                self._ended()
                return
            if self.is_frozen:
                self._bytes -= len(chunk)
                continue
            try:
                sent = self._target.send(chunk)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._ended()
                return
            self._bytes -= sent
            if sent < len(chunk):
                self._chunks.appendleft((due, chunk[sent:]))
                self._is_writing = True
                self._loop.add_writer(self._target, self._go_on)
                return
        self._listen()
        self._plan()

    def _go_on(self) -> None:
        self._loop.remove_writer(self._target)
        self._is_writing = False
        self._deliver()


class _End(socket.socket):
    """An end of a pair within this machine, which takes what is asked of TCP without having it."""

    def setsockopt(self, level: int, *options: Any) -> None:
        """As any socket has it, but for the options of TCP."""
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *options)

    def getsockopt(self, level: int, *options: Any) -> Any:
        """As any socket has it, but for the options of TCP."""
        return 0 if level == socket.IPPROTO_TCP else super().getsockopt(level, *options)


class Wire:
    """One connection, from the watcher's end to the exchange's."""

    def __init__(self, rng: Random, gone: Callable[["Wire"], None]) -> None:
        watcher, near = socket.socketpair()
        self.near = _End(fileno=watcher.detach())
        self.far, far = socket.socketpair()
        self._gone = gone
        self._middle = (near, far)
        for end in (self.near, self.far, near, far):
            end.setblocking(False)
        self._ways = (_Way(near, far, rng, self.cut), _Way(far, near, rng, self.cut))

    def freeze(self) -> None:
        """From now on nothing arrives, at either end, and nobody is told."""
        for way in self._ways:
            way.is_frozen = True

    def cut(self) -> None:
        """Both ends see the end."""
        for way in self._ways:
            way.close()
        for end in self._middle:
            end.close()
        self._gone(self)


class Network:
    """All wires to one exchange. `is_down`: nobody can connect, and no request gets through."""

    def __init__(self, exchange: Exchange, accept: Callable[[], asyncio.BaseProtocol], rng: Random) -> None:
        self.is_down = False
        self.opened = 0
        self._exchange = exchange
        self._accept = accept
        self._rng = rng
        self._wires: dict[Wire, None] = {}  # bounded: the connections that are open

    async def reach(self, url: WSParsedURL) -> socket.socket:
        """The near end of a new wire. Raises OSError while the network is down."""
        await asyncio.sleep(LATENCY_S + self._rng.random() * JITTER_S)
        if self.is_down:
            raise ConnectionRefusedError(f"{url.host} refuses connections")
        wire = Wire(self._rng, lambda gone: self._wires.pop(gone, None))
        self._wires[wire] = None
        self.opened += 1
        await asyncio.get_running_loop().connect_accepted_socket(self._accept, wire.far)
        return wire.near

    def transport(self) -> Transport:
        """What carries the requests of one client."""
        return _Requests(self)

    def cut(self, share: float) -> None:
        """Cut that share of the wires, at least one."""
        for wire in self._some(share):
            wire.cut()

    def freeze(self, share: float) -> None:
        """Turn that share of the wires into black holes, at least one."""
        for wire in self._some(share):
            wire.freeze()

    def close(self) -> None:
        """Cut all of them."""
        for wire in list(self._wires):
            wire.cut()

    def _some(self, share: float) -> list[Wire]:
        wires = list(self._wires)
        return self._rng.sample(wires, min(len(wires), max(1, round(share * len(wires))))) if wires else []

    async def answer(self, path: str, query: Sequence[tuple[str, str]]) -> Reply:
        """The exchange's reply, there and back. Raises OSError while the network is down."""
        await asyncio.sleep(LATENCY_S + self._rng.random() * JITTER_S)
        if self.is_down:
            raise ConnectionRefusedError("the network is down")
        told = await self._exchange.reply(path, dict(query))
        await asyncio.sleep(LATENCY_S + self._rng.random() * JITTER_S)
        return Reply.of(told.status, told.headers, told.body)


class _Requests:
    """Carries the requests of one client over a network."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def get(self, path: str, query: Sequence[tuple[str, str]], timeout_s: float) -> Reply:
        """One request. Raises TimeoutError and OSError."""
        async with asyncio.timeout(timeout_s):
            return await self._network.answer(path, query)

    async def close(self) -> None:
        """Nothing is held."""
