"""What is kept of each series' past: its newest events, how its phases went, and the ranges that are over.

Bars are remembered by when they closed and by how many bars lay between, since a series may miss bars: whoever has the
bars finds the place. Memory: 1.8 KB a series.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.engine import Batch
from tidemark.kernels import structure
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table

Array = npt.NDArray[Any]

EVENTS = 14
CHANGES = 8
ENDED = 8
_COLUMNS: Layout = {
    "event_time": (np.int64, (EVENTS,)),
    "event": (np.int32, (EVENTS, 5)),  # its bar, its range, when it was known, the same of its revision
    "event_kind": (np.int8, (EVENTS, 4)),  # kind, direction, phase, what changed
    "event_values": (np.float32, (EVENTS, structure.VALUES)),
    "revised_level": (np.float32, (EVENTS,)),
    "change_time": (np.int64, (CHANGES,)),
    "change": (np.int32, (CHANGES, 2)),  # range, first bar
    "change_kind": (np.int8, (CHANGES, 3)),  # phase, why, direction
    "ended_time": (np.int64, (ENDED,)),
    "ended": (np.int32, (ENDED, 4)),
    "ended_values": (np.float32, (ENDED, 4)),
    "count": (np.int32, (3,)),
    "like": (np.int8, (2,)),
    "likeness": (np.float32, ()),
    "lean": (np.int8, ()),
    "is_read": (np.bool_, ()),
}


# How an event that was given may change: the price went deeper; the sign was taken back; the break failed in the end.
DEEPER, WITHDRAWN, FAILED = 1, 2, 3
_BROKEN = (structure.SIGN, structure.LAST_POINT, structure.BACKUP)


class KeptRevision(msgspec.Struct, frozen=True, gc=False):
    """How an event changed: one of the above, known with the close of the bar *known*.

    at, level: where its extreme is now, or where the price came back through, as a logarithm.
    """

    what: int
    at: int
    known: int
    level: float


class KeptEvent(msgspec.Struct, frozen=True, gc=False):
    """An event of a series, as it was given, and how it changed since, the newest change alone.

    time: the opening (ns) of the bar at whose close it was known; at, confirmed: its own bar and that one, counted from
    the first of the series. values: level as a logarithm, what its rules read, and the log-odds.
    """

    time: int
    kind: int
    direction: int
    at: int
    confirmed: int
    range_id: int
    phase: int
    revision: KeptRevision | None
    values: Array

    @property
    def is_back(self) -> bool:
        """Whether what it promised did not hold."""
        return self.revision is not None and self.revision.what != DEEPER


class KeptChange(msgspec.Struct, frozen=True, gc=False):
    """A phase of a range that began with the bar *at*, from the first on; known with the one that opened at *time*.

    why: why it was entered, one of the kernel's WHY_*, and the direction of what made it so.
    """

    time: int
    range_id: int
    phase: int
    at: int
    why: int
    direction: int


class KeptRange(msgspec.Struct, frozen=True, gc=False):
    """A range that is over. begin_at: its first bar; it ended with the one that opened at *time*."""

    time: int
    range_id: int
    direction: int
    why: int
    begin_at: int
    lower: float
    upper: float


class Kept:
    """The past of all series of one timeframe; the oldest goes first."""

    def __init__(self, owner: str, *, series: int, ledger: Ledger) -> None:
        self._table = Table(owner, slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._columns = self._table.columns

    @staticmethod
    def reserve(owner: str, *, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_COLUMNS)]

    def take(self, batch: Batch, times: Array) -> None:
        """Keep what a batch gave; times: when each of its bars opened (ns)."""
        for info, values in zip(batch.events.tolist(), batch.values, strict=True):
            self._hear(info, values, int(times[info[8]]))

    def _hear(self, info: list[int], values: Array, time: int) -> None:
        row, kind, direction, at, confirmed, number, is_back, phase, _ = info
        count = self._columns["count"][row]
        if kind == structure.PHASE_CHANGE:
            place = int(count[1]) % CHANGES
            self._columns["change_time"][row, place] = time
            self._columns["change"][row, place] = (number, at)
            self._columns["change_kind"][row, place] = (int(values[2]), int(values[3]), direction)
            count[1] += 1
        elif kind == structure.ENDS:
            place = int(count[2]) % ENDED
            self._columns["ended_time"][row, place] = time
            self._columns["ended"][row, place] = (number, direction, int(values[1]), int(values[8]))
            self._columns["ended_values"][row, place] = (values[2], values[3], values[4], values[5])
            count[2] += 1
            if int(values[1]) == structure.END_FAILED:
                bound = float(values[3] if direction > 0 else values[2])
                for one in _BROKEN:
                    self._revise(row, (one, direction, number), KeptRevision(FAILED, confirmed, confirmed, bound))
        elif is_back:
            change = KeptRevision(WITHDRAWN, confirmed, confirmed, float(values[0]))
            self._revise(row, (kind, direction, number), change)
        elif kind == structure.REVISED:
            change = KeptRevision(DEEPER, at, confirmed, float(values[0]))
            self._revise(row, (int(values[1]), direction, number), change, int(values[2]))
        elif kind < structure.KINDS:
            place = int(count[0]) % EVENTS
            self._columns["event_time"][row, place] = time
            self._columns["event"][row, place] = (at, number, confirmed, 0, 0)
            self._columns["event_kind"][row, place] = (kind, direction, phase, 0)
            self._columns["event_values"][row, place] = values
            count[0] += 1

    def _revise(self, row: int, own: tuple[int, int, int], change: KeptRevision, at: int | None = None) -> None:
        """Note the change of the events of this kind, direction and range, or of the one *at* that bar alone.

        What did not hold stays so, and says when it was first known.
        """
        kind, direction, number = own
        events, kinds = self._columns["event"][row], self._columns["event_kind"][row]
        # Ranges are counted from 1 on: a place without an event is of none.
        same = (kinds[:, 0] == kind) & (kinds[:, 1] == direction) & (events[:, 1] == number) & (kinds[:, 3] <= DEEPER)
        if at is not None:
            same &= events[:, 0] == at
        kinds[same, 3] = change.what
        events[same, 3:] = (change.at, change.known)
        self._columns["revised_level"][row, same] = change.level

    def liken(self, slot: int, template: int, direction: int, score: float) -> None:
        """Keep what the range of a series is most like: a template's number from 1 on, 0 for none."""
        self._columns["like"][slot] = (template, direction)
        self._columns["likeness"][slot] = score

    def likeness(self, slot: int) -> tuple[int, int, float]:
        """What was kept by `liken`."""
        template, direction = self._columns["like"][slot].tolist()
        return template, direction, float(self._columns["likeness"][slot])

    def lean(self, slots: Array, seen: Array, is_known: Array) -> None:
        """Keep where series lean, as of their newest bars: the way of a break, else that of what their range is like.

        seen: see Batch; is_known: whether the series have had bars enough, bool (n,).
        """
        like = np.where(seen[:, 0] > 0, self._columns["like"][slots, 1], 0)
        self._columns["lean"][slots] = np.where(seen[:, 3] != 0, seen[:, 3], like)
        self._columns["is_read"][slots] = is_known

    def leans(self) -> tuple[Array, Array]:
        """What was kept by `lean` of all series, 1 upwards, -1 downwards or 0, and whether it is known; (series,)."""
        return self._columns["lean"], self._columns["is_read"]

    def newest(self, slot: int) -> KeptEvent | None:
        """The newest event of a series that was not taken back."""
        return next((one for one in reversed(self.events(slot)) if not one.is_back), None)

    def events(self, slot: int) -> list[KeptEvent]:
        """The newest events of a series, the oldest of them first."""
        return [self._event(slot, place, row) for place, row in self._rows(slot, "event", 0, EVENTS)]

    def _event(self, slot: int, place: int, row: list[int]) -> KeptEvent:
        at, number, confirmed, revised_at, known = row
        kind, direction, phase, what = self._columns["event_kind"][slot, place].tolist()
        level = float(self._columns["revised_level"][slot, place])
        return KeptEvent(
            time=int(self._columns["event_time"][slot, place]), kind=kind, direction=direction, at=at,
            confirmed=confirmed, range_id=number, phase=phase,
            revision=KeptRevision(what, revised_at, known, level) if what else None,
            values=self._columns["event_values"][slot, place].astype(np.float64),
        )  # fmt: skip

    def changes(self, slot: int) -> list[KeptChange]:
        """How phases followed each other, the oldest first."""
        return [self._change(slot, place, row) for place, row in self._rows(slot, "change", 1, CHANGES)]

    def _change(self, slot: int, place: int, row: list[int]) -> KeptChange:
        number, at = row
        phase, why, direction = self._columns["change_kind"][slot, place].tolist()
        return KeptChange(int(self._columns["change_time"][slot, place]), number, phase, at, why, direction)

    def ended(self, slot: int) -> list[KeptRange]:
        """Ranges that are over, the oldest first."""
        return [
            KeptRange(
                time=int(self._columns["ended_time"][slot, place]), range_id=number, direction=direction, why=why,
                begin_at=at, lower=float(self._columns["ended_values"][slot, place, 0]),
                upper=float(self._columns["ended_values"][slot, place, 1]),
            )
            for place, (number, direction, why, at) in self._rows(slot, "ended", 2, ENDED)
        ]  # fmt: skip

    def _rows(self, slot: int, name: str, which: int, capacity: int) -> Iterator[tuple[int, list[int]]]:
        count = int(self._columns["count"][slot, which])
        for number in range(max(count - capacity, 0), count):
            place = number % capacity
            yield place, self._columns[name][slot, place].tolist()

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)
