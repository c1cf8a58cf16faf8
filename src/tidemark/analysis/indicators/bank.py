"""All indicators of one timeframe: their state, a row a series."""

from collections.abc import Mapping, Sequence

import numpy as np

from tidemark.analysis.columns import Column
from tidemark.analysis.indicators import registry
from tidemark.analysis.indicators.base import Array, Indicator
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table


class Bank:
    """Indicators, by default all there are. Memory: 8 bytes for each number of state, a series."""

    def __init__(self, owner: str, *, series: int, ledger: Ledger, names: Sequence[str] | None = None) -> None:
        self._indicators = _chosen(names)
        ends = np.cumsum([one.WIDTH for one in self._indicators.values()]).tolist()
        self._states = {
            name: (end - one.WIDTH, end) for (name, one), end in zip(self._indicators.items(), ends, strict=True)
        }
        self._table = Table(owner, slots=series, columns=_columns(self._indicators))
        self._state = self._table.columns["state"]
        ledger.open(self._table)

    @staticmethod
    def reserve(owner: str, *, series: int, names: Sequence[str] | None = None) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_columns(_chosen(names)))]

    @property
    def names(self) -> tuple[str, ...]:
        """The values that it gives."""
        return tuple(value for one in self._indicators.values() for value in one.GIVES)

    @staticmethod
    def given(names: Sequence[str] | None = None) -> tuple[str, ...]:
        """The values that such a bank gives."""
        return tuple(value for one in _chosen(names).values() for value in one.GIVES)

    def update(self, rows: Array, candles: Mapping[str, Column], *, commits: bool = True) -> dict[str, Column]:
        """Take closed candles, those of one series in order; give the values after each, known after the warm-up.

        Entry i of each column is of series rows[i]; a row may come again. An indicator passes over candles of which it
        does not know all that it reads, and says nothing there. Where not *commits*, each is as if it were its series'
        next candle, and nothing is changed.
        """
        rows = np.ascontiguousarray(rows, np.int32)
        slots = len(self._state)
        if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < slots:
            raise IndexError(f"rows from {rows.min()} to {rows.max()}; there are {slots} series")
        partly = {name for name, column in candles.items() if not column.is_known.all()}
        again = _again(rows) if commits else np.zeros(len(rows), np.int64)
        given: dict[str, Column] = {}
        for name, indicator in self._indicators.items():
            if partly.isdisjoint(indicator.READS):
                read = [candles[one].values for one in indicator.READS]
                given |= self._run(name, indicator, rows, again, read, commits=commits)
                continue
            columns = [candles[one] for one in indicator.READS]
            at = np.flatnonzero(np.logical_and.reduce([column.is_known for column in columns]))
            mine, read = rows[at], [column.values[at] for column in columns]
            times = _again(mine) if commits else np.zeros(len(mine), np.int64)
            for value, told in self._run(name, indicator, mine, times, read, commits=commits).items():
                values, is_known = np.zeros(len(rows)), np.zeros(len(rows), bool)
                values[at], is_known[at] = told.values, told.is_known
                given[value] = Column(values, is_known)
        return given

    def _run(
        self, name: str, indicator: Indicator, rows: Array, again: Array, read: Sequence[Array], *, commits: bool
    ) -> dict[str, Column]:
        """The values of one indicator; again: how often the row of each entry stood before it."""
        begin, end = self._states[name]
        is_warm = self._state[rows, begin] + again + 1 >= indicator.WARM_UP
        out = np.zeros((len(rows), len(indicator.GIVES)))
        indicator.update(self._state[:, begin:end], rows, *map(np.ascontiguousarray, read), out, commits)
        return {value: Column(out[:, number], is_warm) for number, value in enumerate(indicator.GIVES)}

    def seen(self, slot: int) -> int:
        """How many candles of a series its indicators have taken, the one that has taken most."""
        return max(int(self._state[slot, begin]) for begin, _ in self._states.values())

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return dict(self._table.columns)


def _again(rows: Array) -> Array:
    """How often the row of each entry stood before it, int64 (n,)."""
    if (rows[1:] > rows[:-1]).all():
        return np.zeros(len(rows), np.int64)
    order = np.argsort(rows, kind="stable")
    sorted_rows = rows[order]
    first = np.ones(len(rows), bool)
    first[1:] = sorted_rows[1:] != sorted_rows[:-1]
    position = np.arange(len(rows))
    begin = np.maximum.accumulate(np.where(first, position, 0))
    again = np.empty(len(rows), np.int64)
    again[order] = position - begin
    return again


def _chosen(names: Sequence[str] | None) -> dict[str, Indicator]:
    return {name: registry.find(name) for name in (registry.names() if names is None else names)}


def _columns(indicators: Mapping[str, Indicator]) -> dict[str, tuple[type, tuple[int, ...]]]:
    return {"state": (np.float64, (sum(one.WIDTH for one in indicators.values()),))}
