"""Takes push clients in, sends them what they have subscribed to, and closes those that do not keep up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic

import msgspec
from aiohttp import WebSocketError, WSMsgType, web

from tidemark.api.access import client_of
from tidemark.api.push.client import MESSAGES_PER_S, Client
from tidemark.api.push.delivery import GRACE_NS, Delivery
from tidemark.api.push.frames import close_frame, pong_frame, text_frame
from tidemark.api.push.messages import (
    MOST_MESSAGE_BYTES,
    Authenticate,
    Hello,
    Ping,
    Pong,
    PushProblem,
    Said,
    Subscribe,
    Unsubscribe,
)
from tidemark.api.push.reads import Clients
from tidemark.api.push.sockets import bound
from tidemark.api.push.source import L, Topics
from tidemark.clock import Clock
from tidemark.errors import DECODE_ERRORS, TransientError
from tidemark.memory.client_slot import ClientSlot
from tidemark.memory.ledger import Ledger, Reservation, SlotAccount
from tidemark.units import MILLISECOND, MINUTE, SECOND

HEARTBEAT_NS = 20 * SECOND
ANSWER_NS = 60 * SECOND
STALE_NS = 5 * MINUTE
SWEEP_NS = 60 * SECOND
AUTHENTICATE_NS = 5 * SECOND
_DONE, _GONE, _POLICY, _LATER = 1000, 1001, 1008, 1013
_OWNER = "push/clients"
_CHECK_NS = SECOND
# While somebody is behind, it is looked this often whether he can take more; else at least so often for new topics.
_RELIEF_S, _IDLE_S = 0.02, 0.25
_RETRY_AFTER_S = 5


class PushFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Since the start, but for `open`, `capacity`, `topics` and `waiting_bytes`, which are of now.

    refused: connections when all slots were taken. closed: by reason. conflated: messages in the place of which a newer
    snapshot was sent. sent_messages, sent_bytes: to all clients together; encoded: messages of topics, each once.
    waiting_bytes: for all clients together, in their slots and on the way to the system.
    """

    open: int
    capacity: int
    topics: int
    refused: int
    closed: dict[str, int]
    conflated: int
    encoded: int
    sent_messages: int
    sent_bytes: int
    waiting_bytes: int


