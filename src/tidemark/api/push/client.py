"""One push client: what is written to it, what waits for it, and whether it keeps up."""

from typing import Protocol

from tidemark.api.push.frames import close_frame
from tidemark.memory.client_slot import ClientSlot
from tidemark.units import KIB, SECOND

# A frame that was offered is with the system within this time, or the client is too slow.
DEADLINE_NS = 5 * SECOND
# What may lie in the transport before frames wait in the line; a large one may follow upon what is little.
_AHEAD, _LITTLE = 64 * KIB, 4 * KIB
MESSAGES_PER_S = 20
# The `seq` of a client that needs all of a topic next: no message of it applies to what it has.
MISSING = -1
# A page that opens says at once what it wants.
_BURST = 2.0 * MESSAGES_PER_S


class Pipe(Protocol):
    """The way to a client: an `asyncio.Transport`."""

    def write(self, data: bytes) -> None:
        """Take *data*, whatever its size."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes that the system has not taken yet."""
        ...

    def is_closing(self) -> bool:
        """Whether it is closed or will be."""
        ...

    def close(self) -> None:
        """Close it when all has been taken."""
        ...

    def abort(self) -> None:
        """Close it now."""
        ...


class Held:
    """A topic that a client receives: how many subscriptions there are, and the `seq` of the newest it was offered."""

    def __init__(self) -> None:
        self.count = 0
        self.seq = MISSING


class Client:
    """A connection that is open since *now_ns* (monotonic, as all times here); address: whom failures count for.

    Memory: its slot, and an entry a subscription, whose number delivery bounds.
    """

    def __init__(self, pipe: Pipe, now_ns: int, *, is_authenticated: bool, address: str = "") -> None:
        self.pipe = pipe
        self.address = address
        self.is_authenticated = is_authenticated
        self.slot = ClientSlot()
        self.topics: dict[str, Held] = {}  # bounded: by delivery, see MOST_SUBSCRIPTIONS
        self.tokens: dict[str, str] = {}  # bounded: as above
        self.opened_ns = self.heard_ns = self.pinged_ns = now_ns
        # When it is cut off, once it has been told that it is closed.
        self.abort_ns: int | None = None
        self._issued = 0
        self._allowance = _BURST
        self._allowed_ns = now_ns
        self._written = 0
        self._mark: tuple[int, int] | None = None

    @property
    def is_ending(self) -> bool:
        """Whether it was told that it is closed."""
        return self.abort_ns is not None

    @property
    def waiting_bytes(self) -> int:
        """What waits, in the line and on the way to the system."""
        return self.slot.bytes + self.pipe.get_write_buffer_size()

    def hears(self, now_ns: int) -> bool:
        """Note that the client said something; give whether it may have said that much."""
        self.heard_ns = now_ns
        earned = (now_ns - self._allowed_ns) * MESSAGES_PER_S / SECOND
        self._allowance = min(_BURST, self._allowance + earned) - 1.0
        self._allowed_ns = now_ns
        return self._allowance >= 0.0

    def receive(self, topic: str) -> Held:
        """Note one subscription more of *topic*."""
        held = self.topics.setdefault(topic, Held())
        held.count += 1
        return held

    def release(self, topic: str) -> bool:
        """Note one subscription less of *topic*; give whether it was the last."""
        held = self.topics[topic]
        held.count -= 1
        if held.count:
            return False
        del self.topics[topic]
        return True

    def give_up(self, topic: str) -> None:
        """Note that *topic* has ended, and drop what waits of it."""
        for token in [token for token, other in self.tokens.items() if other == topic]:
            del self.tokens[token]
        self.topics.pop(topic, None)
        self.slot.forget(topic)

    def token(self, topic: str) -> str:
        """A token for one more subscription to *topic*."""
        self._issued += 1
        token = str(self._issued)
        self.tokens[token] = topic
        return token

    def offer(self, frame: bytes, key: str | None, now_ns: int) -> int:
        """Write *frame*, or let it wait behind what does; give how many frames were coalesced because of it.

        SlowConsumerError when it cannot even wait.
        """
        ahead = self.pipe.get_write_buffer_size()
        if self.slot.held or not _has_room(ahead, len(frame)):
            return self.slot.offer(frame, key, now_ns, ahead)
        self.slot.pass_by()
        self.write(frame)
        return 0

    def is_ready(self) -> bool:
        """Whether something waits that can be written; what is made anew for it waits until all else was taken."""
        ahead, count = self.pipe.get_write_buffer_size(), self.slot.next_bytes()
        return count is not None and (_has_room(ahead, count) if count else ahead <= _LITTLE)

    def write(self, frame: bytes) -> None:
        """Write *frame* at once."""
        self._written += len(frame)
        self.pipe.write(frame)

    def is_late(self, now_ns: int) -> bool:
        """Whether something was not taken in time; to be asked about once a second, before anything is written."""
        oldest = self.slot.oldest_ns
        if oldest is not None and now_ns - oldest > DEADLINE_NS:
            return True
        ahead = self.pipe.get_write_buffer_size()
        if not ahead:
            self._mark = None
            return False
        if self._mark is None or self._written - ahead >= self._mark[0]:
            self._mark = self._written, now_ns
            return False
        return now_ns - self._mark[1] > DEADLINE_NS

    def end(self, code: int, reason: str, abort_ns: int) -> None:
        """Tell the client that it is closed and why; what waits is dropped."""
        self.abort_ns = abort_ns
        self.slot.close()
        if not self.pipe.is_closing():
            self.pipe.write(close_frame(code, reason))


def _has_room(ahead: int, count: int) -> bool:
    """Whether a frame of *count* bytes may follow *ahead* bytes that the system has not taken."""
    return ahead <= _LITTLE or ahead + count <= _AHEAD
