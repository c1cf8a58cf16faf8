"""All connections of a venue."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from tidemark.clock import Clock
from tidemark.ingest.connection import Connection, ConnectionStatus, Policy
from tidemark.ingest.listener import Sink
from tidemark.ingest.venues.base import Channel, Socket, Topic, Venue
from tidemark.ingest.venues.frame import chunked, topic_bytes


class Feed:
    """The feed of *channels* of *symbols*, on as few connections as the venue's limits allow.

    The connections run in the caller's task group, and end with it.
    """

    def __init__(
        self,
        venue: Venue,
        symbols: Sequence[str],
        channels: Sequence[Channel],
        sink: Sink,
        clock: Clock,
        alarm: Callable[[str], None],
        rng: Random,
        *,
        stream: str = "",
        depth: int = 50,
        policy: Policy | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._venue = venue
        self._symbols = tuple(symbols)
        self._channels = tuple(channels)
        self._sink = sink
        self._clock = clock
        self._alarm = alarm
        self._rng = rng
        self._stream = stream
        self._depth = depth
        self._policy = policy
        self._sleep = sleep
        self._ssl_context = ssl_context
        self._group: asyncio.TaskGroup | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}  # bounded: by the sockets that the symbols take
        self._opened = 0

    def run(self, group: asyncio.TaskGroup) -> None:
        """Open the connections as tasks of *group*. They run until they are cancelled."""
        self._group = group
        for socket in self._sockets(self._symbols):
            self._open(socket)

    def status(self) -> list[ConnectionStatus]:
        """How each connection stands."""
        return [connection.status() for connection in self._connections]

    def resubscribe(self, symbols: Sequence[str]) -> None:
        """Change to *symbols*: what stays is not touched, what is added goes where there is room."""
        self._symbols = tuple(symbols)
        if self._group is None:
            return
        wanted = {(socket.url, topic): None for socket in self._sockets(symbols) for topic in socket.topics}
        for connection in list(self._connections):
            kept = [topic for topic in connection.topics if (connection.url, topic) in wanted]
            gone = [topic for topic in connection.topics if (connection.url, topic) not in wanted]
            for topic in kept:
                del wanted[connection.url, topic]
            if not kept:
                self._connections.pop(connection).cancel()
            elif gone:
                connection.change((), gone)
        added: dict[str, list[Topic]] = {}
        for url, topic in wanted:
            added.setdefault(url, []).append(topic)
        for url, topics in added.items():
            self._place(url, topics)

    def close(self) -> None:
        """Close all connections; their tasks end within a second."""
        for task in self._connections.values():
            task.cancel()
        self._connections.clear()

    def _sockets(self, symbols: Sequence[str]) -> list[Socket]:
        return self._venue.sockets(symbols, self._channels, self._stream, self._depth)

    def _place(self, url: str, topics: list[Topic]) -> None:
        """Put *topics* on connections to *url* that have room, the rest on further ones."""
        limits = self._venue.limits
        for connection in self._connections:
            if connection.url != url:
                continue
            count = len(connection.topics)
            size = sum(map(topic_bytes, connection.topics))
            fitting: list[Topic] = []
            while (
                topics and count < limits.topics_per_socket and size + topic_bytes(topics[0]) <= limits.bytes_per_socket
            ):
                count += 1
                size += topic_bytes(topics[0])
                fitting.append(topics.pop(0))
            if fitting:
                connection.change(fitting, ())
        for chunk in chunked(topics, limits.topics_per_socket, limits.bytes_per_socket):
            self._open(Socket(url, chunk))

    def _open(self, socket: Socket) -> None:
        if self._group is None:
            return
        self._opened += 1
        connection = Connection(
            f"{self._venue.name}-{self._opened}",
            self._venue,
            socket,
            self._sink,
            self._clock,
            self._alarm,
            self._rng,
            policy=self._policy,
            sleep=self._sleep,
            ssl_context=self._ssl_context,
        )
        self._connections[connection] = self._group.create_task(connection.run(), name=connection.connection_id)
