"""What follows for the longer timeframes when closed rows of a shorter one have changed."""

from collections.abc import Sequence

import numpy as np

from tidemark.kernels import rebuild as kernel
from tidemark.market.level import BUCKET, FLAGS, LIVE, TAINTED, Array, Level
from tidemark.units import MINUTE

# A level, and the buckets of its rows that changed.
Change = tuple[Level, Array]


def rebuild(
    levels: Sequence[Level],
    slot: int,
    index: int,
    first: int,
    last: int,
    frontier_ns: int,
    scratch: Array,
    *,
    has_changed: bool = True,
) -> list[Change]:
    """Bring every timeframe above `levels[index]` in line with its closed rows *first* to *last*, which have changed.

    Closed candles are put together anew where all of their parts are held; open ones take the change too. frontier_ns:
    where the oldest open candle begins. scratch: uint8, at least as long as the longest ring. has_changed False: the
    rows are the same, but are known to be whole now; what is not seen whole above them may be put together.
    """
    changes: list[Change] = []
    for child, level in zip(levels[index:], levels[index + 1 :], strict=False):
        ratio = level.ns // child.ns
        frontier = frontier_ns // level.ns
        first, last = max(first // ratio, frontier - level.ring.rows), last // ratio
        closed = min(last, frontier - 1)
        if first <= closed:
            changed = scratch[: closed - first + 1]
            # Where the exchange has no candles of the shorter one, its own of the longer one are worth more.
            is_finer = child.ns < MINUTE
            written = kernel.rebuild(
                slot, first, closed, ratio, is_finer, child.ring.head, *child.columns, level.ring.head, *level.columns,
                changed,
            )  # fmt: skip
            if written:
                has_changed = True
                buckets = np.flatnonzero(changed) + first
                changes.append((level, buckets))
                _refresh(level, slot, child, ratio, buckets)
        if last >= frontier and (has_changed or level.state[slot, frontier % LIVE, FLAGS] & TAINTED):
            level.reopen(slot, frontier, child, frontier_ns // child.ns)
    return changes


def _refresh(level: Level, slot: int, child: Level, ratio: int, buckets: Array) -> None:
    """The accumulators that closed candles still have for late prints follow their rows."""
    for k in range(LIVE):
        bucket = int(level.state[slot, k, BUCKET])
        if bucket >= 0 and (buckets == bucket).any():
            level.reopen(slot, bucket, child, (bucket + 1) * ratio)
