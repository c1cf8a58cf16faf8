"""Funding that falls due while trades are held: paid by the side that pays it, at the rate that was told last."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.signal import Stage
from tidemark.signals.followed import NUMBER

Array = npt.NDArray[Any]

OWNER = "signals/funding"
_COLUMNS: Layout = {"due_at": (np.int64, ()), "rate": (np.float64, ())}


class Charges:
    """What is due next in each of *series* slots. Memory: 16 bytes a slot."""

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        self._table = Table(OWNER, slots=series, columns=_COLUMNS)
        ledger.open(self._table)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(OWNER, slots=series, columns=_COLUMNS)]

    def take(self, now_ns: int, rate: Array, due_at: Array, followed: Mapping[str, Array], entries: Array) -> None:
        """*rate* is due next at *due_at* (ns, 0: not known), one entry a slot; let *entries* pay what fell due.

        A fraction of the price, positive where the trade paid: into `carried` since the trade began, into `funding`
        while it was held.
        """
        kept = self._table.columns
        fell = (kept["due_at"] > 0) & (kept["due_at"] <= now_ns)
        if fell.any() and len(entries):
            slot = followed["slot"][entries]
            due = fell[slot] & (followed["begun_at"][entries] < kept["due_at"][slot])
            entries, slot = entries[due], slot[due]
            paid = followed["side"][entries] * kept["rate"][slot]
            followed["carried"][entries] += paid
            held = followed["stage"][entries] == NUMBER[Stage.ACTIVE]
            held &= followed["entered_at"][entries] <= kept["due_at"][slot]
            followed["funding"][entries] += np.where(held, paid, 0.0)
        is_ahead = due_at > now_ns
        kept["due_at"][:] = np.where(is_ahead, due_at, np.where(fell, 0, kept["due_at"]))
        kept["rate"][:] = np.where(is_ahead, rate, kept["rate"])

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return dict(self._table.columns)
