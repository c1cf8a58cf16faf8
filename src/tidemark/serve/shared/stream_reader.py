"""Reads from a Redis what the process that holds the lease hears of the monitor's push."""

import asyncio
from contextlib import suppress
from typing import Any

from tidemark.api.push.client import MISSING
from tidemark.clock import Clock
from tidemark.serve.relay.heard import Heard
from tidemark.serve.relay.topics import RelayTopics
from tidemark.serve.shared.bridge import ASKED_EVERY_S, DELTA, REFUSAL, SNAPSHOT, Ask, say
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink
from tidemark.units import SECOND

# What is read of a stream at first, and of all of them in one round.
_LOADED, _ROUND = 150, 200
# A topic that comes meanwhile waits so long at most.
_LISTEN_MS = 50
# A snapshot that did not come is asked for again.
_AGAIN_NS = 2 * SECOND
_TYPES = {SNAPSHOT: "snapshot", DELTA: "delta"}


class StreamReader:
    """Tells *topics* what is written of what they want, in the order in which it was written."""

    def __init__(self, link: RedisLink, names: Names, topics: RelayTopics, clock: Clock) -> None:
        self._link = link
        self._names = names
        self._topics = topics
        self._clock = clock
        # Of each topic the entry that was read last.
        self._read: dict[str, Any] = {}  # bounded: topics that are wanted
        self._asked: tuple[set[str], set[str]] = (set(), set())  # bounded: as above
        self._asked_ns = -_AGAIN_NS

    async def follow(self) -> None:
        """Read until cancelled; UnreachableError when there is no Redis any more."""
        self._topics.connected(True)
        try:
            while True:
                self._topics.changed.clear()
                await self._look()
                await self._listen()
        finally:
            self._topics.connected(False)

    async def _look(self) -> None:
        """Read what there is of topics that are new, and say what is wanted."""
        wanted = dict(self._topics.wanted())
        for topic in set(self._read) - set(wanted):
            del self._read[topic]
        for topic in wanted:
            if topic not in self._read:
                await self._load(topic)
        fresh = set(self._topics.stale())
        now, before = self._clock.monotonic_ns(), self._asked
        is_new = not (set(wanted) <= before[0] and fresh <= before[1])
        every_ns = _AGAIN_NS if fresh else round(ASKED_EVERY_S * SECOND)
        if (wanted and now - self._asked_ns >= every_ns) or is_new:
            self._asked, self._asked_ns = (set(wanted), fresh), now
            await say(self._link, self._names, Ask(want=wanted, fresh=sorted(fresh)))
        elif before != (set(wanted), fresh):
            self._asked = set(wanted), fresh

    async def _load(self, topic: str) -> None:
        """What was written of a topic before this process wanted it."""
        entries = await self._link.ask("XREVRANGE", self._names.topic(topic), "+", "-", "COUNT", _LOADED)
        self._read[topic] = entries[0][0] if entries else "0-0"
        for _, fields in reversed(entries):
            if fields.get(b"k") in _TYPES:
                await self._take(topic, fields)

    async def _listen(self) -> None:
        if not self._read:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._topics.changed.wait()
            return
        places = [(self._names.topic(topic), last) for topic, last in self._read.items()]
        streams, lasts = zip(*places, strict=True)
        told = await self._link.ask("XREAD", "COUNT", _ROUND, "BLOCK", _LISTEN_MS, "STREAMS", *streams, *lasts)
        names = {self._names.topic(topic).encode(): topic for topic in self._read}
        for stream, entries in told or ():
            topic = names[stream]
            for entry, fields in entries:
                self._read[topic] = entry
                if fields.get(b"k") == REFUSAL:
                    await self._topics.refuse(topic, fields.get(b"m", b"").decode(errors="replace"))
                else:
                    await self._take(topic, fields)

    async def _take(self, topic: str, fields: dict[bytes, bytes]) -> None:
        kind, seq = _TYPES.get(fields.get(b"k", b"")), int(fields.get(b"q", MISSING))
        live = self._topics.get(topic)
        # What was heard before by another way is not heard again; a stream is of one life of the monitor.
        if kind is not None and live is not None and seq >= live.seq:
            await self._topics.take(Heard(type=kind, topic=topic, seq=seq), fields.get(b"m", b""))
