"""Funding that falls due while trades are held: paid by the side that pays it, at the rate that was told last.

It is paid when a trade is led through the minute that begins as it falls due, whenever that is: who was in the market
at that moment is known then, after a restart as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.signal import Stage
from tidemark.signals.followed import NUMBER
from tidemark.units import MINUTE

Array = npt.NDArray[Any]

OWNER = "signals/funding"
# What is due next, and what fell due last.
_COLUMNS: Layout = {
    "due_at": (np.int64, ()), "rate": (np.float64, ()), "fell_at": (np.int64, ()), "fell_rate": (np.float64, ()),
}  # fmt: skip


class Charges:
    """What is due next in each of *series* slots, and what fell due last. Memory: 32 bytes a slot."""

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        self._table = Table(OWNER, slots=series, columns=_COLUMNS)
        ledger.open(self._table)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(OWNER, slots=series, columns=_COLUMNS)]

    def take(self, now_ns: int, rate: Array, due_at: Array) -> None:
        """*rate* is due next at *due_at* (ns, 0: not known), one entry a slot; what was due until *now_ns* fell due."""
        kept = self._table.columns
        fell = (kept["due_at"] > 0) & (kept["due_at"] <= now_ns)
        kept["fell_at"][:] = np.where(fell, kept["due_at"], kept["fell_at"])
        kept["fell_rate"][:] = np.where(fell, kept["rate"], kept["fell_rate"])
        is_ahead = due_at > now_ns
        kept["due_at"][:] = np.where(is_ahead, due_at, np.where(fell, 0, kept["due_at"]))
        kept["rate"][:] = np.where(is_ahead, rate, kept["rate"])

    def pay(self, followed: Mapping[str, Array], entries: Array, open_times: Array) -> None:
        """Let *entries*, each about to be led through the minute that opened then (ns), pay what fell due until it.

        A fraction of the price, positive where the trade paid: into `carried` since the trade began, into `funding`
        while it was held.
        """
        kept, slot = self._table.columns, followed["slot"][entries]
        # The minute before the one that it is led to was paid for with that.
        paid_to = followed["followed_to"][entries] - MINUTE
        for at, rate in (("fell_at", "fell_rate"), ("due_at", "rate")):
            due = kept[at][slot]
            owed = (due > np.maximum(paid_to, followed["begun_at"][entries])) & (due <= open_times)
            if not owed.any():
                continue
            paid = np.where(owed, followed["side"][entries] * kept[rate][slot], 0.0)
            followed["carried"][entries] += paid
            held = (followed["stage"][entries] == NUMBER[Stage.ACTIVE]) & (followed["entered_at"][entries] <= due)
            followed["funding"][entries] += np.where(held, paid, 0.0)

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return dict(self._table.columns)
