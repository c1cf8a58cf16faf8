"""Hands the monitor's push on to a Redis: what the process that holds the lease does for all others.

Each topic is a stream. An entry has the kind of a message (`k`: s a snapshot, d a delta, e a refusal), its number (`q`)
and its words (`m`). What is wanted comes through a stream of its own, as JSON, and is forgotten when nobody repeats it.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tidemark.api.push.client import MISSING
from tidemark.api.push.topics import registry
from tidemark.clock import Clock
from tidemark.errors import DECODE_ERRORS
from tidemark.serve.relay.heard import Heard
from tidemark.serve.relay.push_link import MOST_TOPICS
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.lease import Lease, LeaseLostError
from tidemark.serve.shared.link import RedisLink, Words
from tidemark.units import MIB, MILLISECOND, SECOND

SNAPSHOT, DELTA, REFUSAL = b"s", b"d", b"e"
# Entries of a stream, about: of a topic whose messages say all each time, the newest are enough.
_ENTRIES, _WHOLE_ENTRIES = 500, 20
_STREAM_MS, _ASKS_MS, _ASKS = 15 * 60 * 1000, 60_000, 500
# What is wanted is said again every 5 seconds, and holds for so long.
ASKED_EVERY_S = 5.0
_WANTED_NS = 15 * SECOND
_LISTEN_MS = 100
# Messages on their way to Redis; the monitor's wait in its own line when there are more.
MOST_WAITING, _MOST_ROUND = 2 * MIB, 200
# Nothing is written once another process holds the lease.
_WRITE = """
if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end
redis.call('XADD',KEYS[2],'MAXLEN','~',ARGV[2],'*','k',ARGV[3],'q',ARGV[4],'m',ARGV[5])
redis.call('PEXPIRE',KEYS[2],ARGV[6])
return 1
"""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a process wants: topics, each with the number that its clients have, and those that need a snapshot."""

    want: dict[str, int | None]
    fresh: list[str]


_decode = msgspec.json.Decoder(Ask).decode
_encode = msgspec.json.Encoder().encode


class _Wanted:
    """A topic that somebody wants until *until_ns*; since: the number of its newest message that is written."""

    def __init__(self, since: int | None, until_ns: int) -> None:
        self.since = since
        self.until_ns = until_ns


async def say(link: RedisLink, names: Names, ask: Ask) -> None:
    """Tell whoever holds the lease what is wanted; UnreachableError."""
    added = ("XADD", names.asks, "MAXLEN", "~", _ASKS, "*", "a", _encode(ask))
    await link.ask_all([added, ("PEXPIRE", names.asks, _ASKS_MS)])


