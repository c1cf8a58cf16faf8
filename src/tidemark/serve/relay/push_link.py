"""One push connection to the monitor: each topic once, for all who want it; opened again with what was held before."""

import asyncio
import random
from typing import Literal

import aiohttp
import msgspec
import structlog
from aiohttp import WSMsgType

from tidemark.api.application import PUSH_PATH
from tidemark.clock import Clock
from tidemark.errors import UnreachableError
from tidemark.serve.relay.heard import Taker, heard
from tidemark.serve.relay.upstream import Upstream
from tidemark.units import SECOND

# The monitor hears at most 20 messages a second of one connection, in bursts of 40, and gives it 100 subscriptions:
# one for each topic, and some that are given back when their snapshot has come.
_MESSAGES_PER_S, _BURST = 15.0, 30.0
MOST_TOPICS, _MOST_FRESH = 90, 8
# Pings come every 20 seconds.
_SILENCE_S = 50.0
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.2, 5.0
# A snapshot that did not come within this time is asked for again; so often it is looked for what is wanted.
_FRESH_NS, _LOOK_S = 5 * SECOND, 0.5
_PONG = b'{"op":"pong"}'
_Socket = aiohttp.ClientWebSocketResponse[Literal[False]]
log = structlog.get_logger()


class _Held:
    """A topic that was subscribed to: what ends it, and since when a fresh snapshot of it is waited for."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.fresh_ns: int | None = None


class PushLink:
    """Listens for *taker*, until cancelled. is_up: whether the monitor greets it at the moment."""

    def __init__(self, upstream: Upstream, taker: Taker, clock: Clock) -> None:
        self.is_up = False
        self.opened = 0
        self._upstream = upstream
        self._taker = taker
        self._clock = clock
        self._held: dict[str, _Held] = {}  # bounded: `_reconcile` subscribes to MOST_TOPICS
        self._encode = msgspec.json.Encoder().encode
        self._allowance = _BURST
        self._allowed_ns = clock.monotonic_ns()

    async def follow(self) -> None:
        """Be connected; whenever that ends, again, after a pause that becomes longer while it is of no use."""
        pause_s = _LEAST_PAUSE_S
        while True:
            try:
                await self._listen()
            except UnreachableError as error:
                if self.is_up or pause_s == _LEAST_PAUSE_S:
                    log.warning("the monitor's push was lost", cause=str(error))
            pause_s = _LEAST_PAUSE_S if self.is_up else min(2 * pause_s, _MOST_PAUSE_S)
            self.is_up = False
            self._taker.connected(False)
            self._held.clear()
            # Processes that have lost the same monitor do not come back in the same moment.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))

    async def _listen(self) -> None:
        """One connection, to its end; UnreachableError says why it has ended."""
        async with self._upstream.push(PUSH_PATH) as socket:
            try:
                async with asyncio.TaskGroup() as group:
                    speaking = group.create_task(self._speak(socket), name="speak")
                    try:
                        await self._hear(socket)
                    finally:
                        speaking.cancel()
            except ExceptionGroup as failed:
                raise failed.exceptions[0] from failed

    async def _hear(self, socket: _Socket) -> None:
        while True:
            try:
                message = await socket.receive(_SILENCE_S)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                raise UnreachableError(f"the monitor's push says nothing for {_SILENCE_S:g} s") from error
            if message.type is not WSMsgType.TEXT:
                code, reason = socket.close_code, message.extra or message.data
                raise UnreachableError(f"the monitor closed its push: {code}, {str(reason)[:120]!r}")
            await self._follow(socket, message.data)

    async def _follow(self, socket: _Socket, payload: bytes) -> None:
        """Follow one message."""
        head = heard(payload)
        match head.type:
            case "snapshot" | "delta":
                held = self._held.get(head.topic)
                if held is not None and head.type == "snapshot":
                    held.fresh_ns = None
                await self._taker.take(head, payload)
            case "ping":
                await self._say(socket, _PONG)
            case "subscribed":
                await self._subscribed(socket, head.topic, head.token)
            case "error" if head.topic:
                self._held.pop(head.topic, None)
                await self._taker.refuse(head.topic, head.detail)
            case "hello":
                self.is_up = True
                self.opened += 1
                self._taker.connected(True)
            case _:
                # What a later version says beside this is for others.
                pass

    async def _subscribed(self, socket: _Socket, topic: str, token: str) -> None:
        held = self._held.get(topic)
        if held is not None and held.token is None:
            held.token = token
            return
        # A second one, for its snapshot, or one that nobody wants any more.
        await self._say(socket, self._encode({"op": "unsubscribe", "token": token}))

    async def _speak(self, socket: _Socket) -> None:
        """Ask for what is wanted, and end what is not, whenever that changes."""
        changed = self._taker.changed
        while True:
            try:
                async with asyncio.timeout(_LOOK_S):
                    await changed.wait()
            except TimeoutError:
                pass
            changed.clear()
            if self.is_up:
                await self._reconcile(socket)

    async def _reconcile(self, socket: _Socket) -> None:
        wanted = dict(self._taker.wanted())
        for topic, held in list(self._held.items()):
            if topic not in wanted and held.token is not None:
                del self._held[topic]
                await self._say(socket, self._encode({"op": "unsubscribe", "token": held.token}))
        for topic, since in wanted.items():
            if topic not in self._held and len(self._held) < MOST_TOPICS:
                held = self._held[topic] = _Held()
                if since is None:
                    held.fresh_ns = self._clock.monotonic_ns()
                asked = {"op": "subscribe", "topic": topic} | ({} if since is None else {"since": since})
                await self._say(socket, self._encode(asked))
        for topic in list(self._taker.stale()):
            known = self._held.get(topic)
            if known is not None and self._may_refresh(known):
                known.fresh_ns = self._clock.monotonic_ns()
                await self._say(socket, self._encode({"op": "subscribe", "topic": topic}))

    def _may_refresh(self, held: _Held) -> bool:
        now = self._clock.monotonic_ns()
        if held.fresh_ns is not None and now - held.fresh_ns < _FRESH_NS:
            return False
        waiting = [one for one in self._held.values() if one.fresh_ns is not None and now - one.fresh_ns < _FRESH_NS]
        return len(waiting) < _MOST_FRESH

    async def _say(self, socket: _Socket, payload: bytes) -> None:
        """Say something when it may be said; UnreachableError where nobody listens any more."""
        now = self._clock.monotonic_ns()
        self._allowance = min(_BURST, self._allowance + (now - self._allowed_ns) * _MESSAGES_PER_S / SECOND) - 1.0
        self._allowed_ns = now
        if self._allowance < 0.0:
            await asyncio.sleep(-self._allowance / _MESSAGES_PER_S)
        try:
            await socket.send_str(payload.decode())
        except (aiohttp.ClientError, OSError) as error:
            raise UnreachableError("the monitor's push does not listen any more") from error
