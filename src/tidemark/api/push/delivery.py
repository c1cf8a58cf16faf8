"""What is sent to whom: subscriptions, the messages of their topics, and what waits for clients that are behind."""

import asyncio
from typing import Generic

import msgspec

from tidemark.api.push.client import MISSING, Client, Held
from tidemark.api.push.frames import text_frame
from tidemark.api.push.messages import PushProblem, Subscribe, Subscribed
from tidemark.api.push.source import L, Message, Topics
from tidemark.clock import Clock
from tidemark.errors import RequestError, SlowConsumerError
from tidemark.units import MILLISECOND, SECOND

# On one connection: of one topic, from how many of them on it is warned, and of all topics together.
MOST_OF_A_TOPIC, WARNED_FROM, MOST_SUBSCRIPTIONS = 50, 40, 100
# A client that was told to go is cut off this much later.
GRACE_NS = SECOND
# Try again later: the client is too slow.
_LATER = 1013
# After so many clients it is looked whether the loop has been held for so long; what was written meanwhile is handed to
# the system behind that, which takes as long again.
_STRIDE, _HOLD_NS = 16, MILLISECOND


class Delivery(Generic[L]):
    """Sends the messages of *topics* to the clients that have subscribed to them, and closes those that are too slow.

    A client is known here as long as it has subscriptions or something waits for it.
    """

    def __init__(self, topics: Topics[L], clock: Clock) -> None:
        self.topics = topics
        self._clock = clock
        self._behind: dict[Client, None] = {}  # bounded: by the clients that there may be
        self._encode = msgspec.json.Encoder().encode
        # By reason, since the start.
        self.closed: dict[str, int] = {}  # bounded: by the reasons that there are
        self.conflated = 0
        self.encoded = 0
        self.sent_messages = 0
        self.sent_bytes = 0

    @property
    def is_behind(self) -> bool:
        """Whether something waits for anybody."""
        return bool(self._behind)

    async def turn(self, now_ns: int) -> None:
        """Send what waits, as far as it is taken, and the messages that are due, one topic after the other."""
        started = now_ns
        for number, client in enumerate(list(self._behind)):
            self._relieve(client, self._clock.monotonic_ns())
            if number % _STRIDE == _STRIDE - 1:
                started = await self._yield_after(started)
        for live in self.topics.due(now_ns):
            await self._publish(live)

    def subscribe(self, client: Client, asked: Subscribe) -> None:
        """Send a topic to *client* from now on: a snapshot first, or what came after the message that it has."""
        held = client.topics.get(asked.topic)
        if held is not None and held.count >= MOST_OF_A_TOPIC:
            detail = f"there are {held.count} subscriptions of it on this connection, and no more are taken"
            self.tell(client, PushProblem(topic=asked.topic, detail=detail))
            return
        if len(client.tokens) >= MOST_SUBSCRIPTIONS:
            detail = f"there are {len(client.tokens)} subscriptions on this connection, and no more are taken"
            self.tell(client, PushProblem(topic=asked.topic, detail=detail))
            return
        try:
            live = self.topics.find(asked.topic, self._clock.monotonic_ns())
            missed = self._missed(live, asked.since)
            frames = self.topics.whole(live) if missed is None else missed
        except RequestError as error:
            self.tell(client, PushProblem(topic=asked.topic, detail=str(error)))
            return
        held = client.receive(asked.topic)
        live.clients[client] = None
        warning = None
        if held.count >= WARNED_FROM:
            warning = f"{held.count} subscriptions of it on this connection; at {MOST_OF_A_TOPIC} no more are taken"
        self.tell(
            client,
            Subscribed(topic=asked.topic, token=client.token(asked.topic), subscriptions=held.count, warning=warning),
        )
        for frame in frames:
            self.offer(client, frame, live.key)
        held.seq = live.seq if frames or missed is not None else MISSING

    def _missed(self, live: L, since: int | None) -> list[bytes] | None:
        """What came after *since*, None where all of the topic is needed; RequestError when it has ended."""
        now = self._clock.monotonic_ns()
        if not live.clients and live.due_ns <= now:
            self._next(live, now)
        return self.topics.missed(live, since) if since is not None else None

    def unsubscribe(self, client: Client, token: str) -> None:
        """End one subscription; the topic is sent on as long as there is another one of it."""
        topic = client.tokens.pop(token, None)
        if topic is None:
            self.tell(client, PushProblem(detail=f"no subscription has the token {token}"))
            return
        if client.release(topic):
            self._drop(client, topic)

    def forget(self, client: Client) -> None:
        """Send nothing more to *client*; what waits of its topics is dropped."""
        self._behind.pop(client, None)
        client.tokens.clear()
        for topic in list(client.topics):
            del client.topics[topic]
            self._drop(client, topic)

    def _drop(self, client: Client, topic: str) -> None:
        """Send *client* nothing more of *topic*."""
        client.slot.forget(topic)
        live = self.topics.get(topic)
        if live is not None and client in live.clients:
            del live.clients[client]
            live.left_ns = self._clock.monotonic_ns()

    async def _publish(self, live: L) -> None:
        """Make the next message of a topic and send it to all who receive it, without holding the loop for long."""
        started = now = self._clock.monotonic_ns()
        try:
            message = self._next(live, now)
        except RequestError as error:
            self._tell_end(live, str(error))
            return
        started = await self._yield_after(started)
        if message is None:
            return
        for number, client in enumerate(tuple(live.clients)):
            held = client.topics.get(live.name)
            if held is not None and held.seq < message.seq:
                self._send(client, live, held, message)
            if number % _STRIDE == _STRIDE - 1:
                started = await self._yield_after(started)

    async def _yield_after(self, started_ns: int) -> int:
        """Let the loop do its other work where it was held since *started_ns* for too long; give since when it is."""
        if self._clock.monotonic_ns() - started_ns < _HOLD_NS:
            return started_ns
        await asyncio.sleep(0)
        return self._clock.monotonic_ns()

    def _send(self, client: Client, live: L, held: Held, message: Message) -> None:
        """Send a message, or all of the topic where *client* lacks what came before it."""
        if held.seq >= message.base:
            held.seq = message.seq
            self.offer(client, message.frame, live.key)
            return
        frames = self.topics.whole(live)
        held.seq = live.seq if frames else MISSING
        for frame in frames:
            self.offer(client, frame, live.key)

    def _next(self, live: L, now_ns: int) -> Message | None:
        try:
            message = self.topics.next(live, now_ns)
        except RequestError:
            self.topics.end(live)
            raise
        self.encoded += message is not None
        return message

    def _tell_end(self, live: L, detail: str) -> None:
        """A topic has ended: its subscriptions have, too."""
        for client in list(live.clients):
            client.give_up(live.name)
            self.tell(client, PushProblem(topic=live.name, detail=detail))

    def tell(self, client: Client, message: msgspec.Struct) -> None:
        """Say something to *client* alone."""
        self.offer(client, text_frame(self._encode(message)), None)

    def offer(self, client: Client, frame: bytes, key: str | None) -> None:
        """Write *frame*, or let it wait; without a key it never conflates. Who has no room for it is closed."""
        if client.is_ending or client.pipe.is_closing():
            return
        try:
            self.conflated += client.offer(frame, key, self._clock.monotonic_ns())
        except SlowConsumerError:
            self.end(client, _LATER, "slow", "too slow: no room for what waits")
            return
        self.sent_messages += 1
        self.sent_bytes += len(frame)
        if client.slot.held:
            self._behind[client] = None

    def _relieve(self, client: Client, now_ns: int) -> None:
        """Write what waits for *client*, as far as it is taken."""
        while client.is_ready() and not client.is_ending:
            entry = client.slot.take()
            if entry is None:
                break
            if entry.frame is not None:
                client.write(entry.frame)
            elif entry.key is not None:
                self._catch_up(client, entry.key)
        if not client.slot.held:
            self._behind.pop(client, None)
        else:
            self.end_late(client, now_ns)

    def _catch_up(self, client: Client, topic: str) -> None:
        """Send a fresh snapshot in the place of all that was not."""
        live, held = self.topics.get(topic), client.topics.get(topic)
        if live is None or held is None:
            return
        try:
            frames = self.topics.whole(live)
        except RequestError as error:
            self.topics.end(live)
            self._tell_end(live, str(error))
            return
        held.seq = live.seq if frames else MISSING
        for frame in frames:
            client.write(frame)

    def end(self, client: Client, code: int, why: str, reason: str) -> None:
        """Close *client*: it is told *code* and *reason*, and counted by *why*."""
        if client.is_ending:
            return
        self.count(why)
        self.forget(client)
        client.end(code, reason, self._clock.monotonic_ns() + GRACE_NS)

    def end_late(self, client: Client, now_ns: int) -> bool:
        """Close *client* where it did not take something in time; give whether that is so."""
        if client.is_late(now_ns):
            self.end(client, _LATER, "slow", "too slow: a message was not taken for 5 seconds")
        return client.is_ending

    def count(self, why: str) -> None:
        """Count a connection that was closed."""
        self.closed[why] = self.closed.get(why, 0) + 1
