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
_HOLES = (Origin.ABSENT, Origin.PARTIAL)
_TOLD = frozenset({Origin.EXCHANGE, Origin.REPAIRED})


def wrong_sums(
    levels: Sequence[Level], slot: int, changes: Sequence[Change], frontier_ns: int
) -> Iterator[tuple[int, int]]:
    """The first and the last nanosecond of each minute among *changes* whose parts do not add up to it.

    All its parts claim to be whole, and their volumes are not its own, which is the exchange's: trades were missed, or
    counted twice, and nobody knows in which of them. A part that says that it is not whole explains the difference.
    """
    index = next((i for i, level in enumerate(levels) if level.ns >= MINUTE), 0)
    if not index:
        return
    parts, whole = levels[index - 1 : index + 1]
    touched = [buckets * level.ns // whole.ns for level, buckets in changes if level.ns <= whole.ns]
    for bucket in np.unique(np.concatenate(touched)).tolist() if touched else ():
        if (bucket + 1) * whole.ns <= frontier_ns and _is_wrong(parts, whole, slot, bucket):
            yield bucket * whole.ns, (bucket + 1) * whole.ns - 1


def _is_wrong(parts: Level, whole: Level, slot: int, bucket: int) -> bool:
    ratio = whole.ns // parts.ns
    found, volumes = _rows(whole, slot, np.array([bucket])), _rows(parts, slot, bucket * ratio + np.arange(ratio))
    if found is None or volumes is None or int(found[0][0]) not in _TOLD or np.isin(volumes[0], _HOLES).any():
        return False
    volume, total = float(found[1].sum()), float(volumes[1].sum())
    return abs(total - volume) > _ROUNDING * max(total, volume)


def _rows(level: Level, slot: int, buckets: Array) -> tuple[Array, Array] | None:
    """Origins and volumes (float64) of these closed rows; None when the ring does not hold them all."""
    head, rows = int(level.ring.head[slot]), level.ring.rows
    if buckets[-1] > head or buckets[0] <= head - rows:
        return None
    columns = level.ring.columns
    at = buckets % rows
    return columns["marks"][slot, at] & _ORIGIN, columns["volume"][slot, at].astype(np.float64)
