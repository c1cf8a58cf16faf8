"""The scores of the last day, a point a minute: what the page draws, and nothing that a decision depends on."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.factors.registry import COMPONENTS
from tidemark.clock import Clock
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import MILLISECOND, MINUTE, SECOND

Array = npt.NDArray[Any]

POINTS = 1440
STEP_NS = MINUTE
_OWNER = "api/score history"
# Half a point each; what is not known has a code of its own.
_STEPS = 2.0
_UNKNOWN = 255
_COLUMNS: Layout = {"codes": (np.uint8, (POINTS, 1 + len(COMPONENTS))), "joined": (np.int64, ())}


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """The points of one market, oldest first; None where nothing was known."""

    time_ms: list[int]
    score: list[float | None]
    components: dict[str, list[float | None]]


class ScoreHistory:
    """One byte for each score and component of each minute of a day. Memory: 10 KB a series."""

    def __init__(self, universe: Universe, analysis: Analysis | None, *, series: int, ledger: Ledger) -> None:
        self._universe = universe
        self._analysis = analysis
        self._table = Table(_OWNER, slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._codes: Array = self._table.columns["codes"]
        self._codes[:] = _UNKNOWN
        # The minute of the newest point, counted since the epoch; 0 before the first.
        self._newest = 0

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(_OWNER, slots=series, columns=_COLUMNS)]

    async def follow(self, clock: Clock) -> None:
        """Take a point at every full minute, without end."""
        while True:
            now = clock.now_ns()
            await asyncio.sleep((STEP_NS - now % STEP_NS) / SECOND)
            self.take(clock.now_ns())

    def take(self, now_ns: int) -> None:
        """Note the scores as they are; minutes that went by without are points of which nothing is known."""
        minute = now_ns // STEP_NS
        if minute <= self._newest:
            return
        for missed in range(max(self._newest + 1, minute - POINTS + 1), minute):
            self._codes[:, missed % POINTS] = _UNKNOWN
        self._codes[:, minute % POINTS] = self._now()
        self._newest = minute
        self._forget_leavers()

    def points(self, slot: int, count: int) -> Points:
        """The newest *count* points of a series, from the first that is known on."""
        first = max(self._newest - min(count, POINTS) + 1, 0)
        minutes = np.arange(first, self._newest + 1, dtype=np.int64) if self._newest else np.zeros(0, np.int64)
        codes = self._codes[slot, minutes % POINTS]
        known = np.flatnonzero((codes != _UNKNOWN).any(axis=1))
        since = int(known[0]) if len(known) else len(minutes)
        minutes, codes = minutes[since:], codes[since:]
        return Points(
            time_ms=(minutes * (STEP_NS // MILLISECOND)).tolist(),
            score=_values(codes[:, 0]),
            components={name: _values(codes[:, 1 + number]) for number, name in enumerate(COMPONENTS)},
        )

    def _now(self) -> Array:
        codes = np.full(self._codes.shape[::2], _UNKNOWN, np.uint8)
        scores = self._analysis.scores if self._analysis is not None else None
        if scores is None or self._analysis is None:
            return codes
        known = np.where(scores.is_known, np.rint(_STEPS * scores.score), _UNKNOWN)
        codes[:, 0] = known
        for number, component in enumerate(self._analysis.weighing.components):
            value = np.rint(_STEPS * (50.0 + 50.0 * scores.direction[:, number]))
            codes[:, 1 + COMPONENTS.index(component.name)] = np.where(scores.is_present[:, number], value, _UNKNOWN)
        return codes

    def _forget_leavers(self) -> None:
        """What another market left behind in a slot is not the history of the one that has it now."""
        joined = self._table.columns["joined"]
        marks = _marks(self._universe, len(joined))
        changed = (joined != marks) & (joined != 0)
        if changed.any():
            older = np.arange(POINTS) != self._newest % POINTS
            self._codes[np.ix_(changed, older)] = _UNKNOWN
        joined[:] = marks


def _marks(universe: Universe, series: int) -> Array:
    """A number for the market in each slot, 0 in one that is free."""
    marks = np.zeros(series, np.int64)
    for slot, instrument in universe.occupied():
        marks[slot] = hash(instrument.symbol) or 1
    return marks


def _values(codes: Sequence[int] | Array) -> list[float | None]:
    return [None if code == _UNKNOWN else code / _STEPS for code in np.asarray(codes).tolist()]
