"""The newest signals of each rule and what became of them, for whoever looks: the rest stands in the database."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

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
# One signal with all that belongs to it, measured by its test.
_ITEM_BYTES = 6 * KIB
# Of the newest records as they came, for whoever tells them on.
TOLD = 400
_TOLD_BYTES = 2 * KIB


class Known(msgspec.Struct, kw_only=True):
    """A signal, its transitions (oldest first) and what came of it so far; `stage` is where it stands."""

    signal: Signal
    stage: Stage
    transitions: tuple[Transition, ...] = ()
    outcome: Outcome | None = None


class RecentSignals:
    """At most `MOST` signals of each rule, none older than `KEPT_NS` when another comes.

    Beside them the newest `TOLD` records in their order; `taken` counts all that ever came.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._by_rule: dict[str, OrderedDict[str, Known]] = {name: OrderedDict() for name in registry.names()}
        self._rule_of: dict[str, str] = {}  # bounded: those that are kept
        self._told: deque[Record] = deque(maxlen=TOLD)
        self.taken = 0
        self._peak = 0
        self._evicted = 0
        self.reservation = self.reserve()
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What it takes, without allocating it."""
        return Reservation(
            owner=OWNER, kind="map", capacity=MOST * len(registry.names()), item_bytes=_ITEM_BYTES,
            fixed_bytes=TOLD * _TOLD_BYTES, policy="drops the oldest of a rule",
        )  # fmt: skip

    def usage(self) -> Usage:
        """The signals that are kept."""
        used = len(self._rule_of)
        held = used * _ITEM_BYTES + len(self._told) * _TOLD_BYTES
        return Usage(used=used, peak=self._peak, bytes_used=held, evicted=self._evicted)

    def take(self, records: Iterable[Record]) -> None:
        """Take what was told, in order. What belongs to a signal that is not kept is passed over."""
        for record in records:
            self._told.append(record)
            self.taken += 1
            match record:
                case Signal():
                    self._begin(record)
                case Transition():
                    known = self.find(record.id)
                    if known is not None:
                        known.stage = record.now
                        known.transitions = (*known.transitions, record)[-_MOVES:]
                case Outcome():
                    known = None if record.is_null else self.find(record.id)
                    if known is not None:
                        known.outcome = record

    def after(self, taken: int, most: int) -> list[Record] | None:
        """The first *most* records that came when *taken* had been taken; None where not all of them are kept."""
        skipped = taken - (self.taken - len(self._told))
        return None if skipped < 0 else list(islice(self._told, skipped, skipped + most))

    def find(self, identity: str) -> Known | None:
        """The signal of that id; None where it is not kept."""
        rule = self._rule_of.get(identity)
        return None if rule is None else self._by_rule[rule][identity]

    def newest(self) -> Iterator[Known]:
        """All that are kept, the newest first, by id within a second."""
        kept = (known for by_id in self._by_rule.values() for known in by_id.values())
        yield from sorted(kept, key=lambda known: (known.signal.at, known.signal.id), reverse=True)

    def _begin(self, signal: Signal) -> None:
        by_id = self._by_rule.get(signal.rule)
        if by_id is None or signal.id in by_id:
            return
        stage = Stage.ACTIVE if signal.plan is None else Stage.PENDING
        by_id[signal.id] = Known(signal=signal, stage=stage)
        self._rule_of[signal.id] = signal.rule
        self._peak = max(self._peak, len(self._rule_of))
        while len(by_id) > MOST or next(iter(by_id.values())).signal.at < signal.at - KEPT_NS:
            oldest, _ = by_id.popitem(last=False)
            del self._rule_of[oldest]
            self._evicted += 1
