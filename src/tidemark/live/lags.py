"""How late the loop was, over the whole run: counted by the millisecond."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import MILLISECOND

# Whoever is later is counted with the last.
LONGEST_MS = 1000
_OWNER = "health/lags"
_COLUMNS: Layout = {"count": (np.int64, ())}


class Lags:
    """A count for each millisecond up to a second. Memory: 8 bytes each."""

    def __init__(self, ledger: Ledger) -> None:
        table = Table(_OWNER, slots=LONGEST_MS + 1, columns=_COLUMNS)
        ledger.open(table)
        self._count = table.columns["count"]

    @staticmethod
    def reserve() -> Reservation:
        """What it takes, without allocating it."""
        return Table.reserve(_OWNER, slots=LONGEST_MS + 1, columns=_COLUMNS)

    def add(self, late_ns: int) -> None:
        """The loop was so late; at least 0."""
        self._count[min(late_ns // MILLISECOND, LONGEST_MS)] += 1

    def counts(self) -> npt.NDArray[Any]:
        """How often it was so many whole milliseconds late, the last: `LONGEST_MS` or more. A copy, int64."""
        return self._count.copy()

    def quantile(self, share: float) -> float | None:
        """So many milliseconds, rounded up, or less were enough for that *share* of the times; None before the first.

        More than `LONGEST_MS` means: later than that.
        """
        total = int(self._count.sum())
        if not total:
            return None
        at = int(np.searchsorted(np.cumsum(self._count), share * total))
        return float(at + 1)
