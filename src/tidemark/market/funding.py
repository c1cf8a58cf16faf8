"""Funding of every series: what was settled, how often it is, and what is due next."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.units import DAY, HOUR, MINUTE

Array = npt.NDArray[Any]

# Settlements kept of each series: 30 days at eight hours.
SETTLEMENTS = 90
# The stamps of settlements are some milliseconds late; none is due within a minute of another.
_GRID_NS = MINUTE
_YEAR_NS = 365 * DAY
_COLUMNS: Mapping[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "due_at": (np.int64, (SETTLEMENTS,)),
    "rate": (np.float64, (SETTLEMENTS,)),
    "count": (np.int32, ()),
    "ts_recv": (np.int64, ()),
    "told_interval": (np.int64, ()),
}


class FundingReading(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Funding of one market. None: not known.

    rate: what is due at `next_at` (ns), as a fraction, told at `ts_recv`. interval_ns: between two settlements.
    annualised: `rate` times the settlements of 365 days. settled, settled_at, settlements: the rate and the time of the
    newest settlement that is known, how many are, and when they were last told (`settled_ts_recv`).
    """

    rate: float | None
    next_at: int | None
    ts_recv: int | None
    interval_ns: int | None
    annualised: float | None
    settled: float | None
    settled_at: int | None
    settlements: int
    settled_ts_recv: int | None


class Fundings:
    """The newest 90 settlements of each slot, each once by its time rounded to the minute, in order of time.

    They may be told late, in any order and again; one that is told again has the rate told last. Memory: 1.5 KB a slot.
    """

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        self._table = Table("funding", slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._columns = self._table.columns
        self.refused = 0

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve("funding", slots=series, columns=_COLUMNS)]

    def join(self, slot: int, interval_h: float | None) -> None:
        """The exchange's own word for the interval, None where it says nothing; history knows better."""
        self._columns["told_interval"][slot] = round((interval_h or 0.0) * HOUR)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart; see Derivatives.kept."""
        return {f"funding/{name}": column for name, column in self._columns.items()}

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        received = self._columns["ts_recv"]
        received[received != 0] += step_ns

    def add(self, slot: int, rate: float, due_at: int, ts_recv: int, offset_ns: int = 0) -> bool:
        """Take a settlement; False, and counted in `refused`, when it is not over or older than the 90 that are kept.

        offset_ns: the exchange's clock minus ours.
        """
        due, rates = self._columns["due_at"][slot], self._columns["rate"][slot]
        count = int(self._columns["count"][slot])
        at = (due_at + _GRID_NS // 2) // _GRID_NS * _GRID_NS
        is_kept = count < SETTLEMENTS or at >= int(due[0])
        if at > ts_recv + offset_ns + _GRID_NS or not is_kept:
            self.refused += 1
            return False
        place = int(np.searchsorted(due[:count], at))
        self._columns["ts_recv"][slot] = max(ts_recv, int(self._columns["ts_recv"][slot]))
        if place < count and due[place] == at:
            rates[place] = rate
            return True
        for column, value in ((due, at), (rates, rate)):
            if count == SETTLEMENTS:
                column[: place - 1] = column[1:place].copy()
                column[place - 1] = value
            else:
                column[place + 1 : count + 1] = column[place:count].copy()
                column[place] = value
        self._columns["count"][slot] = min(count + 1, SETTLEMENTS)
        return True

    def settled(self, slot: int, count: int = SETTLEMENTS) -> tuple[Array, Array]:
        """Times (int64 ns, to the minute) and rates (float64) of the newest *count*, oldest first, as copies."""
        held = int(self._columns["count"][slot])
        first = max(0, held - count)
        return self._columns["due_at"][slot, first:held].copy(), self._columns["rate"][slot, first:held].copy()

    def interval_ns(self, slot: int, next_at: int | None = None) -> int | None:
        """The time between two settlements as the newest of them show it; None while nothing tells.

        A shorter interval than before is believed at once, between settlements or from the newest to *next_at*: no hole
        in a history can make one. A longer one may be such a hole, so it is believed when it was seen twice in a row or
        when *next_at* confirms it.
        Without two settlements: from the newest to *next_at*, else what the exchange said when it listed the market.
        """
        due, _ = self.settled(slot, 4)
        steps = np.diff(due).tolist()
        ahead = None if next_at is None or not len(due) else (next_at + _GRID_NS // 2) // _GRID_NS * _GRID_NS - due[-1]
        told = int(self._columns["told_interval"][slot])
        if not steps:
            return told or (int(ahead) if ahead is not None and 0 < ahead <= DAY else None)
        newest = int(steps[-1])
        if ahead is not None and 0 < ahead < newest:
            return int(ahead)
        before = int(steps[-2]) if len(steps) > 1 else newest
        return newest if newest <= before or newest == ahead else before

    def reading(self, slot: int, rate: float | None, next_at: int | None, ts_recv: int | None) -> FundingReading:
        """All that is known, with what the ticker says: the *rate* due at *next_at*, as told at *ts_recv*."""
        due, rates = self.settled(slot, 1)
        count = int(self._columns["count"][slot])
        interval_ns = self.interval_ns(slot, next_at)
        return FundingReading(
            rate=rate,
            next_at=next_at,
            ts_recv=ts_recv,
            interval_ns=interval_ns,
            annualised=None if rate is None or interval_ns is None else rate * _YEAR_NS / interval_ns,
            settled=float(rates[0]) if count else None,
            settled_at=int(due[0]) if count else None,
            settlements=count,
            settled_ts_recv=int(self._columns["ts_recv"][slot]) if count else None,
        )

    def clear(self, slot: int) -> None:
        """Forget the settlements of *slot*, and what was said of its interval."""
        self._table.clear(slot)
