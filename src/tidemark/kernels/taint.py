# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What a gap does to candles: closed ones turn out not to have been seen whole, open ones will not be.

Accumulators, rows and marks are those of `kernels.candles`. Nothing is checked here: whoever calls validates slots, and
passes C-contiguous arrays.
"""

import cython

BUCKET = cython.declare(cython.int, 0)
FLAGS = cython.declare(cython.int, 10)
TAINTED = cython.declare(cython.longlong, 1)

# Origins, as in model.candle.Origin.
ABSENT = cython.declare(cython.uint, 0)
FROM_TRADES = cython.declare(cython.uint, 1)
FILLED = cython.declare(cython.uint, 4)
PARTIAL = cython.declare(cython.uint, 6)
ORIGIN = cython.declare(cython.uint, 7)


@cython.cfunc
@cython.exceptval(check=False)
def begin(
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], s: cython.Py_ssize_t, k: cython.Py_ssize_t,
    bucket: cython.longlong,
) -> cython.void:  # fmt: skip
    """Make accumulator (s, k) an empty one for *bucket*."""
    c: cython.int
    for c in range(11):
        state[s, k, c] = 0
    state[s, k, BUCKET] = bucket
    for c in range(3):
        sums[s, k, c] = 0.0


def taint(
    slots: cython.int[::1], first: cython.longlong, last: cython.longlong, frontier: cython.longlong,
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], head: cython.longlong[::1],
    marks: cython.uint[:, ::1], open_too: cython.bint, changed_slot: cython.int[::1],
    changed_bucket: cython.longlong[::1],
) -> int:  # fmt: skip
    """Record that buckets *first* to *last* of these series were not seen whole; give the closed rows that changed.

    They are listed in `changed_slot`, `changed_bucket`, which have room for every row that could. A closed row from
    trades becomes partial, a filled one absent: it was filled on the belief that the feed was alive. `open_too`: the
    buckets that are still open are marked as well (the base timeframe; parents learn it when their children close).
    """
    j: cython.Py_ssize_t
    s: cython.Py_ssize_t
    k: cython.Py_ssize_t
    r: cython.Py_ssize_t
    live: cython.longlong = state.shape[1]
    rows: cython.longlong = marks.shape[1]
    b: cython.longlong
    origin: cython.uint
    changed: cython.int = 0
    for j in range(slots.shape[0]):
        s = slots[j]
        b = first if first > head[s] - rows else head[s] - rows + 1
        while b <= last and b <= head[s] and b < frontier:
            if b >= 0:
                r = b % rows
                origin = marks[s, r] & ORIGIN
                if origin == FROM_TRADES or origin == FILLED:
                    marks[s, r] = ABSENT if origin == FILLED else marks[s, r] - origin + PARTIAL
                    changed_slot[changed] = s
                    changed_bucket[changed] = b
                    changed += 1
                k = b & (live - 1)
                if state[s, k, BUCKET] == b:
                    state[s, k, FLAGS] |= TAINTED
            b += 1
        b = first if first > frontier else frontier
        while b <= last and b < frontier + live:
            k = b & (live - 1)
            if open_too or state[s, k, BUCKET] == b:
                if state[s, k, BUCKET] != b:
                    begin(state, sums, s, k, b)
                state[s, k, FLAGS] |= TAINTED
            b += 1
    return changed
