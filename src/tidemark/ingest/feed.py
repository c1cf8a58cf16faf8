"""All connections of a venue."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import msgspec

from tidemark.clock import Clock
from tidemark.ingest.connection import Connection, ConnectionStatus, Policy, State
from tidemark.ingest.dial import Reach, reach
from tidemark.ingest.gaps import Doubt
from tidemark.ingest.listener import Sink
from tidemark.ingest.venues.base import Channel, Socket, Topic, Venue
from tidemark.ingest.venues.frame import chunked, topic_bytes
from tidemark.units import SECOND

# A connection that the exchange will end is succeeded so long before that; the next one so much earlier.
_AHEAD_S = 900.0
_APART_S = 60.0
# A successor that is not live by then is given up, and another one tried.
_PATIENCE_S = 120.0


class Carried(msgspec.Struct, frozen=True):
    """What one connection carries; `silent_s` since its last data, of whatever topic."""

    connection_id: str
    topics: tuple[Topic, ...]
    is_live: bool
    silent_s: float = 0.0


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
        reach: Reach = reach,
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
        self._reach = reach
        self._group: asyncio.TaskGroup | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}  # bounded: by the sockets that the symbols take
        # At most one at a time: who is to be relieved, by whom.
        self._relief: tuple[Connection, Connection, asyncio.Task[None], int] | None = None
        self._opened = 0
        self.relieved = 0

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

    def carried(self) -> list[Carried]:
        """What each connection carries."""
        return [
            Carried(
                connection.connection_id,
                connection.topics,
                is_live=status.state is State.LIVE,
                silent_s=status.last_frame_age_s or 0.0,
            )
            for connection in self._connections
            for status in (connection.status(),)
        ]

    def renew(self, channel: Channel, symbols: Sequence[str], cause: str, since: Sequence[int] = ()) -> None:
        """Subscribe *channel* of *symbols* anew on their connections; empty stands for the topic of all symbols.

        Their StreamGap opens at once and closes on acknowledgement. since: when the last message of each came, by our
        clock; now, where it is not given.
        """
        now = self._clock.now_ns()
        beginnings = dict(zip(symbols or ("",), since, strict=False))
        wanted = set(symbols or ("",))
        for connection in self._connections:
            doubts = [
                Doubt(topic, beginnings.get(topic.symbol, now))
                for topic in connection.topics
                if topic.channel is channel and topic.symbol in wanted
            ]
            if doubts:
                connection.renew(doubts, cause)

    def replace(self, connection_id: str, cause: str, doubts: Sequence[Doubt] = ()) -> None:
        """Give the socket of a connection up and open another; nothing happens where there is none.

        Its gaps open at once: for *doubts* since their last message, for all else since the last data.
        """
        for connection in self._connections:
            if connection.connection_id == connection_id:
                connection.replace(doubts, cause)

    def replace_all(self, cause: str) -> None:
        """Give every socket up, since none of them can be alive."""
        for connection in self._connections:
            connection.replace((), cause)

    def shift(self, step_ns: int) -> None:
        """Our clock was set: each moment of before reads *step_ns* more."""
        for connection in self._connections:
            connection.shift(step_ns)

    def relieve(self) -> None:
        """Open the successor of a connection that the exchange will end for its age; to be called now and then.

        The old one goes when the new one is acknowledged: for a moment everything comes twice, and nothing is missed.
        """
        limit = self._venue.limits.max_age_s
        if limit is None or self._group is None or self._is_relieving():
            return
        for number, connection in enumerate(self._connections):
            if connection.age_s >= max(limit / 2, limit - _AHEAD_S - number * _APART_S):
                self._succeed(connection)
                return

    def _is_relieving(self) -> bool:
        if self._relief is None:
            return False
        old, _, task, started = self._relief
        if old in self._connections and self._clock.monotonic_ns() - started < _PATIENCE_S * SECOND:
            return True
        task.cancel()
        self._relief = None
        return False

    def _succeed(self, old: Connection) -> None:
        new = self._make(Socket(old.url, old.topics), self._take_over)
        if self._group is not None:
            task = self._group.create_task(new.run(), name=new.connection_id)
            self._relief = (old, new, task, self._clock.monotonic_ns())

    def _take_over(self, new: Connection) -> None:
        """*new* is live: it stands where the old one stood, which ends."""
        if self._relief is None or self._relief[1] is not new:
            return
        old, _, task, _ = self._relief
        self._relief = None
        running = self._connections.pop(old, None)
        if running is None:
            task.cancel()
            return
        self._connections[new] = task
        self.relieved += 1
        added = [topic for topic in old.topics if topic not in new.topics]
        gone = [topic for topic in new.topics if topic not in old.topics]
        old.give_over(new)
        running.cancel()
        if added or gone:
            new.change(added, gone)

    def close(self) -> None:
        """Close all connections; their tasks end within a second."""
        if self._relief is not None:
            self._relief[2].cancel()
            self._relief = None
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
        connection = self._make(socket, None)
        self._connections[connection] = self._group.create_task(connection.run(), name=connection.connection_id)

    def _make(self, socket: Socket, succeeded: Callable[[Connection], None] | None) -> Connection:
        self._opened += 1
        return Connection(
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
            reach=self._reach,
            succeeded=succeeded,
        )
