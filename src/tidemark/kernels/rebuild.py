# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Rows of a longer timeframe from the rows of the one below it, after those have changed.

Rows and marks are those of `kernels.candles`; the child's arrays come first, then the parent's. Whoever calls validates
the slot, and passes C-contiguous arrays.
"""

import cython

# Origins, as in model.candle.Origin.
ABSENT = cython.declare(cython.uint, 0)
FROM_TRADES = cython.declare(cython.uint, 1)
EXCHANGE = cython.declare(cython.uint, 2)
REPAIRED = cython.declare(cython.uint, 3)
FILLED = cython.declare(cython.uint, 4)
PARTIAL = cython.declare(cython.uint, 6)
ORIGIN = cython.declare(cython.uint, 7)
REVISED = cython.declare(cython.uint, 8)
MAX_TRADES = cython.declare(cython.longlong, 0x0FFFFFFF)


@cython.cfunc
@cython.exceptval(check=False)
def is_near(one: cython.double, other: cython.double) -> cython.bint:
    """Whether two sums are equal but for the rounding of compact rows."""
    distance: cython.double = one - other if one > other else other - one
    return distance <= 1e-6 * (one if one > other else other)


def rebuild(
    s: cython.Py_ssize_t, first: cython.longlong, last: cython.longlong, ratio: cython.longlong,
    keep_exchange: cython.bint,
    child_head: cython.longlong[::1], child_open: cython.int[:, ::1], child_high: cython.int[:, ::1],
    child_low: cython.int[:, ::1], child_close: cython.int[:, ::1], child_volume: cython.float[:, ::1],
    child_turnover: cython.float[:, ::1], child_bought: cython.float[:, ::1], child_marks: cython.uint[:, ::1],
    head: cython.longlong[::1], open: cython.int[:, ::1], high: cython.int[:, ::1], low: cython.int[:, ::1],
    close: cython.int[:, ::1], volume: cython.float[:, ::1], turnover: cython.float[:, ::1],
    bought: cython.float[:, ::1], marks: cython.uint[:, ::1], changed: cython.uchar[::1],
) -> int:  # fmt: skip
    """Put the closed rows of buckets *first* to *last* together from *ratio* children each; give how many changed.

    Only where all children are in the child's ring. A row that is whole is not replaced by one that has holes, nor
    written when the figures are the same. Children without volume carry an old price and give none. keep_exchange: rows
    that came from the exchange or were repaired stay as they are. `changed` is 1 for the rows that were written.
    """
    p: cython.longlong
    b: cython.longlong
    k: cython.longlong
    r: cython.Py_ssize_t
    c: cython.Py_ssize_t
    rows: cython.longlong = marks.shape[1]
    child_rows: cython.longlong = child_marks.shape[1]
    origin: cython.uint
    was: cython.uint
    mark: cython.uint
    holes: cython.longlong
    traded: cython.longlong
    o: cython.int = 0
    h: cython.int = 0
    low_ticks: cython.int = 0
    last_close: cython.int = 0
    v: cython.double
    t: cython.double
    bo: cython.double
    trades: cython.longlong
    is_told: cython.bint
    has_repaired: cython.bint
    has_exchange: cython.bint
    written: cython.Py_ssize_t = 0
    for p in range(first, last + 1):
        changed[p - first] = 0
        b = p * ratio
        if b <= child_head[s] - child_rows or b + ratio - 1 > child_head[s] or b < 0:
            continue
        if p <= head[s] - rows:
            continue
        r = p % rows
        was = marks[s, r] & ORIGIN if p <= head[s] else ABSENT
        if keep_exchange and (was == EXCHANGE or was == REPAIRED):
            continue
        holes = traded = trades = 0
        v = t = bo = 0.0
        is_told = True
        has_repaired = has_exchange = False
        for k in range(b, b + ratio):
            c = k % child_rows
            origin = child_marks[s, c] & ORIGIN
            if origin == ABSENT:
                holes += 1
                continue
            if origin == PARTIAL:
                holes += 1
            elif origin == REPAIRED:
                has_repaired = True
            elif origin == EXCHANGE:
                has_exchange = True
            if child_volume[s, c] > 0.0:
                if traded == 0:
                    o = child_open[s, c]
                    h = child_high[s, c]
                    low_ticks = child_low[s, c]
                if child_high[s, c] > h:
                    h = child_high[s, c]
                if child_low[s, c] < low_ticks:
                    low_ticks = child_low[s, c]
                last_close = child_close[s, c]
                traded += 1
                v += cython.cast(cython.double, child_volume[s, c])
                t += cython.cast(cython.double, child_turnover[s, c])
                bo += cython.cast(cython.double, child_bought[s, c])
                trades += child_marks[s, c] >> 4
                if child_marks[s, c] >> 4 == 0:
                    is_told = False
            elif traded == 0:
                o = h = low_ticks = last_close = child_close[s, c]
        if holes > 0 and (traded == 0 or (was != ABSENT and was != PARTIAL)):
            continue
        if traded == 0:
            o = h = low_ticks = last_close
        if not is_told:
            trades = 0
            bo = 0.0
        if trades > MAX_TRADES:
            trades = MAX_TRADES
        if (
            was != ABSENT
            and (was != PARTIAL or holes > 0)
            and open[s, r] == o and high[s, r] == h and low[s, r] == low_ticks and close[s, r] == last_close
            and is_near(cython.cast(cython.double, volume[s, r]), v)
            and is_near(cython.cast(cython.double, turnover[s, r]), t)
            and (trades == 0 or (trades == marks[s, r] >> 4 and is_near(cython.cast(cython.double, bought[s, r]), bo)))
        ):  # fmt: skip
            continue
        if holes > 0:
            mark = PARTIAL
        elif has_repaired or was == PARTIAL:
            mark = REPAIRED
        elif has_exchange:
            mark = EXCHANGE
        else:
            mark = FROM_TRADES if traded > 0 else FILLED
        if was != ABSENT:
            mark |= REVISED
        if p > head[s]:
            if head[s] >= 0:
                k = head[s] + 1 if head[s] + 1 > p - rows else p - rows
                while k < p:
                    marks[s, k % rows] = ABSENT
                    k += 1
            head[s] = p
        open[s, r] = o
        high[s, r] = h
        low[s, r] = low_ticks
        close[s, r] = last_close
        volume[s, r] = v
        turnover[s, r] = t
        bought[s, r] = bo
        marks[s, r] = mark | cython.cast(cython.uint, trades) << 4
        changed[p - first] = 1
        written += 1
    return written
