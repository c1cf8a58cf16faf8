"""What is much for one market: each factor's value against what it usually was there, as a direction in [-1, 1]."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import scale as kernel
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table

Array = npt.NDArray[Any]

# Before so many values nobody knows what is usual; from then on the quality rises to 1 at four times as many.
LEAST = 30
# A value further out than so many usual ones is taken for that many: one shock does not set the scale for days.
OUTER = 5.0
# The usual value gives tanh(1 / CALM) = 0.80: with less of it no score would leave the middle, see docs/evaluation.md.
CALM = 0.9


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What n rows of values say, (n, factors) each: a direction in [-1, 1], how good it is in [0, 1], if there is one.

    usual: the size against which each value was held, in its own unit; 0 where nothing is known.
    """

    direction: Array
    quality: Array
    is_known: Array
    usual: Array


class Scales:
    """The usual size of *factors* of each series: the root of the mean square of their values, the newer counting more.

    Around 0, which is neutral: the mirrored market has the same scale and the opposite direction. memory: values that
    count; one this many updates old has lost 63 % of its weight. least: for each factor what is taken for usual where
    less is, 0 where they are not given. Memory: 12 bytes a factor and series.
    """

    def __init__(
        self, owner: str, *, series: int, factors: int, memory: int, ledger: Ledger, least: Sequence[float] = ()
    ) -> None:
        self._memory = float(memory)
        self._least: Array = np.array(least or [0.0] * factors)
        self._table = Table(owner, slots=series, columns=_columns(factors))
        ledger.open(self._table)

    @staticmethod
    def reserve(owner: str, *, series: int, factors: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_columns(factors))]

    def judge(self, rows: Array, values: Array, is_present: Array, *, commits: bool = True) -> Judged:
        """Hold each of (n, factors) values against what was usual before it, then, if *commits*, take it.

        rows: int32 (n,), which nothing checks here; a row may come again.
        """
        if not is_present.any():
            nothing = np.zeros(values.shape)
            return Judged(direction=nothing, quality=nothing, is_known=is_present, usual=nothing)
        square, seen = self._table.columns["square"], self._table.columns["seen"]
        before, count = np.zeros(values.shape), np.zeros(values.shape)
        kernel.squares(
            rows, np.ascontiguousarray(values), np.ascontiguousarray(is_present, np.uint8), self._memory, LEAST,
            OUTER * OUTER, square, seen, before, count, commits,
        )  # fmt: skip
        usual = np.maximum(np.sqrt(before), self._least)
        is_known = is_present & (count >= LEAST)
        size = np.divide(values, usual, out=np.zeros_like(usual), where=is_known & (usual > 0))
        return Judged(
            direction=np.tanh(size / CALM),
            quality=np.where(is_known, np.minimum(count / (4.0 * LEAST), 1.0), 0.0),
            is_known=is_known,
            usual=np.where(is_known, usual, 0.0),
        )

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to: (series, factors) each."""
        return dict(self._table.columns)


def _columns(factors: int) -> dict[str, tuple[npt.DTypeLike, tuple[int, ...]]]:
    return {"square": (np.float64, (factors,)), "seen": (np.uint32, (factors,))}
