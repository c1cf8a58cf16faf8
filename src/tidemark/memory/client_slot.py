"""What one push client may have waiting, by items and bytes: its market data conflates, all else is sent or it goes.

A slot is one of the identical ones of a `SlotAccount`, which is what the ledger lists.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from tidemark.errors import SlowConsumerError
from tidemark.memory.ledger import Ledger, Reservation, SlotAccount
from tidemark.units import KIB

ITEMS = 256
MAX_BYTES = 256 * KIB
# What a connection takes beside what waits: its task, its protocol, its buffers; measured by benchmarks/push.py.
CONNECTION_BYTES = 50 * KIB


class Waiting(NamedTuple):
    """A frame that waits since *at_ns*; without one, whoever takes it sends what is newest of *key*."""

    frame: bytes | None
    key: str | None
    at_ns: int


class ClientSlot:
    """The line of one client: at most `items` frames and `max_bytes` bytes.

    When the line is full, frames that have a key are replaced by one entry that asks for what is newest of it; frames
    without a key are never replaced. Nothing disappears uncounted: at every moment
    `taken_in == given_out + held + coalesced + dropped`.
    """

    def __init__(self, *, items: int = ITEMS, max_bytes: int = MAX_BYTES) -> None:
        self._items = items
        self._max_bytes = max_bytes
        self._line: deque[Waiting] = deque()  # bounded: `offer` makes room before, or refuses
        self._wanted: set[str] = set()  # bounded: the keys of entries of the line
        self.bytes = 0
        self.taken_in = 0
        self.given_out = 0
        self.coalesced = 0
        self.dropped = 0

    @staticmethod
    def reserve(owner: str, count: int) -> Reservation:
        """What *count* clients will take; allocates nothing."""
        return SlotAccount.reserve(owner, count, MAX_BYTES + CONNECTION_BYTES)

    @staticmethod
    def account(owner: str, count: int, ledger: Ledger) -> SlotAccount:
        """List room for *count* clients."""
        return ledger.slots(owner, count, MAX_BYTES + CONNECTION_BYTES)

    @property
    def held(self) -> int:
        """Entries in the line now."""
        return len(self._line)

    @property
    def oldest_ns(self) -> int | None:
        """Since when the first of the line waits, None when it is empty."""
        return self._line[0].at_ns if self._line else None

    def pass_by(self) -> None:
        """Count a frame that did not have to wait."""
        self.taken_in += 1
        self.given_out += 1

    def offer(self, frame: bytes, key: str | None, now_ns: int, ahead: int = 0) -> int:
        """Add *frame* behind the line; give how many were coalesced because of it.

        ahead: bytes that were taken from here and are still on their way, which count against the same bound.
        SlowConsumerError when there is no room, whatever is coalesced: the client has to be closed.
        """
        before = self.coalesced
        self.taken_in += 1
        if key is not None and key in self._wanted:
            self.coalesced += 1
        elif self._fits(len(frame) + ahead):
            self._append(Waiting(frame, key, now_ns))
        elif key is not None and self._is_held(key):
            self._coalesce(key)
            self.coalesced += 1
        else:
            self._make_room(frame, key, now_ns, ahead)
        return self.coalesced - before

    def take(self) -> Waiting | None:
        """The entry that has waited longest, None when nothing waits."""
        if not self._line:
            return None
        entry = self._line.popleft()
        self._let_go(entry)
        self.given_out += 1
        return entry

    def next_bytes(self) -> int | None:
        """The bytes of the entry that is taken next, 0 where they are not known yet; None where nothing waits."""
        return len(self._line[0].frame or b"") if self._line else None

    def forget(self, key: str) -> None:
        """Drop what waits of *key*."""
        self.dropped += self._replace(lambda entry: None if entry.key == key else entry)

    def close(self) -> None:
        """Drop all that waits."""
        self.dropped += self._replace(lambda _: None)

    def _make_room(self, frame: bytes, key: str | None, now_ns: int, ahead: int) -> None:
        """Coalesce every key, and add the frame or, where it still does not fit, what asks for it."""
        for other in {entry.key for entry in self._line if entry.key is not None and entry.frame is not None}:
            self._coalesce(other)
        if self._fits(len(frame) + ahead):
            self._append(Waiting(frame, key, now_ns))
        elif key is not None and len(self._line) < self._items:
            self._append(Waiting(None, key, now_ns))
        else:
            self.dropped += 1
            raise SlowConsumerError(
                f"a push client has {self.held} messages and {self.bytes + ahead} bytes waiting, and the next one of"
                f" {len(frame)} bytes does not fit; it has to be closed"
            )

    def _coalesce(self, key: str) -> None:
        """Replace what waits of *key* by one entry in the place of the first, as old as that."""
        is_first = True

        def one_for_all(entry: Waiting) -> Waiting | None:
            nonlocal is_first
            if entry.key != key:
                return entry
            kept = Waiting(None, key, entry.at_ns) if is_first else None
            is_first = False
            return kept

        self.coalesced += self._replace(one_for_all)

    def _replace(self, choose: Callable[[Waiting], Waiting | None]) -> int:
        """Put what *choose* gives in the place of every entry, nothing for None; give how many went."""
        entries = list(self._line)
        for entry in entries:
            self._let_go(entry)
        self._line.clear()
        for entry in entries:
            kept = choose(entry)
            if kept is not None:
                self._append(kept)
        return len(entries) - len(self._line)

    def _append(self, entry: Waiting) -> None:
        self._line.append(entry)
        self.bytes += len(entry.frame or b"")
        if entry.frame is None and entry.key is not None:
            self._wanted.add(entry.key)

    def _let_go(self, entry: Waiting) -> None:
        self.bytes -= len(entry.frame or b"")
        if entry.frame is None and entry.key is not None:
            self._wanted.discard(entry.key)

    def _is_held(self, key: str) -> bool:
        return any(entry.key == key for entry in self._line)

    def _fits(self, count: int) -> bool:
        return len(self._line) < self._items and self.bytes + count <= self._max_bytes
