"""One figure of every series on the exchange's five-minute grid: what open interest and account ratios are kept in."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.ring import Ring
from tidemark.memory.table import Table
from tidemark.units import DAY, HOUR, MILLISECOND, MINUTE

Array = npt.NDArray[Any]

STEP_NS = 5 * MINUTE
# 24 hours, and the point that stood 24 hours before the newest.
POINTS = DAY // STEP_NS
ROWS = POINTS + 1
# A point that is further ahead of the exchange's clock than this would push out what is true.
FUTURE_NS = STEP_NS
_LATEST: Mapping[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "value": (np.float64, ()),
    "ts_event": (np.int64, ()),
    "ts_recv": (np.int64, ()),
}


class Reading(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A figure, the exchange's time of it, by which it is as old as it is, and when it reached us (ns)."""

    value: float
    ts_event: int
    ts_recv: int


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """The points from the first that is asked for to the newest, oldest first, as copies.

    times: where they stand on the grid, int64 ns; values: float64, NaN where nobody told the point.
    """

    times: Array
    values: Array


class FiveMinutes:
    """The newest reading of each series, and its points of the latest 24 hours.

    The point of time T is the last reading within (T - 5 min, T]: a reading that the exchange stamps with T itself is
    that point exactly. A point of which nothing was told is missing; nothing is carried forward. Readings may come late
    and in any order. Memory: 289 rows of a value and four bytes, and 24 bytes, a series.
    """

    def __init__(self, owner: str, *, series: int, dtype: npt.DTypeLike, ledger: Ledger) -> None:
        self._ring = Ring(owner, series=series, rows=ROWS, columns=_columns(dtype))
        self._latest = Table(f"{owner}/latest", slots=series, columns=_LATEST)
        ledger.open(self._ring)
        ledger.open(self._latest)
        self.refused = 0

    @staticmethod
    def reserve(owner: str, *, series: int, dtype: npt.DTypeLike) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Ring.reserve(owner, series=series, rows=ROWS, columns=_columns(dtype)),
            Table.reserve(f"{owner}/latest", slots=series, columns=_LATEST),
        ]

    def kept(self) -> dict[str, Array]:
        """What outlives a restart; see Derivatives.kept."""
        name = self._ring.reservation.owner
        columns = {f"{name}/{column}": array for column, array in self._ring.columns.items()}
        latest = {f"{name}/latest/{column}": array for column, array in self._latest.columns.items()}
        return {**columns, f"{name}/head": self._ring.head, **latest}

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        received = self._latest.columns["ts_recv"]
        received[received != 0] += step_ns

    def add(self, slot: int, value: float, ts_event: int, ts_recv: int, offset_ns: int = 0) -> bool:
        """Take a reading; False, and counted in `refused`, for one from the future or older than all that is kept.

        offset_ns: the exchange's clock minus ours.
        """
        sequence = -(-ts_event // STEP_NS)
        _, end = self._ring.held(slot)
        if ts_event > ts_recv + offset_ns + FUTURE_NS or sequence < 0 or sequence < end - ROWS:
            self.refused += 1
            return False
        # Milliseconds since the point before, and one, so that zero stands for nothing told; at most 300,000.
        after = (ts_event - (sequence - 1) * STEP_NS) // MILLISECOND + 1
        at = sequence % ROWS
        columns = self._ring.columns
        if sequence >= end:
            self._ring.put(slot, sequence, value=value, after=after)
        elif after >= columns["after"][slot, at]:
            columns["value"][slot, at] = value
            columns["after"][slot, at] = after
        latest = self._latest.columns
        if ts_event >= int(latest["ts_event"][slot]):
            latest["value"][slot] = value
            latest["ts_event"][slot] = ts_event
            latest["ts_recv"][slot] = ts_recv
        return True

    def latest(self, slot: int) -> Reading | None:
        """The newest reading, None before the first."""
        columns = self._latest.columns
        if not columns["ts_recv"][slot]:
            return None
        value, ts_event, ts_recv = (columns[name][slot].item() for name in _LATEST)
        return Reading(value=value, ts_event=ts_event, ts_recv=ts_recv)

    def back(self, slot: int, distance_ns: int) -> float | None:
        """The point exactly *distance_ns*, whole points, before that of the newest reading; None when it is missing."""
        end = self._ring.held(slot)[1]
        found = self._ring.window(slot, end - 1 - distance_ns // STEP_NS, 1)
        return float(found["value"][0]) if len(found["after"]) and found["after"][0] else None

    def change(self, slot: int, distance_ns: int) -> float | None:
        """The newest reading against the point *distance_ns* before its own, as a fraction; None when it is missing."""
        latest, before = self.latest(slot), self.back(slot, distance_ns)
        if latest is None or not before:
            return None
        return latest.value / before - 1.0

    def change_1h(self, slot: int) -> float | None:
        """Against the point exactly one hour before, as a fraction."""
        return self.change(slot, HOUR)

    def change_24h(self, slot: int) -> float | None:
        """Against the point exactly 24 hours before, as a fraction."""
        return self.change(slot, DAY)

    def points(self, slot: int, count: int = POINTS) -> Points:
        """The newest *count* points, those before the first that was ever told left out."""
        end = self._ring.held(slot)[1]
        first = max(0, end - min(count, ROWS))
        held = self._ring.window(slot, first, count)
        told = held["after"] > 0
        start = int(np.argmax(told)) if told.any() else len(told)
        values = np.where(told, held["value"].astype(np.float64), np.nan)[start:]
        times = (np.arange(first, first + len(told), dtype=np.int64) * STEP_NS)[start:]
        return Points(times=times, values=values)

    def hole(self, slot: int, now_ns: int) -> int | None:
        """Where the oldest missing point of the 24 hours before *now_ns*, the exchange's time, stands; None: none."""
        newest = now_ns // STEP_NS
        first = max(0, newest - POINTS + 1, self._ring.held(slot)[0])
        after = self._ring.window(slot, first, max(0, newest - first + 1))["after"]
        missing = np.flatnonzero(after == 0)
        oldest = first + (int(missing[0]) if len(missing) else len(after))
        return oldest * STEP_NS if oldest <= newest else None

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._ring.clear(slot)
        self._latest.clear(slot)


def _columns(dtype: npt.DTypeLike) -> dict[str, npt.DTypeLike]:
    return {"value": dtype, "after": np.uint32}
