"""The queue between asyncio tasks, bounded by items and by bytes, with one stated policy for when it is full."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from enum import Enum
from typing import Generic, TypeVar

from tidemark.errors import OwnerError, QueueClosedError, SlowConsumerError
from tidemark.memory.ledger import Reservation, Usage

T = TypeVar("T")

# What the queue keeps for one entry beside the item itself; measured by the calibration test.
_ENTRY_BYTES = 112
_KEYED_ENTRY_BYTES = 320
_FIXED_BYTES = 8192


class Policy(Enum):
    """What a full queue does with the next item; the value is what users read."""

    BLOCK = "makes the producer wait"
    DROP_OLDEST = "drops the oldest"
    DROP_NEWEST = "drops the newest"
    COALESCE = "replaces the older item of the same key, else drops the oldest"
    DISCONNECT = "closes the consumer"


class BoundedQueue(Generic[T]):
    """At most `items` items and `max_bytes` bytes; `size(item)` gives the bytes of one, and of its key if it has one.

    At every moment `taken_in == given_out + held + dropped + rejected + coalesced`. An item larger than `max_bytes` is
    rejected whatever the policy. One event loop; any number of producers and consumers; blocked producers go on in the
    order in which they came.
    """

    def __init__(
        self,
        owner: str,
        *,
        items: int,
        max_bytes: int,
        size: Callable[[T], int],
        policy: Policy,
        key: Callable[[T], Hashable] | None = None,
    ) -> None:
        if (policy is Policy.COALESCE) != (key is not None):
            raise OwnerError(f"queue {owner!r}: coalescing needs a key, and a key is for coalescing")
        self.reservation = self.reserve(owner, items=items, max_bytes=max_bytes, policy=policy)
        self._items = items
        self._max_bytes = max_bytes
        self._size = size
        self._policy = policy
        self._key = key
        self._line: deque[tuple[T, int]] = deque()  # bounded: `_store` has made room before
        self._keyed: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()  # bounded: as above
        self._bytes = 0
        self._peak = 0
        self._closed = False
        self._ready = asyncio.Event()
        self._space = asyncio.Event()
        self._turn = asyncio.Lock()
        self._blocked = 0
        self.taken_in = 0
        self.given_out = 0
        self.dropped = 0
        self.rejected = 0
        self.coalesced = 0

    @staticmethod
    def reserve(owner: str, *, items: int, max_bytes: int, policy: Policy) -> Reservation:
        """What such a queue will take; allocates nothing."""
        if max_bytes < 1:
            raise OwnerError(f"queue {owner!r} of {max_bytes} bytes: a bound is at least 1")
        return Reservation(
            owner=owner,
            kind="queue",
            capacity=items,
            item_bytes=_KEYED_ENTRY_BYTES if policy is Policy.COALESCE else _ENTRY_BYTES,
            fixed_bytes=max_bytes + _FIXED_BYTES,
            policy=policy.value,
        )

    @property
    def held(self) -> int:
        """Items in the queue now."""
        return len(self._line) + len(self._keyed)

    @property
    def is_closed(self) -> bool:
        """Whether it takes nothing more; what it holds can still be had."""
        return self._closed

    def offer(self, item: T) -> bool:
        """Add *item* without waiting; False when it was dropped or rejected.

        SlowConsumerError under the policy DISCONNECT when it is full, QueueClosedError after `close()`. Not for the
        policy BLOCK, whose producers wait in `put`.
        """
        if self._policy is Policy.BLOCK:
            raise OwnerError(
                f"queue {self.reservation.owner!r} makes its producers wait: await put() instead of offer()"
            )
        self._refuse_when_closed()
        count = self._size(item)
        self.taken_in += 1
        if count > self._max_bytes:
            self.rejected += 1
            return False
        match self._policy:
            case Policy.DROP_NEWEST if not self._fits(count):
                self.dropped += 1
                return False
            case Policy.DISCONNECT if not self._fits(count):
                self.rejected += 1
                raise SlowConsumerError(
                    f"queue {self.reservation.owner!r} is full with {self.held} items and {self._bytes} bytes; its"
                    " consumer is too slow and has to be closed"
                )
            case Policy.COALESCE if self._key is not None:
                self._coalesce(self._key(item), item, count)
            case _:
                while not self._fits(count):
                    self._drop_oldest()
                self._store(item, count)
        return True

    async def put(self, item: T) -> bool:
        """Add *item*, under the policy BLOCK after waiting for room; False when it was dropped or rejected.

        QueueClosedError when the queue is closed, also while waiting.
        """
        if self._policy is not Policy.BLOCK:
            return self.offer(item)
        self._refuse_when_closed()
        count = self._size(item)
        if count > self._max_bytes:
            self.taken_in += 1
            self.rejected += 1
            return False
        if self._blocked or not self._fits(count):
            await self._wait_for_space(count)
        self.taken_in += 1
        self._store(item, count)
        return True

    async def _wait_for_space(self, count: int) -> None:
        """Wait in turn; on return the item fits, and nobody else has run since."""
        self._blocked += 1
        try:
            async with self._turn:
                while not self._fits(count):
                    self._refuse_when_closed()
                    self._space.clear()
                    await self._space.wait()
            self._refuse_when_closed()
        finally:
            self._blocked -= 1

    async def get(self) -> T:
        """The oldest item, after waiting for one; QueueClosedError when the queue is closed and drained."""
        await self._wait_for_item()
        return self._take()

    async def get_many(self, limit: int) -> list[T]:
        """Between one and *limit* items, oldest first, after waiting for the first; errors as `get`."""
        await self._wait_for_item()
        return self.take(limit)

    def take(self, limit: int) -> list[T]:
        """At most *limit* items, oldest first, without waiting; may be none."""
        return [self._take() for _ in range(min(limit, self.held))]

    def close(self) -> None:
        """Take nothing more. A consumer gets what is held, then QueueClosedError; waiting producers get it at once."""
        self._closed = True
        self._ready.set()
        self._space.set()

    def clear(self) -> None:
        """Throw away what is held; each item counts as dropped."""
        self.dropped += self.held
        self._line.clear()
        self._keyed.clear()
        self._bytes = 0
        self._space.set()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise QueueClosedError(f"queue {self.reservation.owner!r} is closed and takes nothing more")

    async def _wait_for_item(self) -> None:
        while not self.held:
            if self._closed:
                raise QueueClosedError(f"queue {self.reservation.owner!r} is closed and drained")
            self._ready.clear()
            await self._ready.wait()

    def _fits(self, count: int) -> bool:
        return self.held < self._items and self._bytes + count <= self._max_bytes

    def _store(self, item: T, count: int) -> None:
        if self._key is None:
            self._line.append((item, count))
        else:
            self._keyed[self._key(item)] = (item, count)
        self._bytes += count
        self._peak = max(self._peak, self.held)
        self._ready.set()

    def _coalesce(self, key: Hashable, item: T, count: int) -> None:
        older = self._keyed.get(key)
        if older is not None:
            # The older value leaves by name, not by age: the key keeps its place in the line.
            self._keyed[key] = (item, count)
            self._bytes += count - older[1]
            self.coalesced += 1
            while self._bytes > self._max_bytes:
                self._drop_oldest_but(key)
            return
        while not self._fits(count):
            self._drop_oldest()
        self._store(item, count)

    def _drop_oldest_but(self, key: Hashable) -> None:
        oldest = next(other for other in self._keyed if other != key)
        self._bytes -= self._keyed.pop(oldest)[1]
        self.dropped += 1

    def _pop(self) -> T:
        item, count = self._line.popleft() if self._key is None else self._keyed.popitem(last=False)[1]
        self._bytes -= count
        return item

    def _drop_oldest(self) -> None:
        self._pop()
        self.dropped += 1

    def _take(self) -> T:
        item = self._pop()
        self.given_out += 1
        self._space.set()
        return item

    def usage(self) -> Usage:
        """Items held now."""
        return Usage(
            used=self.held,
            peak=self._peak,
            bytes_used=self._bytes + int(self.held * self.reservation.item_bytes),
            dropped=self.dropped,
            rejected=self.rejected,
            coalesced=self.coalesced,
        )
