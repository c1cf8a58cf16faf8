"""What a source is: a module with a class `Source` that fulfils this, `GIVES`, the names of its columns, and `MIRROR`.

MIRROR says of each column how it looks in the mirrored market (prices reflected, sides swapped): "same", "opposite",
the name of the column with which it changes places, or "around X", reflected at the column X.
"""

from typing import Any, Protocol, Self

import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation

Array = npt.NDArray[Any]


class Source(Protocol):
    """Columns of all *series* slots, with what it takes to measure them.

    Where a figure is not known, or what it is made of is stale, out of sync or in a gap, its column says so.
    """

    @classmethod
    def open(cls, markets: Markets, *, series: int, ledger: Ledger) -> Self:
        """One over these markets, its memory allocated and in the ledger."""
        ...

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What it takes, without allocating it."""
        ...

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """Take the trades of a batch that are marked in *fresh*."""
        ...

    def read(self, now_ns: int) -> dict[str, Column]:
        """The columns of all slots, as of *now_ns* of our clock: called once a second."""
        ...

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was read before reads *step_ns* more."""
        ...

    def clear(self, slot: int) -> None:
        """Forget the market of *slot*."""
        ...

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        ...
