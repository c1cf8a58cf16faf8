"""The newest signals of each rule and what became of them, for whoever looks: the rest stands in the database."""

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.model.signal import Outcome, Record, Signal, Stage, Transition
from tidemark.signals.rules import registry
from tidemark.units import DAY, KIB

OWNER = "signals/recent"
# Of each rule, and for so long.
MOST = 100
KEPT_NS = DAY
# Of one signal: entered, a target, its condition off, ended; the newest where there are more.
_MOVES = 8
# One signal with all that belongs to it, and one record, as JSON.
_KNOWN_BYTES = 6 * KIB
_RECORD_BYTES = 4 * KIB
_ID_BYTES = 120
# Of the newest records as they came, for whoever tells them on.
TOLD = 400
_RECORD: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class Known(msgspec.Struct, kw_only=True):
    """A signal, its transitions (oldest first) and what came of it so far; `stage` is where it stands."""

    signal: Signal
    stage: Stage
    transitions: tuple[Transition, ...] = ()
    outcome: Outcome | None = None


_KNOWN = msgspec.json.Decoder(Known)


class _Texts:
    """So many texts of at most so many bytes, in memory that is taken at once: it does not grow with what is there."""

    def __init__(self, count: int, most_bytes: int) -> None:
        self._bytes = np.empty((count, most_bytes), np.uint8)
        # Pages that are not written to are not there yet.
        self._bytes.fill(0)
        self._lengths = np.zeros(count, np.int32)

    def put(self, at: int, text: bytes) -> bool:
        """Write one; false, and there is none, where it is too long."""
        fits = len(text) <= self._bytes.shape[1]
        self._lengths[at] = len(text) if fits else 0
        if fits:
            self._bytes[at, : len(text)] = np.frombuffer(text, np.uint8)
        return fits

    def get(self, at: int) -> bytes:
        """The one that stands there; empty where there is none."""
        return self._bytes[at, : self._lengths[at]].tobytes()


class RecentSignals:
    """At most `MOST` signals of each rule, none older than `KEPT_NS` when another comes.

    Beside them the newest `TOLD` records in their order; `taken` counts all that ever came. They are kept as JSON and
    read when somebody asks. Memory: 6 KB a signal, 4 KB a record, all of it taken at the beginning.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._rules = {name: number for number, name in enumerate(registry.names())}
        slots = MOST * len(self._rules)
        self._known = _Texts(slots, _KNOWN_BYTES)
        # When each was raised (ns), 0 where there is none; and its id.
        self._at = np.zeros(slots, np.int64)
        self._ids = np.zeros(slots, f"S{_ID_BYTES}")
        self._told = _Texts(TOLD, _RECORD_BYTES)
        self.taken = 0
        self._peak = 0
        self._evicted = 0
        self._rejected = 0
        self.reservation = self.reserve()
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What it takes, without allocating it."""
        return Reservation(
            owner=OWNER, kind="slots", capacity=MOST * len(registry.names()), item_bytes=_KNOWN_BYTES + _ID_BYTES + 12,
            fixed_bytes=TOLD * (_RECORD_BYTES + 4), policy="drops the oldest of a rule",
        )  # fmt: skip

    def usage(self) -> Usage:
        """The signals that are kept; rejected: what was too long to be kept."""
        used = int(np.count_nonzero(self._at))
        self._peak = max(self._peak, used)
        return Usage(
            used=used, peak=self._peak, bytes_used=self.reservation.bytes, evicted=self._evicted,
            rejected=self._rejected,
        )  # fmt: skip

    def take(self, records: Iterable[Record]) -> None:
        """Take what was told, in order. What belongs to a signal that is not kept is passed over."""
        for record in records:
            self._told.put(self.taken % TOLD, msgspec.json.encode(record))
            self.taken += 1
            if isinstance(record, Signal):
                self._begin(record)
                continue
            slot = None if isinstance(record, Outcome) and record.is_null else self._slot(record.id)
            if slot is None:
                continue
            known = _KNOWN.decode(self._known.get(slot))
            if isinstance(record, Outcome):
                known.outcome = record
            else:
                known.stage = record.now
                known.transitions = (*known.transitions, record)[-_MOVES:]
            self._put(slot, known)

    def after(self, taken: int, most: int) -> list[Record] | None:
        """The first *most* records that came when *taken* had been taken; None where not all of them are kept."""
        if taken < self.taken - TOLD:
            return None
        texts = [self._told.get(number % TOLD) for number in range(taken, min(taken + most, self.taken))]
        return [_RECORD.decode(text) for text in texts] if all(texts) else None

    def find(self, identity: str) -> Known | None:
        """The signal of that id; None where it is not kept."""
        slot = self._slot(identity)
        return None if slot is None else _KNOWN.decode(self._known.get(slot))

    def newest(self) -> Iterator[Known]:
        """All that are kept, the newest first, by id within a second."""
        used = np.flatnonzero(self._at)
        for slot in used[np.lexsort((self._ids[used], self._at[used]))][::-1].tolist():
            yield _KNOWN.decode(self._known.get(slot))

    def _slot(self, identity: str) -> int | None:
        found = np.flatnonzero((self._ids == identity.encode()) & (self._at > 0)).tolist()
        return found[0] if found else None

    def _begin(self, signal: Signal) -> None:
        rule = self._rules.get(signal.rule)
        if rule is None or self._slot(signal.id) is not None:
            return
        own = slice(rule * MOST, (rule + 1) * MOST)
        old = np.flatnonzero((self._at[own] > 0) & (self._at[own] < signal.at - KEPT_NS)) + own.start
        for slot in old.tolist():
            self._drop(slot)
        slot = own.start + int(self._at[own].argmin())
        if self._at[slot]:
            self._drop(slot)
        stage = Stage.ACTIVE if signal.plan is None else Stage.PENDING
        self._at[slot], self._ids[slot] = signal.at, signal.id.encode()
        self._put(slot, Known(signal=signal, stage=stage))

    def _put(self, slot: int, known: Known) -> None:
        """Write it, with as many of its transitions as find room."""
        while not self._known.put(slot, msgspec.json.encode(known)):
            if not known.transitions:
                self._rejected += 1
                self._at[slot], self._ids[slot] = 0, b""
                return
            known.transitions = known.transitions[1:]

    def _drop(self, slot: int) -> None:
        self._at[slot], self._ids[slot] = 0, b""
        self._evicted += 1