class House(Generic[L]):
    """All push clients of a process, at most *clients*; what they are sent comes from *topics*.

    A client may read that was let in as authenticated, or that says a secret which *authenticate* accepts from its
    address. Nothing that a client does holds up another: what it does not take waits in its own slot. One event loop.
    """

    def __init__(
        self,
        topics: Topics[L],
        clock: Clock,
        *,
        slots: SlotAccount,
        authenticate: Callable[[str, str], Awaitable[bool]] | None = None,
    ) -> None:
        self.topics = topics
        self._slots = slots
        self._clock = clock
        self._authenticate = authenticate
        self._delivery = Delivery(topics, clock)
        self._clients: dict[Client, None] = {}  # bounded: one a slot
        self._decode = msgspec.json.Decoder(Said).decode
        self._encode = msgspec.json.Encoder().encode
        self._checked_ns = self._swept_ns = clock.monotonic_ns()
        self._goodbye: str | None = None
        self._empty = asyncio.Event()
        self._admitted = 0

    @staticmethod
    def account(clients: int, ledger: Ledger) -> SlotAccount:
        """List room for so many clients."""
        return ClientSlot.account(_OWNER, clients, ledger)

    @staticmethod
    def room(clients: int) -> Reservation:
        """What so many clients will take; allocates nothing."""
        return ClientSlot.reserve(_OWNER, clients)

    def figures(self) -> PushFigures:
        """How it stands, for metrics."""
        return PushFigures(
            open=len(self._clients),
            capacity=self._slots.reservation.capacity,
            topics=self.topics.usage().used,
            refused=self._slots.usage().rejected,
            closed=dict(self._delivery.closed),
            conflated=self._delivery.conflated,
            encoded=self._delivery.encoded,
            sent_messages=self._delivery.sent_messages,
            sent_bytes=self._delivery.sent_bytes,
            waiting_bytes=sum(client.waiting_bytes for client in self._clients),
        )

    def seats(self) -> Clients:
        """The same in short, for people."""
        return Clients(
            open=len(self._clients),
            capacity=self._slots.reservation.capacity,
            slow_closed=self._delivery.closed.get("slow", 0),
            conflated=self._delivery.conflated,
        )

    @property
    def is_open(self) -> bool:
        """Whether clients are let in."""
        return self._goodbye is None

    async def follow(self) -> None:
        """Make the messages when they are due, and send them, until cancelled; a house that was closed opens again."""
        self._goodbye = None
        while True:
            await self.topics.pause(self._pause_s())
            await self.turn()

    async def turn(self) -> None:
        """Do what is due now: first what looks after the clients, then the topics, one after the other."""
        now = self._clock.monotonic_ns()
        if now - self._checked_ns >= _CHECK_NS:
            self._checked_ns = now
            self.check(now)
        await self._delivery.turn(now)

    async def handle(self, request: web.Request, *, is_authenticated: bool = True) -> web.StreamResponse:
        """Serve one connection from its handshake to its end; 503 when all slots are taken."""
        if self._goodbye is not None:
            return _full("the process is stopping; connect again when it runs")
        try:
            self._slots.take()
        except TransientError as error:
            return _full(str(error))
        try:
            return await self._serve(request, is_authenticated=is_authenticated)
        finally:
            self._slots.give_back()

    async def close(self, reason: str) -> None:
        """Tell every client that it is closed and why, let no other in, and wait for a second until all have gone."""
        self._goodbye = reason
        for client in list(self._clients):
            self._delivery.end(client, _GONE, "shutdown", reason)
        if self._clients:
            self._empty.clear()
            try:
                async with asyncio.timeout(GRACE_NS / SECOND):
                    await self._empty.wait()
            except TimeoutError:
                for client in list(self._clients):
                    client.pipe.abort()

    async def _serve(self, request: web.Request, *, is_authenticated: bool) -> web.StreamResponse:
        response = web.WebSocketResponse(
            timeout=GRACE_NS / SECOND, autoclose=False, autoping=False, compress=False,
            max_msg_size=MOST_MESSAGE_BYTES, decode_text=False,
        )  # fmt: skip
        await response.prepare(request)
        transport = request.transport
        if transport is None:
            return response
        bound(transport)
        client = self.admit(
            Client(
                transport,
                self._clock.monotonic_ns(),
                is_authenticated=is_authenticated,
                address=client_of(request.remote or ""),
            )
        )
        try:
            await self._listen(response, client)
        finally:
            self.leave(client)
            # All that is owed was written; nothing is added behind the close frame. Who does not take it is cut off.
            transport.close()
            asyncio.get_running_loop().call_later(GRACE_NS / SECOND, transport.abort)
        return response

    async def _listen(self, response: web.WebSocketResponse[bool], client: Client) -> None:
        """Follow what the client says until it, or we, have said goodbye."""
        while True:
            message = await response.receive()
            match message.type:
                case WSMsgType.TEXT:
                    await self.hear(client, message.data)
                case WSMsgType.BINARY:
                    await self.hear(client, b"")
                case WSMsgType.PING | WSMsgType.PONG:
                    self._hear_control(client, message.data if message.type is WSMsgType.PING else None)
                case WSMsgType.CLOSE:
                    if not client.is_ending and not client.pipe.is_closing():
                        client.pipe.write(close_frame(_DONE, ""))
                    return
                case WSMsgType.ERROR:
                    if isinstance(message.data, WebSocketError):
                        self._delivery.count("malformed")
                    return
                case _:
                    return

    def admit(self, client: Client) -> Client:
        """Take *client* in, which has a slot, and greet it."""
        self._clients[client] = None
        # Those that came together are not all asked for an answer in the same moment.
        self._admitted += 1
        client.pinged_ns -= self._admitted * SECOND % HEARTBEAT_NS
        self._delivery.tell(client, Hello(ts=self._now_ms(), heartbeat_s=HEARTBEAT_NS // SECOND))
        return client

    def leave(self, client: Client) -> None:
        """Forget *client*, whose connection has ended."""
        self._delivery.forget(client)
        client.slot.close()
        self._clients.pop(client, None)
        if not self._clients:
            self._empty.set()

    async def hear(self, client: Client, payload: bytes) -> None:
        """Follow one message of *client*, whatever it is."""
        if client.is_ending or not self._may_speak(client):
            return
        try:
            said = self._decode(payload)
        except DECODE_ERRORS as error:
            self._delivery.tell(client, PushProblem(detail=f"the message is not understood: {str(error)[:200]}"))
            return
        if isinstance(said, Authenticate):
            await self._let_in(client, said.token)
        elif not client.is_authenticated:
            self._delivery.end(client, _POLICY, "unauthenticated", "authenticate before anything else")
        elif isinstance(said, Subscribe):
            await self.topics.prepare(said.topic, said.since)
            # Finding out may take a moment, in which the process may have begun to stop.
            if not client.is_ending:
                self._delivery.subscribe(client, said)
        elif isinstance(said, Unsubscribe):
            self._delivery.unsubscribe(client, said.token)
        else:
            assert isinstance(said, Pong)  # noqa: S101 - the last of the union: it has been heard, which is all it is for

    def _hear_control(self, client: Client, pinged: bytes | None) -> None:
        if not client.is_ending and self._may_speak(client) and pinged is not None:
            self._delivery.offer(client, pong_frame(bytes(pinged)), None)

    def _may_speak(self, client: Client) -> bool:
        if client.hears(self._clock.monotonic_ns()):
            return True
        self._delivery.end(client, _POLICY, "rate", f"more than {MESSAGES_PER_S} messages a second")
        return False

    async def _let_in(self, client: Client, secret: str) -> None:
        if client.is_authenticated:
            return
        try:
            is_good = self._authenticate is not None and await self._authenticate(secret, client.address)
        except TransientError as error:
            self._delivery.end(client, _LATER, "busy", str(error))
            return
        if is_good:
            client.is_authenticated = True
        else:
            self._delivery.end(client, _POLICY, "unauthenticated", "the token is wrong")

    def check(self, now_ns: int) -> None:
        """Once a second: end who is late, silent or a stranger, cut off who was told to go, ping the others."""
        ping = text_frame(self._encode(Ping(ts=self._now_ms())))
        for client in list(self._clients):
            if client.abort_ns is not None:
                if now_ns >= client.abort_ns:
                    client.pipe.abort()
            elif self._delivery.end_late(client, now_ns):
                continue
            elif now_ns - client.heard_ns >= ANSWER_NS:
                self._delivery.end(client, _POLICY, "silent", "no answer for 60 seconds")
            elif not client.is_authenticated and now_ns - client.opened_ns >= AUTHENTICATE_NS:
                self._delivery.end(client, _POLICY, "unauthenticated", "no token within 5 seconds")
            elif now_ns - client.pinged_ns >= HEARTBEAT_NS:
                client.pinged_ns = now_ns
                self._delivery.offer(client, ping, None)
        if now_ns - self._swept_ns >= SWEEP_NS:
            self._swept_ns = now_ns
            self._sweep(now_ns)

    def _sweep(self, now_ns: int) -> None:
        """Once a minute: whatever should have been closed long ago goes, whatever state it is in."""
        self.topics.expire(now_ns)
        for client in list(self._clients):
            if now_ns - client.heard_ns >= STALE_NS:
                self._delivery.count("stale")
                client.pipe.abort()
                self.leave(client)

    def _pause_s(self) -> float:
        if self._delivery.is_behind:
            return _RELIEF_S
        due = self.topics.next_due_ns()
        if due is None:
            return _IDLE_S
        return min(max(due - self._clock.monotonic_ns(), 0) / SECOND, _IDLE_S)

    def _now_ms(self) -> int:
        return self._clock.now_ns() // MILLISECOND


def _full(detail: str) -> web.Response:
    """Said before the handshake, so that it is an answer over HTTP."""
    body = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail, "instance": "/ws"}
    return web.Response(
        status=503,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers={"Retry-After": str(_RETRY_AFTER_S)},
    )
