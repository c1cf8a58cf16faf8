"""One connection to an exchange: subscribed, kept alive, watched, and replaced when it is lost or silent."""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from random import Random
from urllib.parse import urlsplit

import msgspec
import structlog
from picows import WSCloseCode, WSError, WSMsgType, WSTransport, ws_connect

from tidemark.clock import Clock
from tidemark.ingest.backoff import CEILING_S, backoff
from tidemark.ingest.dial import Line, Reach, reach
from tidemark.ingest.gaps import Doubt, Gaps
from tidemark.ingest.listener import Counters, Receiver, Sink
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, Socket, Topic, Venue
from tidemark.ingest.venues.frame import chunked
from tidemark.units import SECOND

# picows writes several lines for each connection; what is worth a line is written here.
_QUIET = logging.Logger("picows", logging.CRITICAL + 1)  # noqa: LOG001
log = structlog.get_logger()


class Policy(msgspec.Struct, frozen=True):
    """How patient a connection is."""

    silence_timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    answer_timeout_s: float = 10.0
    coalesce_s: float = 0.01
    reconnect_ceiling_s: float = CEILING_S
    alarm_after: int = 5


class State(StrEnum):
    """Where a connection stands."""

    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    WAITING = "waiting"
    CLOSED = "closed"


class ConnectionStatus(msgspec.Struct, frozen=True):
    """A connection as others see it; `last_frame_age_s` None: there was no data yet."""

    connection_id: str
    url: str
    state: State
    since_ns: int
    topics: int
    frames: int
    bytes: int
    reconnects: int
    failures: int
    last_frame_age_s: float | None


class _Ask(msgspec.Struct, frozen=True):
    """A request that is waiting to be sent, or to be answered."""

    topics: tuple[Topic, ...]
    subscribes: bool


