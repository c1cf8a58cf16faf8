"""The topics that live: made when somebody subscribes, advanced when they are due, each message encoded once."""

import asyncio
from re import Match

import msgspec

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.frames import text_frame
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.api.push.replay import AGE_NS, Replay
from tidemark.api.push.source import Followed, Message
from tidemark.api.push.topics import registry
from tidemark.api.push.topics.base import TOPIC_BYTES, Kind, Topic
from tidemark.errors import RequestError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.map import BoundedMap
from tidemark.units import KIB, MIB, MILLISECOND

_OWNER, _SNAPSHOTS = "push/topics", "push/snapshots"
# Under memory pressure messages come so many times more seldom.
_CONFLATED = 5
# Snapshots that several clients ask for at once are encoded once.
_SNAPSHOT_ITEMS = 64
_SNAPSHOT_BYTES = 2 * MIB
# An entry of the mapping of a topic's clients, and what a topic is beside what it keeps.
_CLIENT_BYTES = 128
_FIXED_BYTES = 64 * KIB


class LiveTopic(Followed):
    """A topic that is made here."""

    def __init__(self, name: str, kind: Kind, topic: Topic, seq: int, now_ns: int) -> None:
        super().__init__(name, name if kind.CONFLATES else None, seq, now_ns)
        self.kind = kind
        self.topic = topic


