"""The ledger: every container that outlives a message, what it may hold and what it holds.

The sum of the reservations is known before anything is allocated and never changes after `seal()`.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec

from tidemark.errors import MemoryBoundError, OwnerError, SealedError, TransientError
from tidemark.units import MIB, format_bytes

KINDS = frozenset({"ring", "map", "queue", "window", "slots", "tasks", "external", "array", "transient"})
TRANSIENT_BYTES = 32 * MIB


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """The worst case of one owner, declared before it exists.

    `owner` is one of a closed set of names ("candles/1m", "tape"), never one per symbol; `capacity` counts items of
    `item_bytes` each, `fixed_bytes` come on top; `policy` says in words for users what happens when it is full.
    """

    owner: str
    kind: str
    capacity: int
    item_bytes: float
    fixed_bytes: int = 0
    policy: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OwnerError(f"owner {self.owner!r} is of kind {self.kind!r}; the kinds are {', '.join(sorted(KINDS))}")
        if self.capacity < 1 or self.fixed_bytes < 0 or not (0.0 <= self.item_bytes < math.inf):
            raise OwnerError(
                f"owner {self.owner!r} reserves {self.capacity} items of {self.item_bytes} bytes"
                f" and {self.fixed_bytes} more: a bound is at least one item and finite, and none means unlimited"
            )

    @property
    def bytes(self) -> int:
        """All of it, in bytes."""
        return self.fixed_bytes + math.ceil(self.capacity * self.item_bytes)


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one owner holds now, in items and bytes, its highest count of items, and what it did when it was full."""

    used: int
    peak: int
    bytes_used: int
    evicted: int = 0
    dropped: int = 0
    rejected: int = 0
    coalesced: int = 0


class Owner(Protocol):
    """What the ledger lists: every primitive of this folder, and whatever else says what it holds."""

    @property
    def reservation(self) -> Reservation:
        """The worst case; never changes."""
        ...

    def usage(self) -> Usage:
        """What is held now."""
        ...


class OwnerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger: a reservation and its usage."""

    owner: str
    kind: str
    policy: str
    capacity: int
    used: int
    peak: int
    bytes_reserved: int
    bytes_used: int
    evicted: int
    dropped: int
    rejected: int
    coalesced: int


class SlotAccount:
    """N identical slots for what comes and goes while the sum of the ledger stays the same; made by `Ledger.slots`."""

    def __init__(self, owner: str, count: int, bytes_each: int) -> None:
        self.reservation = self.reserve(owner, count, bytes_each)
        self._bytes_each = bytes_each
        self._taken = 0
        self._peak = 0
        self._refused = 0

    @staticmethod
    def reserve(owner: str, count: int, bytes_each: int) -> Reservation:
        """What such slots will take; allocates nothing."""
        return Reservation(
            owner=owner, kind="slots", capacity=count, item_bytes=bytes_each, policy="refuses the next one, retryably"
        )

    def take(self) -> None:
        """Take one slot; TransientError, worth a retry, when none is left."""
        if self._taken == self.reservation.capacity:
            self._refused += 1
            raise TransientError(
                f"all {self.reservation.capacity} slots of {self.reservation.owner!r} are taken; try again later"
            )
        self._taken += 1
        self._peak = max(self._peak, self._taken)

    def give_back(self) -> None:
        """Give one slot back; MemoryBoundError when none was taken."""
        if self._taken == 0:
            raise MemoryBoundError(f"a slot of {self.reservation.owner!r} was given back that nobody had taken")
        self._taken -= 1

    def usage(self) -> Usage:
        """Slots taken now."""
        return Usage(
            used=self._taken, peak=self._peak, bytes_used=self._taken * self._bytes_each, rejected=self._refused
        )


class _Transient:
    """The byte semaphore of work that comes and goes; its items are bytes."""

    def __init__(self, limit_bytes: int) -> None:
        self.reservation = Reservation(
            owner="transient", kind="transient", capacity=limit_bytes, item_bytes=1, policy="refuses, retryably"
        )
        self.held = 0
        self.peak = 0
        self.refused = 0

    def usage(self) -> Usage:
        return Usage(used=self.held, peak=self.peak, bytes_used=self.held, rejected=self.refused)


class _External:
    """A third-party structure: what its probe says, under the cap that was declared for it; its items are bytes."""

    def __init__(self, owner: str, cap_bytes: int, probe: Callable[[], int]) -> None:
        self.reservation = Reservation(
            owner=owner, kind="external", capacity=cap_bytes, item_bytes=1, policy="a cap, watched by a probe"
        )
        self._probe = probe
        self._peak = 0

    def usage(self) -> Usage:
        held = self._probe()
        self._peak = max(self._peak, held)
        return Usage(used=held, peak=self._peak, bytes_used=held)


class Ledger:
    """All owners of one process. Not for several threads: the event loop's thread owns it.

    Memory: one entry an owner; none is added after `seal()`.
    """

    def __init__(self, transient_bytes: int = TRANSIENT_BYTES) -> None:
        self._transient = _Transient(transient_bytes)
        self._owners: dict[str, Owner] = {"transient": self._transient}
        self._sealed = False

    def open(self, owner: Owner) -> None:
        """List *owner*. SealedError after `seal()`, OwnerError when its name is taken."""
        name = owner.reservation.owner
        if self._sealed:
            raise SealedError(
                f"owner {name!r} was opened after the ledger was sealed; open it while the process starts"
            )
        if name in self._owners:
            raise OwnerError(f"owner {name!r} is in the ledger already; every owner has a name of its own")
        self._owners[name] = owner

    def external(self, owner: str, *, cap_bytes: int, probe: Callable[[], int]) -> None:
        """List a third-party structure: *probe* gives its bytes, *cap_bytes* is what it may have."""
        self.open(_External(owner, cap_bytes, probe))

    def slots(self, owner: str, count: int, bytes_each: int) -> SlotAccount:
        """List *count* identical slots, which are taken and given back after the seal too."""
        account = SlotAccount(owner, count, bytes_each)
        self.open(account)
        return account

    def seal(self) -> None:
        """From now on the sum stays: no owner is added any more."""
        self._sealed = True

    @property
    def is_sealed(self) -> bool:
        """Whether the sum is final."""
        return self._sealed

    @contextmanager
    def transient(self, count: int) -> Iterator[None]:
        """Hold *count* bytes of the transient share for the length of a `with` block.

        TransientError at once when fewer are left; its `retry` is false when even an idle process could not serve it.
        """
        account = self._transient
        limit = account.reservation.capacity
        if count < 0:
            raise OwnerError(f"{count} transient bytes were asked for; a count of bytes is not negative")
        if count > limit - account.held:
            account.refused += 1
            refusal = TransientError(
                f"{format_bytes(count)} of transient memory were asked for, {format_bytes(limit - account.held)} of"
                f" {format_bytes(limit)} are left; "
                + ("ask for less, or raise memory.transient" if count > limit else "try again when other work is done")
            )
            refusal.retry = count <= limit
            raise refusal
        account.held += count
        account.peak = max(account.peak, account.held)
        try:
            yield
        finally:
            account.held -= count

    def owners(self) -> tuple[Owner, ...]:
        """All that are listed, in the order in which they were opened."""
        return tuple(self._owners.values())

    @property
    def reserved_bytes(self) -> int:
        """The sum of all reservations, the transient share included."""
        return sum(owner.reservation.bytes for owner in self._owners.values())

    @property
    def used_bytes(self) -> int:
        """The sum of what is held, the transient share included."""
        return sum(owner.usage().bytes_used for owner in self._owners.values())

    def report(self) -> list[OwnerReport]:
        """One line an owner, the largest reservation first."""
        lines = [_line(owner.reservation, owner.usage()) for owner in self._owners.values()]
        return sorted(lines, key=lambda line: (-line.bytes_reserved, line.owner))

    def violations(self) -> list[str]:
        """Every broken bound, in words; empty when all of them hold."""
        return [words for line in self.report() for words in _broken_bounds(line)]


def _line(reservation: Reservation, usage: Usage) -> OwnerReport:
    return OwnerReport(
        owner=reservation.owner,
        kind=reservation.kind,
        policy=reservation.policy,
        capacity=reservation.capacity,
        used=usage.used,
        peak=usage.peak,
        bytes_reserved=reservation.bytes,
        bytes_used=usage.bytes_used,
        evicted=usage.evicted,
        dropped=usage.dropped,
        rejected=usage.rejected,
        coalesced=usage.coalesced,
    )


def _broken_bounds(line: OwnerReport) -> list[str]:
    reserved, used = format_bytes(line.bytes_reserved), format_bytes(line.bytes_used)
    if line.kind == "external":
        over = line.bytes_used > line.bytes_reserved
        return [f"{line.owner}: its probe reads {used}, over its cap of {reserved}"] if over else []
    broken = []
    if line.used > line.capacity:
        broken.append(f"{line.owner}: holds {line.used} items, over its capacity of {line.capacity}")
    if line.bytes_used > line.bytes_reserved:
        broken.append(f"{line.owner}: holds {used}, over its reservation of {reserved}")
    return broken
