"""Keyed state and caches, bounded by items and by bytes."""

from collections.abc import Callable, Hashable, Iterator, MutableMapping
from typing import Protocol, TypeVar

from cachetools import LRUCache, TTLCache

from tidemark.errors import OwnerError
from tidemark.memory.ledger import Reservation, Usage

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# What cachetools keeps for one entry beside key and value; measured by the calibration test.
_ENTRY_BYTES = 576
_FIXED_BYTES = 8192


class MonotonicClock(Protocol):
    """What a time to live is measured by."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed point; never goes back."""
        ...


class _ExpiringCache(TTLCache[K, tuple[V, int]]):
    """A TTLCache that counts what it expires, whichever call does so."""

    def __init__(self, max_bytes: int, ttl_ns: int, clock: MonotonicClock) -> None:
        self.expired = 0
        super().__init__(max_bytes, ttl_ns, timer=clock.monotonic_ns, getsizeof=_entry_size)

    def expire(self, time: float | None = None) -> list[tuple[K, tuple[V, int]]]:
        gone = list(super().expire(time))
        self.expired += len(gone)
        return gone


def _entry_size(entry: tuple[object, int]) -> int:
    return entry[1]


class BoundedMap(MutableMapping[K, V]):
    """A mapping of at most `items` entries and `max_bytes` bytes; the least recently used goes first.

    `size(key, value)` gives the bytes of one entry, key included. An entry that alone exceeds `max_bytes` is refused
    and counted; an older value of its key goes too, since it is no longer true. With `ttl_ns` an entry also ends that
    long after it was written, by the clock given.
    """

    def __init__(
        self,
        owner: str,
        *,
        items: int,
        max_bytes: int,
        size: Callable[[K, V], int],
        ttl_ns: int | None = None,
        clock: MonotonicClock | None = None,
    ) -> None:
        if (ttl_ns is None) != (clock is None):
            raise OwnerError(f"map {owner!r}: a time to live needs a clock, and a clock a time to live")
        self.reservation = self.reserve(owner, items=items, max_bytes=max_bytes, ttl_ns=ttl_ns)
        self._items = items
        self._max_bytes = max_bytes
        self._size = size
        self._expiring: _ExpiringCache[K, V] | None = None
        self._cache: LRUCache[K, tuple[V, int]] | _ExpiringCache[K, V]
        if ttl_ns is None or clock is None:
            self._cache = LRUCache(max_bytes, getsizeof=_entry_size)
        else:
            self._cache = self._expiring = _ExpiringCache(max_bytes, ttl_ns, clock)
        self._peak = 0
        self._evicted = 0
        self._rejected = 0

    @staticmethod
    def reserve(owner: str, *, items: int, max_bytes: int, ttl_ns: int | None = None) -> Reservation:
        """What such a map will take; allocates nothing."""
        if max_bytes < 1 or (ttl_ns is not None and ttl_ns < 1):
            raise OwnerError(f"map {owner!r} of {max_bytes} bytes, living {ttl_ns} ns: bounds are at least 1")
        return Reservation(
            owner=owner,
            kind="map",
            capacity=items,
            item_bytes=_ENTRY_BYTES,
            fixed_bytes=max_bytes + _FIXED_BYTES,
            policy="evicts the least recently used" if ttl_ns is None else "expires, evicts the least recently used",
        )

    def put(self, key: K, value: V) -> bool:
        """Set *key*; False when the entry alone exceeds the byte bound and was refused."""
        count = self._size(key, value)
        self._expire()
        if key in self._cache:
            del self._cache[key]
        if count > self._max_bytes:
            self._rejected += 1
            return False
        while len(self._cache) >= self._items or self._cache.currsize + count > self._max_bytes:
            self._cache.popitem()
            self._evicted += 1
        self._cache[key] = (value, count)
        self._peak = max(self._peak, len(self._cache))
        return True

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __getitem__(self, key: K) -> V:
        return self._cache[key][0]

    def __delitem__(self, key: K) -> None:
        self._expire()
        del self._cache[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._cache)

    def __len__(self) -> int:
        self._expire()
        return len(self._cache)

    def clear(self) -> None:
        """Forget every entry; none of them counts as evicted."""
        self._cache.clear()

    def _expire(self) -> None:
        if self._expiring is not None:
            self._expiring.expire()

    def usage(self) -> Usage:
        """Entries held now; `evicted` counts those that expired too."""
        used = len(self)
        return Usage(
            used=used,
            peak=self._peak,
            bytes_used=int(self._cache.currsize) + used * _ENTRY_BYTES,
            evicted=self._evicted + (0 if self._expiring is None else self._expiring.expired),
            rejected=self._rejected,
        )