class LiveTopics:
    """All kinds of topics, and at most as many topics of each as it says.

    A topic whose clients have gone stays for 15 minutes, without doing anything: who comes back within that time gets
    what changed meanwhile. Its `seq` starts at the time (ms), so that no number of an earlier life is taken for one of
    this. clients: how many there may be.
    """

    def __init__(self, reads: Reads, figures: MarketFigures, *, clients: int, ledger: Ledger) -> None:
        self._reads = reads
        self._kinds = [kind(reads, figures) for kind in registry.kinds().values()]
        self.reservation = self.reserve(clients=clients)[0]
        self._live: dict[str, LiveTopic] = {}  # bounded: `_open` refuses beyond MOST of each kind
        self._snapshots: BoundedMap[str, tuple[int, bytes]] = BoundedMap(
            _SNAPSHOTS, items=_SNAPSHOT_ITEMS, max_bytes=_SNAPSHOT_BYTES, size=_size
        )
        self.replay = Replay(ledger)
        self._encoder = msgspec.json.Encoder()
        self._peak = 0
        self._rejected = 0
        self._highest_seq = 0
        ledger.open(self)
        ledger.open(self._snapshots)

    @staticmethod
    def reserve(*, clients: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it; the first is of the topics themselves."""
        return [
            Reservation(
                owner=_OWNER,
                kind="map",
                capacity=sum(kind.MOST for kind in registry.kinds().values()),
                item_bytes=TOPIC_BYTES,
                fixed_bytes=_FIXED_BYTES + clients * _CLIENT_BYTES * len(registry.kinds()),
                policy="ends one that nobody receives, else refuses the next one",
            ),
            BoundedMap.reserve(_SNAPSHOTS, items=_SNAPSHOT_ITEMS, max_bytes=_SNAPSHOT_BYTES),
            Replay.reserve(),
        ]

    def usage(self) -> Usage:
        """Topics that live."""
        return Usage(
            used=len(self._live),
            peak=self._peak,
            bytes_used=len(self._live) * TOPIC_BYTES,
            rejected=self._rejected,
        )

    async def prepare(self, name: str, since: int | None) -> None:
        """Do nothing: what there is is known here."""

    async def pause(self, most_s: float) -> None:
        """Wait so long: messages are made when they are due."""
        await asyncio.sleep(most_s)

    def get(self, name: str) -> LiveTopic | None:
        """A topic that lives."""
        return self._live.get(name)

    def find(self, name: str, now_ns: int) -> LiveTopic:
        """The topic *name*, which lives from now on; RequestError when there is none, or there is no room for it."""
        live = self._live.get(name)
        if live is not None:
            return live
        for kind in self._kinds:
            match = kind.PATTERN.fullmatch(name)
            if match is not None:
                return self._open(name, kind, match, now_ns)
        raise RequestError(404, f"there is no topic {name[:80]!r}; the documentation of push lists them")

    def due(self, now_ns: int) -> list[LiveTopic]:
        """The topics whose next message is to be made now, for somebody."""
        return [live for live in self._live.values() if live.clients and live.due_ns <= now_ns]

    def next_due_ns(self) -> int | None:
        """When the next message of any topic is due; None while nobody has subscribed."""
        return min((live.due_ns for live in self._live.values() if live.clients), default=None)

    def next(self, live: LiveTopic, now_ns: int) -> Message | None:
        """The next message of a topic, None where nothing has changed; RequestError when it has ended.

        Whoever receives a topic from here has all that came before.
        """
        frame = self.advance(live, now_ns)
        return None if frame is None else Message(frame, live.seq, 0)

    def advance(self, live: LiveTopic, now_ns: int) -> bytes | None:
        """The frame of the next message of a topic, None where nothing has changed; RequestError when it has ended."""
        period_ns = live.kind.PERIOD_MS * MILLISECOND * (_CONFLATED if self._reads.is_conflated() else 1)
        live.due_ns = max(live.due_ns + period_ns, now_ns + period_ns // 2)
        message = live.topic.change(self._stamp(live.name, live.seq + 1))
        if message is None:
            return None
        live.seq += 1
        frame = self._encode(message)
        if isinstance(message, Snapshot):
            self.replay.clear(live.name)
            self._snapshots[live.name] = (live.seq, frame)
        elif not live.kind.IS_WHOLE:
            self.replay.add(live.name, live.seq, now_ns, frame)
        return frame

    def whole(self, live: LiveTopic) -> list[bytes]:
        """The frame that gives all of a topic."""
        return [self.snapshot(live)]

    def snapshot(self, live: LiveTopic) -> bytes:
        """The frame of all of a topic as of its newest message."""
        kept = self._snapshots.get(live.name)
        if kept is not None and kept[0] == live.seq:
            return kept[1]
        frame = self._encode(live.topic.whole(self._stamp(live.name, live.seq)))
        self._snapshots[live.name] = (live.seq, frame)
        return frame

    def missed(self, live: LiveTopic, since: int) -> list[bytes] | None:
        """The frames after *since*; None where they are not all there, so that a snapshot is needed."""
        return [] if since == live.seq else self.replay.since(live.name, since)

    def end(self, live: LiveTopic) -> None:
        """Forget a topic."""
        del self._live[live.name]
        self._highest_seq = max(self._highest_seq, live.seq)
        self.replay.clear(live.name)
        self._snapshots.pop(live.name, None)

    def expire(self, now_ns: int) -> None:
        """Forget the topics that nobody has received for long, and messages that are too old to be replayed."""
        for live in list(self._live.values()):
            if not live.clients and live.left_ns < now_ns - AGE_NS:
                self.end(live)
        self.replay.expire(now_ns)

    def _open(self, name: str, kind: Kind, match: Match[str], now_ns: int) -> LiveTopic:
        topic = kind.open(match.groupdict())
        same = [live for live in self._live.values() if live.kind is kind]
        if len(same) >= kind.MOST:
            idle = min((live for live in same if not live.clients), key=lambda live: live.left_ns, default=None)
            if idle is None:
                self._rejected += 1
                raise RequestError(
                    429, f"{kind.MOST} topics like {name} are received already; try again when one has ended"
                )
            self.end(idle)
        seq = max(self._reads.clock.now_ns() // MILLISECOND, self._highest_seq + 1)
        live = LiveTopic(name, kind, topic, seq, now_ns)
        # What it says first is what a snapshot of now gives.
        topic.change(self._stamp(name, live.seq))
        live.due_ns += kind.PERIOD_MS * MILLISECOND
        self._live[name] = live
        self._peak = max(self._peak, len(self._live))
        return live

    def _stamp(self, name: str, seq: int) -> Stamp:
        return Stamp(name, seq, self._reads.clock.now_ns() // MILLISECOND)

    def _encode(self, message: Snapshot | Delta) -> bytes:
        return text_frame(self._encoder.encode(message))


def _size(name: str, kept: tuple[int, bytes]) -> int:
    return len(name) + len(kept[1]) + 256
