"""Answers of the monitor that are kept for a while: in this process, or in a Redis that several share."""

from hashlib import blake2b
from typing import NamedTuple, Protocol

from tidemark.clock import Clock
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.map import BoundedMap
from tidemark.units import MIB, MINUTE

# What is not asked for again within this time is forgotten.
KEPT_NS = 10 * MINUTE
# A larger answer is not kept.
MOST_BYTES = 2 * MIB
_OWNER = "serve/answers"
_ITEMS, _MAX_BYTES = 1024, 16 * MIB
_ENTRY_BYTES = 512
_AS_OF = b'{"as_of_ms":'


class Kept(NamedTuple):
    """An answer with status 200, its tag, and how long ago (ns) the monitor gave it or said that it still holds."""

    body: bytes
    etag: str
    age_ns: int


class Answers(Protocol):
    """A place where they are kept."""

    async def get(self, key: str) -> Kept | None:
        """What was put there, None where it is no longer."""
        ...

    async def put(self, key: str, body: bytes, etag: str) -> None:
        """Keep an answer that holds as of now."""
        ...


class _Entry(NamedTuple):
    body: bytes
    etag: str
    at_ns: int


class OwnAnswers:
    """In this process: at most 16 MiB, those that were not asked for the longest go first. An owner of the ledger."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self._clock = clock
        self._kept: BoundedMap[str, _Entry] = BoundedMap(
            _OWNER, items=_ITEMS, max_bytes=_MAX_BYTES, size=_size, ttl_ns=KEPT_NS, clock=clock
        )
        ledger.open(self._kept)

    @staticmethod
    def reserve() -> Reservation:
        """What they take; allocates nothing."""
        return BoundedMap.reserve(_OWNER, items=_ITEMS, max_bytes=_MAX_BYTES, ttl_ns=KEPT_NS)

    def usage(self) -> Usage:
        """Answers that are kept."""
        return self._kept.usage()

    async def get(self, key: str) -> Kept | None:
        """What was put there, None where it is no longer."""
        entry = self._kept.get(key)
        return None if entry is None else Kept(entry.body, entry.etag, self._clock.monotonic_ns() - entry.at_ns)

    async def put(self, key: str, body: bytes, etag: str) -> None:
        """Keep an answer that holds as of now."""
        if len(body) <= MOST_BYTES:
            self._kept.put(key, _Entry(body, etag, self._clock.monotonic_ns()))

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()


def key_of(target: str) -> str:
    """Under which the answer to GET *target* is kept; of one length, whatever was asked."""
    return blake2b(target.encode(), digest_size=16).hexdigest()


def as_of_ms(body: bytes) -> int | None:
    """The moment that an answer says it is as of; None where it begins with something else.

    >>> as_of_ms(b'{"as_of_ms":1793491203000,"symbols":[]}')
    1793491203000
    """
    number, comma, _ = body[len(_AS_OF) : len(_AS_OF) + 20].partition(b",")
    return int(number) if body.startswith(_AS_OF) and comma and number.isdigit() else None


def redated(body: bytes, at_ms: int) -> bytes:
    """The same answer as of *at_ms*, when the monitor said that it still holds; never as of earlier than it was.

    >>> redated(b'{"as_of_ms":1000,"symbols":[]}', 2000)
    b'{"as_of_ms":2000,"symbols":[]}'
    """
    before = as_of_ms(body)
    if before is None or at_ms <= before:
        return body
    _, _, rest = body.partition(b",")
    return _AS_OF + str(at_ms).encode() + b"," + rest


def _size(key: str, entry: _Entry) -> int:
    return len(key) + len(entry.body) + len(entry.etag) + _ENTRY_BYTES
