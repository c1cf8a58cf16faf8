"""The topics that clients of this process want, as the monitor tells them: kept so that who joins need not ask it.

Of each there is the newest snapshot and what came after it, like the frames of a film after a whole picture.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress

from tidemark.api.push.client import MISSING
from tidemark.api.push.frames import text_frame
from tidemark.api.push.replay import Replay
from tidemark.api.push.source import Followed, Message
from tidemark.api.push.topics import registry
from tidemark.api.push.topics.base import Kind
from tidemark.clock import Clock
from tidemark.errors import RequestError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.map import BoundedMap
from tidemark.serve.relay.heard import Heard
from tidemark.serve.relay.push_link import MOST_TOPICS
from tidemark.units import KIB, MIB, MINUTE

_OWNER, _WHOLE = "push/topics", "push/snapshots"
_TOPIC_BYTES = 4 * KIB
_CLIENT_BYTES = 128
_WHOLE_BYTES = 4 * MIB
# Messages of a topic that were not sent to its clients yet; when there are more, they get the snapshot instead.
_MOST_UNSENT, _UNSENT_BYTES = 32, 4 * MIB
# What follows a snapshot may have so many bytes, or as many as it, before a fresh one is asked for.
_LEAST_AFTER = 16 * KIB
# A topic that nobody receives is followed so much longer; the monitor knows for 15 minutes what came after.
_IDLE_NS = MINUTE
_FIND_OUT_S = 2.0
_NEVER_NS = 1 << 62
_DELTA, _SNAPSHOT = b'{"type":"delta"', b'{"type":"snapshot"'


class Relayed(Followed):
    """A topic that is heard of. `seq` is that of the newest message that came, MISSING before the first.

    since: what the first client has of it. refusal: why there is no such topic. ready: set when one of both is known.
    """

    def __init__(self, name: str, kind: type[Kind], since: int | None, now_ns: int) -> None:
        super().__init__(name, name if kind.CONFLATES else None, MISSING, now_ns)
        # It says itself when it has something.
        self.due_ns = _NEVER_NS
        self.kind = kind
        self.since = since
        self.refusal: str | None = None
        self.is_stale = True
        self.ready = asyncio.Event()
        self.unsent: deque[Message] = deque()  # bounded: `_queue` lets all go where there are too many


class RelayTopics:
    """At most as many topics as one push connection to the monitor carries. An owner of the ledger.

    is_connected: whether a question to the monitor is answered soon. changed: see Taker.
    """

    def __init__(self, clock: Clock, *, clients: int, ledger: Ledger) -> None:
        self.reservation = self.reserve(clients=clients)[0]
        self.changed = asyncio.Event()
        self.is_connected = False
        self.replay = Replay(ledger)
        self._clock = clock
        self._kinds = list(registry.kinds().values())
        self._live: dict[str, Relayed] = {}  # bounded: `_open` refuses beyond MOST_TOPICS
        # By name: a number, and a frame, or the words of a message that says all each time.
        self._whole: BoundedMap[str, tuple[int, bytes]] = BoundedMap(
            _WHOLE, items=MOST_TOPICS, max_bytes=_WHOLE_BYTES, size=_size
        )
        self._has_unsent = asyncio.Event()
        self._unsent_bytes = 0
        self._peak = 0
        self._evicted = 0
        self._rejected = 0
        ledger.open(self)
        ledger.open(self._whole)

    @staticmethod
    def reserve(*, clients: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it; the first is of the topics themselves."""
        return [
            Reservation(
                owner=_OWNER,
                kind="map",
                capacity=MOST_TOPICS,
                item_bytes=_TOPIC_BYTES,
                fixed_bytes=_UNSENT_BYTES + clients * _CLIENT_BYTES * len(registry.kinds()),
                policy="ends one that nobody receives, else refuses the next one",
            ),
            BoundedMap.reserve(_WHOLE, items=MOST_TOPICS, max_bytes=_WHOLE_BYTES),
            Replay.reserve(),
        ]

    def usage(self) -> Usage:
        """Topics that are followed."""
        return Usage(
            used=len(self._live),
            peak=self._peak,
            bytes_used=len(self._live) * _TOPIC_BYTES + self._unsent_bytes,
            evicted=self._evicted,
            rejected=self._rejected,
        )

    # What delivery asks, see `Topics`.

    async def prepare(self, name: str, since: int | None) -> None:
        """Let the monitor say whether there is such a topic, and all of it, where it answers soon."""
        live = self._live.get(name)
        if live is not None and live.refusal is not None and not live.clients:
            # What was so a while ago may have changed.
            self.end(live)
            live = None
        if live is None:
            with suppress(RequestError):
                live = self._open(name, since)
        if live is not None and self.is_connected and not live.ready.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIND_OUT_S):
                    await live.ready.wait()

    async def pause(self, most_s: float) -> None:
        """Wait until a message has come, and no longer than *most_s*."""
        if self._has_unsent.is_set():
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._has_unsent.wait()

    def get(self, name: str) -> Relayed | None:
        """A topic that is followed."""
        return self._live.get(name)

    def find(self, name: str, now_ns: int) -> Relayed:
        """The topic *name*; RequestError where there is none, as far as is known, or no room for it."""
        del now_ns
        live = self._live.get(name) or self._open(name, None)
        if live.refusal is not None:
            self.end(live)
            raise RequestError(404, live.refusal)
        return live

    def due(self, now_ns: int) -> list[Relayed]:
        """The topics of which something was not sent yet."""
        del now_ns
        found = []
        for live in self._live.values():
            if not live.clients:
                self._drop_unsent(live)
            elif live.unsent or live.refusal is not None:
                found.append(live)
        if not found:
            self._has_unsent.clear()
        return found

    def next_due_ns(self) -> int | None:
        """Now, where something was not sent yet."""
        return 0 if self._has_unsent.is_set() else None

    def next(self, live: Relayed, now_ns: int) -> Message | None:
        """The oldest message that was not sent; RequestError when the topic has ended."""
        del now_ns
        if live.refusal is not None:
            raise RequestError(404, live.refusal)
        if not live.unsent:
            return None
        message = live.unsent.popleft()
        self._unsent_bytes -= len(message.frame)
        return message

    def whole(self, live: Relayed) -> list[bytes]:
        """The newest snapshot and what came after it; nothing where a fresh one is needed first, which is asked for."""
        kept = self._whole.get(live.name)
        if kept is not None and live.kind.IS_WHOLE:
            # A message that says all is a snapshot for whoever joins: it is only called otherwise.
            return [text_frame(kept[1].replace(_DELTA, _SNAPSHOT, 1))]
        after = None if kept is None else self.missed(live, kept[0])
        if kept is None or after is None:
            self._refresh(live)
            return []
        if sum(map(len, after)) > max(_LEAST_AFTER, len(kept[1])):
            self._refresh(live)
        return [kept[1], *after]

    def missed(self, live: Relayed, since: int) -> list[bytes] | None:
        """The frames after *since*; None where they are not all there."""
        return [] if since == live.seq else self.replay.since(live.name, since)

    def end(self, live: Relayed) -> None:
        """Forget a topic."""
        self._live.pop(live.name, None)
        self._drop_unsent(live)
        self._forget(live)
        self.changed.set()

    def expire(self, now_ns: int) -> None:
        """Forget the topics that nobody has received for a minute, and messages that are too old to be replayed."""
        for live in list(self._live.values()):
            if not live.clients and live.left_ns < now_ns - _IDLE_NS:
                self.end(live)
        self.replay.expire(now_ns)

    # What is heard, see `Taker`.

    def connected(self, is_up: bool) -> None:
        """Whether the monitor hears what is wanted, from now on."""
        self.is_connected = is_up
        self.changed.set()

    def wanted(self) -> Mapping[str, int | None]:
        """The topics, each with the `seq` that it is held up to."""
        return {
            live.name: live.since if live.seq == MISSING else live.seq
            for live in self._live.values()
            if live.refusal is None
        }

    def stale(self) -> Iterable[str]:
        """Those of which a fresh snapshot is wanted."""
        return [live.name for live in self._live.values() if live.is_stale and live.refusal is None]

    async def take(self, head: Heard, payload: bytes) -> None:
        """A message, in the order in which the monitor sent it; one that came before is passed over."""
        live = self._live.get(head.topic)
        if live is None:
            return
        if head.type == "snapshot":
            self._take_whole(live, head.seq, payload)
        elif head.seq > live.seq:
            self._take_change(live, head.seq, payload)

    async def refuse(self, topic: str, detail: str) -> None:
        """There is no such topic, or it has ended: its clients are told."""
        live = self._live.get(topic)
        if live is not None:
            live.refusal = detail
            live.ready.set()
            self._has_unsent.set()

    def restart(self) -> None:
        """Another monitor has taken the place of the one before: its numbers say nothing about what is held."""
        for live in self._live.values():
            self._begin_again(live)
        self.changed.set()

    def _take_whole(self, live: Relayed, seq: int, payload: bytes) -> None:
        if seq < live.seq:
            # The monitor has begun again, by a clock that went back.
            self._begin_again(live)
        if seq > live.seq:
            self.replay.clear(live.name)
            live.seq = seq
        frame = text_frame(payload)
        self._whole[live.name] = (seq, payload if live.kind.IS_WHOLE else frame)
        live.is_stale = False
        live.ready.set()
        self._queue(live, Message(frame, seq, MISSING))

    def _take_change(self, live: Relayed, seq: int, payload: bytes) -> None:
        before = live.since if live.seq == MISSING else live.seq
        if before != seq - 1:
            # Something is missing in between: whoever has what came before needs all of it anew.
            self._forget(live)
            self._refresh(live)
        live.seq = seq
        frame = text_frame(payload)
        if live.kind.IS_WHOLE:
            self._whole[live.name] = (seq, payload)
            live.is_stale = False
            live.ready.set()
        else:
            self.replay.add(live.name, seq, self._clock.monotonic_ns(), frame)
        self._queue(live, Message(frame, seq, seq - 1))

    def _queue(self, live: Relayed, message: Message) -> None:
        if not live.clients:
            return
        if len(live.unsent) >= _MOST_UNSENT or self._unsent_bytes + len(message.frame) > _UNSENT_BYTES:
            # Whoever misses what goes here finds that the next one does not follow upon what he has.
            self._drop_unsent(live)
        live.unsent.append(message)
        self._unsent_bytes += len(message.frame)
        self._has_unsent.set()

    def _drop_unsent(self, live: Relayed) -> None:
        self._unsent_bytes -= sum(len(message.frame) for message in live.unsent)
        live.unsent.clear()

    def _begin_again(self, live: Relayed) -> None:
        self._forget(live)
        self._drop_unsent(live)
        live.seq, live.since, live.is_stale = MISSING, None, True
        for client in live.clients:
            held = client.topics.get(live.name)
            if held is not None:
                held.seq = MISSING

    def _forget(self, live: Relayed) -> None:
        self.replay.clear(live.name)
        self._whole.pop(live.name, None)

    def _refresh(self, live: Relayed) -> None:
        if not live.is_stale:
            live.is_stale = True
            self.changed.set()

    def _open(self, name: str, since: int | None) -> Relayed:
        kind = next((kind for kind in self._kinds if kind.PATTERN.fullmatch(name)), None)
        if kind is None:
            raise RequestError(404, f"there is no topic {name[:80]!r}; the documentation of push lists them")
        if len(self._live) >= MOST_TOPICS:
            idle = min(
                (live for live in self._live.values() if not live.clients), key=lambda live: live.left_ns, default=None
            )
            if idle is None:
                self._rejected += 1
                raise RequestError(
                    429, f"{MOST_TOPICS} topics are received already by this process; try again when one has ended"
                )
            self._evicted += 1
            self.end(idle)
        # What a topic says whole each time needs nothing of before.
        live = Relayed(name, kind, None if kind.IS_WHOLE else since, self._clock.monotonic_ns())
        self._live[name] = live
        self._peak = max(self._peak, len(self._live))
        self.changed.set()
        return live


def _size(name: str, kept: tuple[int, bytes]) -> int:
    return len(name) + len(kept[1]) + 256
