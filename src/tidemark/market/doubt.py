"""Where candles shorter than a minute do not add up to the exchange's minute: one of them is short of trades."""

from collections.abc import Iterator, Sequence

import numpy as np

from tidemark.market.level import Array, Level
from tidemark.market.rebuild import Change
from tidemark.model.candle import Origin
from tidemark.units import MINUTE

# Two sums of sizes are equal but for the rounding of compact rows.
_ROUNDING = 1e-6
_ORIGIN = 7
# By origin.
_IS_HOLE = np.isin(np.arange(_ORIGIN + 1), (Origin.ABSENT, Origin.PARTIAL))
_IS_TOLD = np.isin(np.arange(_ORIGIN + 1), (Origin.EXCHANGE, Origin.REPAIRED))


def wrong_sums(
    levels: Sequence[Level], slot: int, changes: Sequence[Change], frontier_ns: int
) -> Iterator[tuple[int, int]]:
    """The first and the last nanosecond of each minute among *changes* whose parts do not add up to it.

    All its parts claim to be whole, and their volumes are not its own, which is the exchange's: trades were missed, or
    counted twice, and nobody knows in which of them. A part that says that it is not whole explains the difference.
    """
    index = next((i for i, level in enumerate(levels) if level.ns >= MINUTE), 0)
    touched = [buckets * level.ns // levels[index].ns for level, buckets in changes if level.ns <= levels[index].ns]
    if not index or not touched:
        return
    parts, whole = levels[index - 1 : index + 1]
    minutes = np.unique(np.concatenate(touched))
    for minute in _wrong(parts, whole, slot, minutes[(minutes + 1) * whole.ns <= frontier_ns]).tolist():
        yield minute * whole.ns, (minute + 1) * whole.ns - 1


def _wrong(parts: Level, whole: Level, slot: int, minutes: Array) -> Array:
    """Those of *minutes* whose parts, all of them held, do not add up."""
    ratio = whole.ns // parts.ns
    minutes = minutes[_held(whole, slot, minutes) & _held(parts, slot, minutes * ratio, minutes * ratio + ratio - 1)]
    origins, volumes = _rows(whole, slot, minutes)
    part_origins, part_volumes = _rows(parts, slot, minutes[:, np.newaxis] * ratio + np.arange(ratio))
    totals = part_volumes.sum(axis=1)
    differ = np.abs(totals - volumes) > _ROUNDING * np.maximum(totals, volumes)
    wrong: Array = minutes[_IS_TOLD[origins] & ~_IS_HOLE[part_origins].any(axis=1) & differ]
    return wrong


def _held(level: Level, slot: int, first: Array, last: Array | None = None) -> Array:
    """Whether the ring holds each of the rows from *first* to *last*."""
    head = int(level.ring.head[slot])
    held: Array = (first > head - level.ring.rows) & ((first if last is None else last) <= head)
    return held


def _rows(level: Level, slot: int, buckets: Array) -> tuple[Array, Array]:
    """Origins and volumes (float64) of held rows."""
    columns, at = level.ring.columns, buckets % level.ring.rows
    return columns["marks"][slot, at] & _ORIGIN, columns["volume"][slot, at].astype(np.float64)
