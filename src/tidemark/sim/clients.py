"""Connected clients: what each has subscribed, and what waits to be sent to it.

Frames are put together here and handed to the socket many at a time: one write for each would cost more than making
them. Nothing is compressed and a server masks nothing, so a frame is its header and its payload.
"""

import asyncio

import msgspec
import numpy as np
from aiohttp import WSMsgType, web

from tidemark.kernels.page import Page
from tidemark.sim.faults import FaultLine, Faults
from tidemark.sim.venue import Session
from tidemark.sim.wanted import Wanted

# Bytes put together before they are handed over.
CHUNK = 64 * 1024
# At a given speed, who lets more than this pile up is cut off.
MOST_BUFFERED = 1 << 20
TEXT, BINARY = 0x81, 0x82
NO_FAULTS = Faults()


def header(length: int, first: int) -> bytes:
    """The header of a whole, unmasked frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((first, length))
    if length < 65536:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")


HEADERS = tuple(header(length, TEXT) for length in range(2048))


class Switches:
    """The faults in force, shared by everything that they touch."""

    def __init__(self, faults: Faults) -> None:
        self._concerned: dict[str, bool] = {}  # bounded: the topics that were sent since the faults changed
        self.set(faults)

    def set(self, faults: Faults) -> None:
        """Put *faults* in force."""
        self.faults = faults
        self.touches_frames = faults.touches_frames
        self.is_silent = faults.silent
        self.is_all_silent = faults.silent and not faults.channels and not faults.symbols
        self._concerned.clear()

    def concern(self, topic: str) -> bool:
        """Whether the frame faults in force touch frames of *topic*."""
        if not self.faults.channels and not self.faults.symbols:
            return True
        known = self._concerned.get(topic)
        if known is None:
            channels = self.faults.channels
            known = (not channels or kind_of(topic) in channels) and self.faults.concern(symbol_of(topic))
            self._concerned[topic] = known
        return known


class Route(msgspec.Struct):
    """Who wants a topic, which has a number. `clients` is replaced, never changed."""

    kind: str
    number: int
    clients: tuple["Client", ...] = ()


class Client:
    """One connection.

    Memory: a chunk here and 64 KiB in the transport when sending waits; else 1 MiB in the transport, then it is cut.
    """

    def __init__(self, socket: web.WebSocketResponse, session: Session, switches: Switches, seed: int) -> None:
        self.socket = socket
        self.session = session
        self.topics: set[str] = set()  # bounded: the venue's limit of streams a connection
        self.line = FaultLine(seed)
        self._switches = switches
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []  # bounded: handed over at `CHUNK` bytes
        self.is_gone = False
        # 1 at the numbers of the topics that come on this connection.
        self._wants = bytearray()  # bounded: the topics of the connected clients
        self.was_slow = False

    def attach(self, transport: asyncio.Transport | None) -> None:
        """The handshake is done; frames go to *transport*."""
        self._transport = transport
        self.is_gone = transport is None

    def want(self, number: int, *, is_wanted: bool) -> None:
        """Whether the topic of that number comes on this connection."""
        self._wants.extend(bytes(max(0, number + 1 - len(self._wants))))
        self._wants[number] = is_wanted

    def take(self, page: Page, wanted: Wanted) -> None:
        """Put the frames of *page* that come on this connection into the chunk, through the faults in force."""
        self._wants.extend(bytes(max(0, len(wanted.names) - len(self._wants))))
        switches = self._switches
        if switches.is_silent or switches.touches_frames or self.line.is_holding:
            for at_ns, number, payload, envelope in page.frames():
                if self._wants[number]:
                    self.push(at_ns, wanted.names[number], payload, envelope)
            return
        gathered = page.gather(self._wants, self.session.is_combined, wanted.encoded)
        if gathered is not None:
            # The last frame stands alone; see `drained`.
            before, last = gathered
            self._parts += (before, header(len(last), TEXT), last)

    def push(self, now_ns: int, topic: str, payload: bytes, envelope: bytes | None) -> None:
        """Put a data frame into the chunk, through the faults in force."""
        if self.session.is_combined:
            payload = envelope or b'{"stream":"' + topic.encode() + b'","data":' + payload + b"}"
        switches = self._switches
        is_touched = (switches.is_silent or switches.touches_frames) and switches.concern(topic)
        if is_touched and switches.is_silent:
            return
        if (is_touched and switches.touches_frames) or self.line.is_holding:
            faults = switches.faults if is_touched else NO_FAULTS
            for spoiled in self.line.send(faults, now_ns, payload, is_book=kind_of(topic) == "book"):
                self._put(spoiled.payload, BINARY if spoiled.is_binary else TEXT)
        else:
            self._put(payload, TEXT)

    def release(self, now_ns: int) -> None:
        """Put the held frames that are due into the chunk."""
        if self.line.is_holding and not self._switches.is_all_silent:
            for spoiled in self.line.release(now_ns):
                self._put(spoiled.payload, TEXT)

    def say(self, payload: bytes) -> None:
        """Put a reply into the chunk; faults do not touch it."""
        self._put(payload, TEXT)

    def _put(self, payload: bytes, first: int) -> None:
        length = len(payload)
        head = HEADERS[length] if length < 2048 and first == TEXT else header(length, first)
        self._parts.append(head)
        self._parts.append(payload)

    def hand_over(self) -> None:
        """Give the chunk to the transport; cut a client whose reading has fallen too far behind."""
        transport = self._transport
        if transport is None or transport.is_closing():
            self.is_gone = True
        elif self._parts:
            transport.write(b"".join(self._parts))
        self._parts.clear()

    @property
    def buffered(self) -> int:
        """Bytes that the client has not read and the kernel not taken."""
        transport = self._transport
        return 0 if transport is None or transport.is_closing() else transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Hand over and return when the transport takes more: nothing is lost, whoever sends waits."""
        if not self._parts:
            return
        # Only what goes through the socket waits for room; the last frame does, and stands for those before it.
        payload, head = self._parts.pop(), self._parts.pop()
        self.hand_over()
        if self.is_gone:
            return
        try:
            await self.socket.send_frame(payload, WSMsgType(head[0] & 0x0F))
        except ConnectionError:
            self.is_gone = True

    def cut(self) -> None:
        """Drop the connection without a word."""
        self.is_gone = True
        if self._transport is not None:
            self._transport.abort()


