"""The factors and modifiers of one pace, held against what is usual for each series; the newest reading stays."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.factors import registry
from tidemark.analysis.factors.base import Pace
from tidemark.analysis.scale import Judged, Scales
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table

Array = npt.NDArray[Any]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What n rows say: `values` (n, factors) and what they mean for their series; `strength` (n, modifiers).

    strength is 1 where a modifier knows nothing.
    """

    values: Array
    judged: Judged
    strength: Array


class Panel:
    """The newest reading of every series.

    inputs: the columns whose newest figures are kept as well, for the explanation. memory: values that make what is
    usual. `at` (ns) is the time of each series' newest reading, 0 before the first. The arrays are views: read only.
    Memory: 29 bytes a factor, 4 bytes a modifier, 9 bytes an input and 8 bytes, a series.
    """

    def __init__(
        self, owner: str, pace: Pace, *, series: int, inputs: Sequence[str], memory: int, ledger: Ledger
    ) -> None:
        self.factors = registry.factors(pace)
        self.modifiers = registry.modifiers(pace)
        self.inputs = tuple(inputs)
        least = [getattr(factor, "LEAST_USUAL", 0.0) for factor in self.factors.values()]
        self._scales = Scales(
            f"{owner}/usual", series=series, factors=len(self.factors), memory=memory, ledger=ledger, least=least
        )
        self._table = Table(owner, slots=series, columns=_columns(pace, len(self.inputs)))
        ledger.open(self._table)
        columns = self._table.columns
        self.at, self.value, self.usual = columns["at"], columns["value"], columns["usual"]
        self.direction, self.quality, self.is_known = columns["direction"], columns["quality"], columns["is_known"]
        self.strength = columns["strength"]
        self._input, self._is_input_known = columns["input"], columns["is_input_known"]

    @staticmethod
    def reserve(owner: str, pace: Pace, *, series: int, inputs: Sequence[str]) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            *Scales.reserve(f"{owner}/usual", series=series, factors=len(registry.factors(pace))),
            Table.reserve(owner, slots=series, columns=_columns(pace, len(inputs))),
        ]

    def take(self, rows: Array, columns: Columns, at: Array, *, learns: bool = True) -> Reading:
        """Read *columns*, entry i of which is of series rows[i] (int32) at at[i] (ns).

        A row may come again, in order. learns: the values become part of what is usual.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            values, is_present = self._values(columns)
            strength = self._strength(columns)
        judged = self._scales.judge(rows, values, is_present, commits=learns)
        # Where a row comes again its last reading stays.
        self.at[rows] = at
        self.value[rows], self.usual[rows] = values, judged.usual
        self.direction[rows], self.quality[rows] = judged.direction, judged.quality
        self.is_known[rows], self.strength[rows] = judged.is_known, strength
        self._keep(rows, columns)
        return Reading(values=values, judged=judged, strength=strength)

    def _values(self, columns: Columns) -> tuple[Array, Array]:
        """What each factor says, and where it says something, (n, factors)."""
        # A factor a row while they are made, so that each is written in one go.
        values = np.zeros((len(self.factors), columns.rows))
        is_present = np.zeros(values.shape, bool)
        for number, factor in enumerate(self.factors.values()):
            taken, known = columns.take(factor.READS)
            if known.any():
                column = Column.of(factor.value(*taken), known)
                values[number], is_present[number] = column.values, column.is_known
        return np.ascontiguousarray(values.T), np.ascontiguousarray(is_present.T)

    def _strength(self, columns: Columns) -> Array:
        """What each modifier says, (n, modifiers), 1 where it knows nothing."""
        strength = np.ones((columns.rows, len(self.modifiers)))
        for number, modifier in enumerate(self.modifiers.values()):
            taken, known = columns.take(modifier.READS)
            if known.any():
                column = Column.of(modifier.strength(*taken), known)
                strength[:, number] = np.where(column.is_known, np.clip(column.values, 0.0, 1.0), 1.0)
        return strength

    def take_nothing(self, at: int) -> None:
        """Every series was looked at, at *at* (ns), and nothing is known: as `take` without columns, from the first."""
        self.at[:] = at
        self.strength[:] = 1.0

    def _keep(self, rows: Array, columns: Columns) -> None:
        """The newest inputs of series, for the explanation."""
        given, is_given = np.zeros((len(self.inputs), len(rows))), np.zeros((len(self.inputs), len(rows)), bool)
        for number, name in enumerate(self.inputs):
            if name in columns:
                one = columns[name]
                given[number], is_given[number] = one.values, one.is_known
        self._input[rows], self._is_input_known[rows] = given.T, is_given.T

    def given(self, slot: int) -> dict[str, float]:
        """The newest inputs of one series that are known."""
        known, values = self._is_input_known[slot].tolist(), self._input[slot].tolist()
        return {name: value for name, value, is_known in zip(self.inputs, values, known, strict=True) if is_known}

    def column(self, name: str) -> Column:
        """The newest input of that name of every series, as copies."""
        at = self.inputs.index(name)
        return Column(self._input[:, at].copy(), self._is_input_known[:, at] > 0)

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)
        self._scales.clear(slot)

    def kept(self) -> dict[str, Array]:
        """All of it, as views that may be written to."""
        return {**self._table.columns, **{f"usual/{name}": column for name, column in self._scales.kept().items()}}

    def kept_usual(self) -> dict[str, Array]:
        """What is usual, as views that may be written to, by factor: another version may have other factors."""
        return {
            f"{factor}/{name}": column[:, number]
            for name, column in self._scales.kept().items()
            for number, factor in enumerate(self.factors)
        }


def _columns(pace: Pace, inputs: int) -> Layout:
    factors, modifiers = len(registry.factors(pace)), len(registry.modifiers(pace))
    return {
        "at": (np.int64, ()),
        "value": (np.float32, (factors,)),
        "usual": (np.float32, (factors,)),
        "direction": (np.float32, (factors,)),
        "quality": (np.float32, (factors,)),
        "is_known": (np.uint8, (factors,)),
        "strength": (np.float32, (modifiers,)),
        "input": (np.float64, (inputs,)),
        "is_input_known": (np.uint8, (inputs,)),
    }