class Bridge:
    """Takes what a link to the monitor hears, and writes it in that order. Memory: 2 MiB of messages on their way.

    One that begins goes on behind the newest message that the one before it wrote: nothing is lost or comes twice.
    """

    def __init__(self, link: RedisLink, names: Names, lease: Lease, clock: Clock) -> None:
        self.changed = asyncio.Event()
        self._link = link
        self._names = names
        self._lease = lease
        self._clock = clock
        self._kinds = list(registry.kinds().values())
        self._wanted: dict[str, _Wanted] = {}  # bounded: `_want` takes MOST_TOPICS
        self._fresh: set[str] = set()  # bounded: topics that are wanted
        self._waiting: list[Words] = []  # bounded: `_write` waits beyond MOST_WAITING
        self._bytes = 0
        self._has_waiting = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    @property
    def waiting_bytes(self) -> int:
        """Of messages that are on their way to Redis."""
        return self._bytes

    # What is heard of the monitor, see `Taker`.

    def connected(self, is_up: bool) -> None:
        """Whether the monitor hears what is wanted: it is asked again by itself."""
        if is_up:
            self.changed.set()

    def wanted(self) -> Mapping[str, int | None]:
        """The topics that some process wants, with what is written of them."""
        return {name: one.since for name, one in self._wanted.items()}

    def stale(self) -> Iterable[str]:
        """Those of which some process needs a snapshot."""
        return self._fresh

    async def take(self, head: Heard, payload: bytes) -> None:
        """Write a message behind those before it."""
        wanted = self._wanted.get(head.topic)
        if wanted is None:
            return
        is_snapshot = head.type == "snapshot"
        if is_snapshot:
            self._fresh.discard(head.topic)
        elif wanted.since is not None and head.seq <= wanted.since:
            return
        wanted.since = head.seq
        await self._write(head.topic, SNAPSHOT if is_snapshot else DELTA, head.seq, payload)

    async def refuse(self, topic: str, detail: str) -> None:
        """Tell all that there is no such topic; it is asked for again when somebody wants it again."""
        self._wanted.pop(topic, None)
        self._fresh.discard(topic)
        await self._write(topic, REFUSAL, MISSING, detail.encode())

    async def _write(self, topic: str, kind: bytes, seq: int, words: bytes) -> None:
        is_whole = any(one.IS_WHOLE and one.PATTERN.fullmatch(topic) for one in self._kinds)
        await self._has_room.wait()
        self._waiting.append(
            (
                "EVAL", _WRITE, 2, self._names.lease, self._names.topic(topic), self._lease.value,
                _WHOLE_ENTRIES if is_whole else _ENTRIES, kind, seq, words, _STREAM_MS,
            )
        )  # fmt: skip
        self._bytes += len(words)
        self._has_waiting.set()
        if self._bytes >= MOST_WAITING:
            self._has_room.clear()

    async def write(self) -> None:
        """Write what waits, until cancelled; LeaseLostError when another process holds the lease, UnreachableError."""
        while True:
            await self._has_waiting.wait()
            self._has_waiting.clear()
            while self._waiting:
                written, self._waiting = self._waiting[:_MOST_ROUND], self._waiting[_MOST_ROUND:]
                self._bytes = sum(len(words[-2]) for words in self._waiting if isinstance(words[-2], bytes))
                if self._bytes < MOST_WAITING:
                    self._has_room.set()
                if not all(await self._link.ask_all(written)):
                    raise LeaseLostError("another process holds the lease of the bridge")

    async def listen(self) -> None:
        """Follow what is wanted, until cancelled, beginning with what was said a moment ago; UnreachableError."""
        seconds, microseconds = await self._link.ask("TIME")
        read: Any = f"{int(seconds) * 1000 + int(microseconds) // 1000 - _WANTED_NS // MILLISECOND}-0"
        while True:
            told = await self._link.ask("XREAD", "COUNT", 100, "BLOCK", _LISTEN_MS, "STREAMS", self._names.asks, read)
            for _, entries in told or ():
                for entry, fields in entries:
                    read = entry
                    await self._hear(fields.get(b"a", b""))
            self._forget_old()

    async def _hear(self, words: bytes) -> None:
        try:
            ask = _decode(words)
        except DECODE_ERRORS:
            # Of a later version of ours, or of somebody else: it is not for us.
            return
        for topic, since in ask.want.items():
            await self._want(topic, since)
        self._fresh.update(topic for topic in ask.fresh if topic in self._wanted)
        self.changed.set()

    async def _want(self, topic: str, since: int | None) -> None:
        until_ns = self._clock.monotonic_ns() + _WANTED_NS
        wanted = self._wanted.get(topic)
        if wanted is not None:
            wanted.until_ns = until_ns
        elif len(self._wanted) < MOST_TOPICS:
            written = await self._newest(topic)
            self._wanted[topic] = _Wanted(since if written is None else written, until_ns)

    async def _newest(self, topic: str) -> int | None:
        """The number of the newest message that was written of a topic, by whomever."""
        entries = await self._link.ask("XREVRANGE", self._names.topic(topic), "+", "-", "COUNT", 2)
        found = [int(fields[b"q"]) for _, fields in entries if fields.get(b"k") != REFUSAL]
        return found[0] if found else None

    def _forget_old(self) -> None:
        now = self._clock.monotonic_ns()
        for topic in [topic for topic, wanted in self._wanted.items() if wanted.until_ns < now]:
            del self._wanted[topic]
            self._fresh.discard(topic)
            self.changed.set()
