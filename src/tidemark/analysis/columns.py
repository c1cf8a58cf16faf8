"""Named columns of what was measured, each with a mark of where it is known."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Column(msgspec.Struct, frozen=True):
    """One figure of n series: float64 (n,), finite everywhere, and meaningless where `is_known` (bool) is false."""

    values: Array
    is_known: Array

    @classmethod
    def of(cls, values: Array, is_known: Array | None = None) -> "Column":
        """A column whose figures are known where they are finite, and *is_known* does not deny it."""
        finite = np.isfinite(values)
        known = finite if is_known is None else finite & is_known
        return cls(np.where(known, values, 0.0), known)


class Columns(Mapping[str, Column]):
    """Columns of the same n series, by name. One that is not there is known nowhere."""

    def __init__(self, rows: int, columns: Mapping[str, Column]) -> None:
        self.rows = rows
        self._columns = dict(columns)  # bounded: by the names that the sources give

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def take(self, names: Sequence[str]) -> tuple[list[Array], Array]:
        """The figures of *names*, in order, and where all of them are known."""
        try:
            chosen = [self._columns[name] for name in names]
        except KeyError:
            return [np.zeros(self.rows) for _ in names], np.zeros(self.rows, bool)
        first, *others = chosen or [Column(np.zeros(self.rows), np.ones(self.rows, bool))]
        is_known = first.is_known.copy()
        for column in others:
            # Those of one source often share one array.
            if column.is_known is not first.is_known:
                is_known &= column.is_known
        return [column.values for column in chosen], is_known
