"""`overview`: the figures of every market side by side, four times a second at most, only what has changed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.api.push.figures import NAMES, REGIMES, STATES, WHOLE, MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.model.instrument import Instrument

Array = npt.NDArray[Any]
Values = Sequence[float | int | None]


class OverviewSnapshot(Snapshot, frozen=True, kw_only=True):
    """Entry i of every list is of market i of `symbols`. universe: a number for this order of the markets.

    c: a list a column, null where nothing is known. regimes, states: what the codes of those columns mean.
    """

    universe: int
    symbols: list[str]
    decimals: list[int]
    regimes: tuple[str, ...]
    states: tuple[str, ...]
    c: dict[str, Values]


class OverviewDelta(Delta, frozen=True, kw_only=True):
    """i: the markets of which something has changed. c: their figures, without columns in which nothing did."""

    universe: int
    i: list[int]
    c: dict[str, Values]


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"overview")
    PERIOD_MS = 250
    MOST = 1
    IS_WHOLE = False
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        self._reads = reads
        self._figures = figures

    def open(self, names: Mapping[str, str]) -> "_Overview":
        """See topics.base."""
        del names
        return _Overview(self._reads, self._figures)


class _Overview:
    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        self._reads = reads
        self._figures = figures
        # What was told last.
        self._told: Array = figures.told
        self._universe = 0
        self._occupied: tuple[tuple[int, Instrument], ...] | None = None
        self._slots: Array = np.zeros(0, np.int64)

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        now = self._figures.now(self._reads.clock.now_ns())
        occupied = self._reads.engine.universe.occupied()
        if occupied is not self._occupied:
            self._occupied = occupied
            # A number that no market list of this or another process has had, as with `seq`.
            self._universe = at.seq
            self._slots = np.array([slot for slot, _ in occupied], np.int64)
            self._told[:] = now
            return self.whole(at)
        told = self._told
        differs = ((now != told) & ~(np.isnan(now) & np.isnan(told)))[:, self._slots]
        rows = np.flatnonzero(differs.any(axis=0))
        if not len(rows):
            return None
        told[:] = now
        columns = differs.any(axis=1)
        slots = self._slots[rows]
        return OverviewDelta(
            topic=at.topic,
            seq=at.seq,
            ts=at.ts,
            universe=self._universe,
            i=rows.tolist(),
            c={name: _values(name, told[number, slots]) for number, name in enumerate(NAMES) if columns[number]},
        )

    def whole(self, at: Stamp) -> Snapshot:
        occupied = self._occupied or ()
        return OverviewSnapshot(
            topic=at.topic,
            seq=at.seq,
            ts=at.ts,
            universe=self._universe,
            symbols=[instrument.symbol for _, instrument in occupied],
            decimals=[instrument.price_decimals for _, instrument in occupied],
            regimes=tuple(regime.title for regime in REGIMES),
            states=tuple(state.value for state in STATES),
            c={name: _values(name, self._told[number, self._slots]) for number, name in enumerate(NAMES)},
        )


def _values(name: str, values: Array) -> Values:
    """For JSON, where NaN is written as null; counts and codes are whole."""
    listed: list[float] = values.tolist()
    if name not in WHOLE:
        return listed
    return [None if value != value else int(value) for value in listed]  # noqa: PLR0124 - NaN alone differs from itself
