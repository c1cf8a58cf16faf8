"""The newest spring, upthrust and last points of each series, and what its range was like when they were known.

A column a figure, so that all series can be held against a limit at once. Memory: 288 bytes a series.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff import view
from tidemark.analysis.wyckoff.engine import Batch, Standing, Structure
from tidemark.kernels import structure
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table

Array = npt.NDArray[Any]

# The events that are kept, by the kernel's kind and the direction.
TURNS = {
    "spring": (structure.SPRING, 1),
    "utad": (structure.SPRING, -1),
    "lps": (structure.LAST_POINT, 1),
    "lpsy": (structure.LAST_POINT, -1),
}
_PLACES = {event: place for place, event in enumerate(TURNS.values())}
_FIGURES = ("level", "volume", "depth", "built", "phase", "quality", "confidence", "goal")
_COLUMNS: Layout = {
    "time": (np.int64, (len(TURNS),)),
    **{name: (np.float64, (len(TURNS),)) for name in _FIGURES},
}


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The newest event of one kind, of every series; each (series,).

    time: the opening (ns) of the bar at whose close it was known, 0 without one. level: the extreme of its own bar, and
    goal, what the price has before it, both as logarithms: the other bound for a spring, for a last point a width of
    the range beyond the bound that was broken. volume: against the usual. depth: how far it went beyond the bound in
    widths of the range, below 0 where it stayed away from it. built: bars since the range began. phase: the likeliest
    one then, as a number. quality: of the range, 0 to 100. confidence: NaN where none was measured.
    """

    direction: int
    time: Array
    level: Array
    goal: Array
    volume: Array
    depth: Array
    built: Array
    phase: Array
    quality: Array
    confidence: Array


class Turns:
    """The newest events of all series of one timeframe on which a trade may be begun."""

    def __init__(self, owner: str, *, series: int, ledger: Ledger) -> None:
        self._table = Table(owner, slots=series, columns=_COLUMNS)
        ledger.open(self._table)

    @staticmethod
    def reserve(owner: str, *, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_COLUMNS)]

    def take(self, batch: Batch, times: Array, made: Structure) -> None:
        """Keep what a batch gave, which *made* has taken; times: when each of its bars opened (ns)."""
        for info, values in zip(batch.events.tolist(), batch.values, strict=True):
            row, kind, direction, at, _, number, is_back, _, entry = info
            if kind == structure.REVISED:
                self._revise(row, direction, values.tolist())
                continue
            place = _PLACES.get((kind, direction))
            if place is None or is_back:
                continue
            standing = next((one for one in made.standing(row)[1] if int(one.id) == number), None)
            if standing is None:
                # Over by now: the batch goes further than its event, which is of the past.
                self._table.columns["time"][row, place] = 0
                continue
            told = {**_measured(made, kind, at, values, standing), "goal": _goal(kind, direction, standing)}
            for name, figure in told.items():
                self._table.columns[name][row, place] = figure
            self._table.columns["time"][row, place] = times[entry]

    def _revise(self, row: int, direction: int, values: list[float]) -> None:
        """A spring went deeper: its extreme is there now, unless another one has come since."""
        level, kind, _, before, depth, volume = values[:6]
        place = _PLACES[int(kind), direction]
        columns = self._table.columns
        if columns["time"][row, place] and columns["level"][row, place] == before:
            columns["level"][row, place] = level
            columns["depth"][row, place] = depth
            columns["volume"][row, place] = volume

    def newest(self, turn: str) -> Turn:
        """The newest events of a kind, one of TURNS, as views."""
        place = list(TURNS).index(turn)
        columns = {name: column[:, place] for name, column in self._table.columns.items()}
        return Turn(direction=TURNS[turn][1], **columns)

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)


def _measured(made: Structure, kind: int, at: int, values: Array, standing: Standing) -> dict[str, float]:
    name, event = view.events()[kind]
    facts = dict(zip(event.VALUES, values[1 : 1 + len(event.VALUES)].tolist(), strict=True))
    confidence = made.profile.confidence.get(name)
    return {
        "level": float(values[0]),
        "volume": facts["volume"],
        "depth": facts["depth"] if kind == structure.SPRING else -facts["height"],
        "built": at - standing.begin,
        "phase": standing.phase,
        "quality": view.quality(standing),
        "confidence": np.nan if confidence is None else confidence.of(float(values[-1])),
    }


def _goal(kind: int, direction: int, standing: Standing) -> float:
    other = standing.upper if direction > 0 else standing.lower
    return other if kind == structure.SPRING else other + direction * (standing.upper - standing.lower)
