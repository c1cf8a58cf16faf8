"""What stands near the mid of every book: its best five levels, its walls, and what is taken away without a trade.

A wall is the largest level of a side within 50 bps of the mid, as far as the book is kept, where it is four times as
large as the others are on average; it is in quote currency, 0 where there is none, and the seconds say for how long it
has stood at one price. All other sizes are in base currency.

Pulled is what left the best 20 levels of a side from one second to the next and was not traded on it, summed with a
half-life of 30 s. What came and went between two looks is not seen. `pulling` is that, as a share of what stands,
against what is usual: the mean over the seconds in sync, one an hour old having lost 63 % of its weight, known after
five minutes. Known while the book is in sync.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels import near_book as kernel
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import SECOND

Array = npt.NDArray[Any]

DISTANCE_BPS = 50.0
HALF_LIFE_S = 30.0
# Readings, one a second: that make what is usual, and before which nobody knows it.
MEMORY = 3600.0
LEAST = 300
# A pause of the reader says nothing of what stood meanwhile.
LONGEST_S = 5.0
_TOP, _STANDING, _PULLED, _WITHIN, _WALL, _MULTIPLE, _DISTANCE = range(kernel.COLUMNS)
_SIDES = ("bid", "ask")
_EACH = ("best_{}s", "pulled_{}s", "{}_book", "{}_wall", "{}_wall_times", "{}_wall_bps", "{}_wall_s")
GIVES = (*(name.format(side) for name in _EACH for side in _SIDES), "pulling")
MIRROR = {
    **{name.format(side): name.format(other) for name in _EACH for side, other in (_SIDES, _SIDES[::-1])},
    "pulling": "same",
}
_BEFORE: Layout = {
    "keys": (np.int64, (2, kernel.NEAR)),
    "sizes": (np.float64, (2, kernel.NEAR)),
    "counts": (np.int64, (2,)),
    "wall": (np.int64, (2,)),
    "stood": (np.float64, (2,)),
    "taken": (np.float64, (2,)),
    "carried": (np.float64, (2,)),
}
_PULLING: Layout = {
    "pulled": (np.float64, (2,)),
    "share": (np.float64, ()),
    "usual": (np.float64, ()),
    "seen": (np.uint32, ()),
}
_OWNER = "analysis/walls"


class Source:
    """See sources.base. Memory: 756 bytes a series."""

    def __init__(self, markets: Markets, before: Table, pulling: Table) -> None:
        self._books = markets.books
        self._before = before
        self._pulling = pulling
        self._moving = tuple(before.columns.values())
        self._looked_at = 0

    @classmethod
    def open(cls, markets: Markets, *, series: int, ledger: Ledger) -> Self:
        """See sources.base."""
        before = Table(_OWNER, slots=series, columns=_BEFORE)
        pulling = Table(f"{_OWNER}/pulling", slots=series, columns=_PULLING)
        for owner in (before, pulling):
            ledger.open(owner)
        return cls(markets, before, pulling)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """See sources.base."""
        return [
            Table.reserve(_OWNER, slots=series, columns=_BEFORE),
            Table.reserve(f"{_OWNER}/pulling", slots=series, columns=_PULLING),
        ]

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """See sources.base."""
        slot, _, _, _, _, _, size, is_buy = trades.arrays
        kernel.hear(slot, size, is_buy, fresh, trades.count, self._before.columns["taken"])

    def read(self, now_ns: int) -> dict[str, Column]:
        """See sources.base."""
        if self._books is None:
            return {}
        passed_s = min(max((now_ns - self._looked_at) / SECOND, 0.0), LONGEST_S)
        self._looked_at = now_ns
        ladder = self._books.ladder()
        known = np.all(ladder.counts > 0, axis=1)
        found = np.empty((len(known), 2, kernel.COLUMNS))
        kernel.walk(
            ladder.keys, ladder.sizes, ladder.counts, ladder.per_tick, DISTANCE_BPS, passed_s, self._moving, found
        )
        pulled, pulling = self._pull(found, known, passed_s)
        sides = (
            found[:, :, _TOP], pulled, found[:, :, _WITHIN], found[:, :, _WALL], found[:, :, _MULTIPLE],
            found[:, :, _DISTANCE], self._before.columns["stood"],
        )  # fmt: skip
        columns = {
            name.format(side): Column.of(figures[:, number], known)
            for name, figures in zip(_EACH, sides, strict=True)
            for number, side in enumerate(_SIDES)
        }
        columns["pulling"] = pulling
        return columns

    def shift(self, step_ns: int) -> None:
        """See sources.base."""
        self._looked_at += step_ns if self._looked_at else 0

    def clear(self, slot: int) -> None:
        """See sources.base."""
        self._before.clear(slot)
        self._pulling.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What is usual; a book is known anew within seconds."""
        return {name: self._pulling.columns[name] for name in ("usual", "seen")}

    def _pull(self, found: Array, known: Array, passed_s: float) -> tuple[Array, Column]:
        """What was pulled of both sides, and as a share of what stands against what is usual."""
        columns = self._pulling.columns
        share, usual, seen = columns["share"], columns["usual"], columns["seen"]
        kept = float(np.exp2(-passed_s / HALF_LIFE_S))
        now = found[:, :, _PULLED]
        columns["pulled"][:] = np.where(known[:, None], columns["pulled"] * kept + now, 0.0)
        standing = found[:, :, _STANDING].sum(axis=1) + now.sum(axis=1)
        fraction = np.divide(now.sum(axis=1), standing, out=np.zeros(len(known)), where=standing > 0.0)
        share[:] = np.where(known, share * kept + fraction, 0.0)
        is_usual_known = known & (seen >= LEAST) & (usual > 0.0)
        pulling = Column.of(np.divide(share, usual, out=np.zeros(len(known)), where=is_usual_known), is_usual_known)
        seen[known] += 1
        usual += np.where(known, (share - usual) / np.clip(seen, 1.0, MEMORY), 0.0)
        return columns["pulled"], pulling