class Connection:
    """Keeps one socket of a venue open. `run` ends only when it is cancelled.

    Gaps: when a live connection is lost, one StreamGap per channel opens (`gap_from`: when its last data came); when
    its topics are acknowledged again, one closes it. The first acknowledgement closes the gap that each feed starts in.

    A successor takes over what another connection carries at the moment: it starts in no gap, and calls *succeeded* at
    its first acknowledgement.
    """

    def __init__(
        self,
        connection_id: str,
        venue: Venue,
        socket: Socket,
        sink: Sink,
        clock: Clock,
        alarm: Callable[[str], None],
        rng: Random,
        *,
        policy: Policy | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ssl_context: ssl.SSLContext | None = None,
        reach: Reach = reach,
        succeeded: Callable[["Connection"], None] | None = None,
    ) -> None:
        self.connection_id = connection_id
        self.url = socket.url
        self._venue = venue
        self._sink = sink
        self._clock = clock
        self._alarm = alarm
        self._rng = rng
        self._policy = policy or Policy()
        self._sleep = sleep
        self._ssl_context = ssl_context
        self._reach = reach
        self._topics = dict.fromkeys(socket.topics)  # bounded: the venue's topics per socket
        self._gaps = Gaps(venue.name, () if succeeded else socket.topics, sink, clock)
        self._succeeded = succeeded
        self._opened_ns: int | None = None
        self._asks: deque[_Ask] = deque()  # bounded: one per message that the topics take
        self._counters = Counters()
        self._receiver: Receiver | None = None
        self._state = State.CONNECTING
        self._since_ns = clock.now_ns()
        self._reconnects = 0
        self._failures = 0
        self._requests = 0

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What is subscribed here, or will be."""
        return tuple(self._topics)

    @property
    def age_s(self) -> float:
        """How long the socket has been open, 0 while there is none."""
        return (self._clock.monotonic_ns() - self._opened_ns) / SECOND if self._opened_ns is not None else 0.0

    def status(self) -> ConnectionStatus:
        """How the connection stands now."""
        last = self._counters.last_data_monotonic_ns
        return ConnectionStatus(
            connection_id=self.connection_id,
            url=self.url,
            state=self._state,
            since_ns=self._since_ns,
            topics=len(self._topics),
            frames=self._counters.frames,
            bytes=self._counters.bytes,
            reconnects=self._reconnects,
            failures=self._failures,
            last_frame_age_s=(self._clock.monotonic_ns() - last) / SECOND if last else None,
        )

    def change(self, add: Sequence[Topic], remove: Sequence[Topic]) -> None:
        """Subscribe and unsubscribe topics while the connection runs; those added start in an open gap."""
        for topic in remove:
            self._topics.pop(topic, None)
        self._gaps.forget(remove)
        self._topics.update(dict.fromkeys(add))
        self._gaps.start(add)
        if self._receiver is not None:
            self._ask(remove, subscribes=False)
            self._ask(add, subscribes=True)
            self._receiver.wake.set()

    def renew(self, doubts: Sequence[Doubt], cause: str) -> None:
        """Subscribe these topics anew: their gap opens here, and closes when the exchange acknowledges.

        What is in a gap already is being seen to.
        """
        if self._receiver is None:
            return
        topics = self._gaps.open([doubt for doubt in doubts if doubt.topic in self._topics], cause)
        self._ask(topics, subscribes=False)
        self._ask(topics, subscribes=True)
        self._receiver.wake.set()

    def replace(self, doubts: Sequence[Doubt], cause: str) -> None:
        """Give the socket up and open another. Gaps open here: of *doubts* since then, else since the last data."""
        if self._receiver is None:
            return
        self._gaps.open([doubt for doubt in doubts if doubt.topic in self._topics], cause)
        self._open_gaps(cause)
        self._receiver.closed = cause
        self._receiver.wake.set()

    def shift(self, step_ns: int) -> None:
        """Our clock was set: each moment of before reads *step_ns* more."""
        self._since_ns += step_ns
        self._counters.last_data_ns += step_ns if self._counters.last_data_ns else 0
        self._gaps.shift(step_ns)

    def give_over(self, successor: "Connection") -> None:
        """Leave the gaps that are open to *successor*, which is live and closes them."""
        self._gaps.hand_over(successor._gaps)  # noqa: SLF001 - of its own kind
        if not successor._asks:  # noqa: SLF001
            successor._gaps.close()  # noqa: SLF001

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost. Raises only what a sink raises."""
        delays = backoff(self._rng, self._policy.reconnect_ceiling_s)
        try:
            while True:
                started_ns = self._clock.monotonic_ns()
                cause = await self._session()
                if (
                    self._lost(cause)
                    and self._clock.monotonic_ns() - started_ns > self._policy.reconnect_ceiling_s * SECOND
                ):
                    # Only a connection that held is a fresh start: an exchange that accepts and drops is left in peace.
                    delays = backoff(self._rng, self._policy.reconnect_ceiling_s)
                self._enter(State.WAITING)
                await self._sleep(next(delays))
                self._reconnects += 1
        finally:
            self._enter(State.CLOSED)

    async def _session(self) -> str:
        """One socket from connect to loss; returns in one line why it ended."""
        self._enter(State.CONNECTING)
        policy = self._policy
        receiver = Receiver(
            self.connection_id, self._sink, self._venue.parser({}), self._clock, self._counters, policy.coalesce_s
        )
        where = urlsplit(self.url).netloc
        line = Line(self._reach)
        transport: WSTransport | None = None
        try:
            async with asyncio.timeout(policy.connect_timeout_s):
                transport, _ = await ws_connect(
                    lambda: receiver,
                    self.url,
                    ssl_context=self._ssl_context,
                    max_frame_size=MAX_FRAME_BYTES,
                    websocket_handshake_timeout=policy.connect_timeout_s,
                    socket_factory=line.dial,
                    # aiofastnet's TLS (1.2.0) at times holds frames back after a pause, until more data arrives.
                    use_aiofastnet=False,
                    logger_name=_QUIET,
                )
        except TimeoutError:
            return f"{where} did not answer within {policy.connect_timeout_s:g} s"
        except (OSError, WSError) as error:
            return f"{where} cannot be reached: {' '.join(str(error).split()) or type(error).__name__}"[:300]
        finally:
            if transport is None:
                line.cut()
        self._receiver = receiver
        self._opened_ns = self._clock.monotonic_ns()
        self._asks.clear()
        self._ask(self.topics, subscribes=True)
        self._enter(State.SUBSCRIBING)
        try:
            cause = await self._talk(transport, receiver)
        finally:
            self._receiver = None
            self._opened_ns = None
            transport.send_close(WSCloseCode.OK)
            transport.disconnect(graceful=False)
        try:
            await transport.wait_disconnected()
        except WSError as error:
            return f"{where} broke the protocol: {error}"[:300]
        return cause

    async def _talk(self, transport: WSTransport, receiver: Receiver) -> str:
        """Ask for the topics, keep the heartbeat, watch; returns why there is nothing more to talk about."""
        policy, heartbeat, clock = self._policy, self._venue.heartbeat, self._clock
        pace_ns = int(SECOND / self._venue.limits.messages_per_s)
        opened_at = clock.monotonic_ns()
        heartbeat_at = opened_at + int(heartbeat.every_s * SECOND)
        send_at, answer_by = 0, 0
        asked: _Ask | None = None
        while receiver.closed is None:
            now = clock.monotonic_ns()
            if asked is not None and receiver.answers:
                self._answered(asked, accepted=receiver.answers.popleft())
                asked = None
                receiver.awaits_answer = 0
            if asked is None and self._asks and now >= send_at:
                asked = self._asks.popleft()
                receiver.awaits_answer = len(asked.topics)
                transport.send(WSMsgType.TEXT, self._message(asked))
                send_at, answer_by = now + pace_ns, now + int(policy.answer_timeout_s * SECOND)
            if asked is not None and now >= answer_by:
                return f"a subscription was not answered within {policy.answer_timeout_s:g} s"
            if heartbeat.message is not None and now >= heartbeat_at and now >= send_at:
                receiver.awaits_pong = True
                transport.send(WSMsgType.TEXT, heartbeat.message)
                heartbeat_at, send_at = now + int(heartbeat.every_s * SECOND), now + pace_ns
            heard_at = max(opened_at, self._counters.last_data_monotonic_ns)
            silent_at = heard_at + int(policy.silence_timeout_s * SECOND)
            if now >= silent_at:
                return f"no data for {policy.silence_timeout_s:g} s"
            due = min(silent_at, answer_by) if asked is not None else silent_at
            if asked is None and self._asks:
                due = min(due, send_at)
            if heartbeat.message is not None:
                due = min(due, max(heartbeat_at, send_at))
            try:
                async with asyncio.timeout((due - now) / SECOND):
                    await receiver.wake.wait()
            except TimeoutError:
                continue
            receiver.wake.clear()
        return receiver.closed

    def _ask(self, topics: Sequence[Topic], *, subscribes: bool) -> None:
        limits = self._venue.limits
        for chunk in chunked(list(topics), limits.topics_per_message, limits.bytes_per_message):
            self._asks.append(_Ask(chunk, subscribes))

    def _message(self, ask: _Ask) -> bytes:
        self._requests += 1
        names = [topic.name for topic in ask.topics]
        write = self._venue.subscribe if ask.subscribes else self._venue.unsubscribe
        return write(names, self._requests)

    def _answered(self, ask: _Ask, *, accepted: bool) -> None:
        """Take the answer to *ask*. A refusal names no topic, so the request is halved until one stands alone."""
        if ask.subscribes and not accepted:
            middle = len(ask.topics) // 2
            if middle:
                self._asks.appendleft(_Ask(ask.topics[middle:], subscribes=True))
                self._asks.appendleft(_Ask(ask.topics[:middle], subscribes=True))
                return
            self._alarm(f"{self.connection_id}: {self._venue.name} refused the subscription of {ask.topics[0].name}")
            self._topics.pop(ask.topics[0], None)
            self._gaps.forget(ask.topics[:1])
        if self._asks:
            return
        succeeded, self._succeeded = self._succeeded, None
        if self._gaps or (succeeded is not None and self._topics):
            self._failures = 0
            self._enter(State.LIVE)
            self._gaps.close()
        if succeeded is not None:
            succeeded(self)

    def _lost(self, cause: str) -> bool:
        """Open the gaps that the end of a session leaves; returns whether the session had been live."""
        was_live = self._state is State.LIVE
        log.warning("connection lost" if was_live else "connection failed", id=self.connection_id, cause=cause)
        if not was_live:
            self._failures += 1
            if self._failures % self._policy.alarm_after == 0:
                self._alarm(f"{self.connection_id}: {self._failures} attempts in a row failed; the last: {cause}")
        if self._succeeded is None:
            # Until it has taken over, another connection carries its topics.
            self._open_gaps(cause)
        return was_live

    def _open_gaps(self, cause: str) -> None:
        """What is in no gap yet is in one since the last data of this connection."""
        gap_from = self._counters.last_data_ns or self._clock.now_ns()
        self._gaps.open([Doubt(topic, gap_from) for topic in self._topics], cause)

    def _enter(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self._since_ns = self._clock.now_ns()
            if state is State.LIVE:
                log.info("connection live", id=self.connection_id, url=self.url, topics=len(self._topics))