class Router:
    """Which clients want which topic.

    Memory: one route for each topic that somebody wants.
    """

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}  # bounded: the topics of the connected clients
        self.wanted = Wanted()
        self.clients: tuple[Client, ...] = ()
        # Frames by the number of their topic; those of topics that are gone, by kind.
        self.counts = np.zeros(64, np.int64)
        self._retired: dict[str, int] = {}  # bounded: one entry a kind of stream

    def join(self, client: Client) -> None:
        """A client connected."""
        self.clients = (*self.clients, client)

    def leave(self, client: Client) -> None:
        """A client is gone."""
        self.unsubscribe(client, tuple(client.topics))
        self.clients = tuple(other for other in self.clients if other is not client)

    def want(self, topic: str) -> Route:
        """The route of *topic*, which is wanted from now on."""
        route = self.routes.get(topic)
        if route is None:
            number = self.wanted.add(topic)
            if number >= self.counts.size:
                self.counts = np.concatenate((self.counts, np.zeros(self.counts.size, np.int64)))
            route = self.routes[topic] = Route(kind_of(topic), number)
        return route

    def subscribe(self, client: Client, topics: tuple[str, ...]) -> None:
        """*client* wants *topics*."""
        for topic in topics:
            if topic in client.topics:
                continue
            client.topics.add(topic)
            if not client.session.delivers(topic):
                continue
            route = self.want(topic)
            route.clients = (*route.clients, client)
            client.want(route.number, is_wanted=True)

    def unsubscribe(self, client: Client, topics: tuple[str, ...]) -> None:
        """*client* wants *topics* no longer."""
        for topic in topics:
            client.topics.discard(topic)
            route = self.routes.get(topic)
            if route is None:
                continue
            client.want(route.number, is_wanted=False)
            route.clients = tuple(other for other in route.clients if other is not client)
            if not route.clients:
                self._retired[route.kind] = self._retired.get(route.kind, 0) + int(self.counts[route.number])
                self.counts[route.number] = 0
                self.wanted.drop(topic)
                del self.routes[topic]

    def deliver(self, page: Page) -> None:
        """Give the frames of *page* to whoever wants them."""
        page.add_to(self.counts)
        for client in self.clients:
            client.take(page, self.wanted)
        page.clear()

    def sent(self) -> dict[str, int]:
        """Frames made so far, by kind of stream."""
        totals = dict(self._retired)
        for route in self.routes.values():
            totals[route.kind] = totals.get(route.kind, 0) + int(self.counts[route.number])
        return totals


KINDS = (
    ("kline", "kline"),
    ("publicTrade.", "trade"),
    ("@aggTrade", "trade"),
    ("@trade", "trade"),
    ("icker", "ticker"),
    ("@depth", "book"),
    ("orderbook.", "book"),
    ("iquidation", "liquidation"),
    ("forceOrder", "liquidation"),
    ("markPrice", "mark"),
)


def kind_of(topic: str) -> str:
    """The kind of stream, of a closed set of names."""
    return next((kind for part, kind in KINDS if part in topic), "other")


def symbol_of(topic: str) -> str:
    """The symbol that a topic of either venue names; "" when it is of all symbols."""
    if "@" in topic:
        symbol = topic.partition("@")[0]
        return "" if symbol.startswith("!") else symbol.upper()
    return topic.rpartition(".")[2]
