# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The end of a candle: an accumulator becomes a row of its ring and a part of the next longer timeframe.

Accumulators, rows and marks are those of `kernels.candles`. Nothing is checked here: whoever calls validates slots, and
passes C-contiguous arrays. `live` is a power of two.
"""

import cython

BUCKET = cython.declare(cython.int, 0)
OPEN = cython.declare(cython.int, 1)
HIGH = cython.declare(cython.int, 2)
LOW = cython.declare(cython.int, 3)
CLOSE = cython.declare(cython.int, 4)
TRADES = cython.declare(cython.int, 5)
FIRST_TS = cython.declare(cython.int, 6)
FIRST_SEQUENCE = cython.declare(cython.int, 7)
LAST_TS = cython.declare(cython.int, 8)
LAST_SEQUENCE = cython.declare(cython.int, 9)
FLAGS = cython.declare(cython.int, 10)

VOLUME = cython.declare(cython.int, 0)
TURNOVER = cython.declare(cython.int, 1)
BOUGHT = cython.declare(cython.int, 2)

# Flags of an accumulator: part of the interval was not seen; some of it was seen alive without a trade; for part of it
# the exchange did not tell how many trades there were or who bought; part of it was repaired; part of it was corrected
# by the exchange.
TAINTED = cython.declare(cython.longlong, 1)
QUIET = cython.declare(cython.longlong, 2)
UNTOLD = cython.declare(cython.longlong, 4)
MENDED = cython.declare(cython.longlong, 8)
CORRECTED = cython.declare(cython.longlong, 16)

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


@cython.cfunc
@cython.exceptval(check=False)
def make_room(
    marks: cython.uint[:, ::1], head: cython.longlong[::1], s: cython.Py_ssize_t, bucket: cython.longlong
) -> cython.void:
    """Move the head of series *s* to *bucket*; rows that are skipped become absent."""
    rows: cython.longlong = marks.shape[1]
    b: cython.longlong
    if head[s] >= bucket:
        return
    if head[s] >= 0:
        b = head[s] + 1 if head[s] + 1 > bucket - rows else bucket - rows
        while b < bucket:
            marks[s, b % rows] = ABSENT
            b += 1
    head[s] = bucket


@cython.cfunc
@cython.exceptval(check=False)
def write(
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], s: cython.Py_ssize_t, k: cython.Py_ssize_t,
    r: cython.Py_ssize_t, open: cython.int[:, ::1], high: cython.int[:, ::1], low: cython.int[:, ::1],
    close: cython.int[:, ::1], volume: cython.float[:, ::1], turnover: cython.float[:, ::1],
    bought: cython.float[:, ::1], marks: cython.uint[:, ::1], mark: cython.uint,
) -> cython.void:  # fmt: skip
    """Write accumulator (s, k), which has trades, as row *r*."""
    trades: cython.longlong = 0 if state[s, k, FLAGS] & UNTOLD else state[s, k, TRADES]
    open[s, r] = state[s, k, OPEN]
    high[s, r] = state[s, k, HIGH]
    low[s, r] = state[s, k, LOW]
    close[s, r] = state[s, k, CLOSE]
    volume[s, r] = sums[s, k, VOLUME]
    turnover[s, r] = sums[s, k, TURNOVER]
    bought[s, r] = 0.0 if state[s, k, FLAGS] & UNTOLD else sums[s, k, BOUGHT]
    marks[s, r] = mark | cython.cast(cython.uint, trades if trades < MAX_TRADES else MAX_TRADES) << 4


@cython.cfunc
@cython.exceptval(check=False)
def merge(
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], s: cython.Py_ssize_t, k: cython.Py_ssize_t,
    into: cython.longlong[:, :, ::1], into_sums: cython.double[:, :, ::1], p: cython.Py_ssize_t,
) -> cython.void:  # fmt: skip
    """Add accumulator (s, k), which has trades, to the parent's accumulator (s, p)."""
    c: cython.int
    if into[s, p, TRADES] == 0:
        for c in range(OPEN, FLAGS):
            into[s, p, c] = state[s, k, c]
    else:
        if state[s, k, HIGH] > into[s, p, HIGH]:
            into[s, p, HIGH] = state[s, k, HIGH]
        if state[s, k, LOW] < into[s, p, LOW]:
            into[s, p, LOW] = state[s, k, LOW]
        if state[s, k, LAST_TS] >= into[s, p, LAST_TS]:
            into[s, p, CLOSE] = state[s, k, CLOSE]
            into[s, p, LAST_TS] = state[s, k, LAST_TS]
            into[s, p, LAST_SEQUENCE] = state[s, k, LAST_SEQUENCE]
        if state[s, k, FIRST_TS] < into[s, p, FIRST_TS]:
            into[s, p, OPEN] = state[s, k, OPEN]
            into[s, p, FIRST_TS] = state[s, k, FIRST_TS]
            into[s, p, FIRST_SEQUENCE] = state[s, k, FIRST_SEQUENCE]
        into[s, p, TRADES] += state[s, k, TRADES]
    for c in range(3):
        into_sums[s, p, c] += sums[s, k, c]


def close_bucket(
    bucket: cython.longlong, step: cython.longlong, active: cython.uchar[::1], dead: cython.uchar[::1],
    dead_since: cython.longlong[::1], alive_since: cython.longlong[::1], last_close: cython.longlong[::1],
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], head: cython.longlong[::1],
    open: cython.int[:, ::1], high: cython.int[:, ::1], low: cython.int[:, ::1], close: cython.int[:, ::1],
    volume: cython.float[:, ::1], turnover: cython.float[:, ::1], bought: cython.float[:, ::1],
    marks: cython.uint[:, ::1], is_base: cython.bint, parent_bucket: cython.longlong,
    into: cython.longlong[:, :, ::1], into_sums: cython.double[:, :, ::1],
) -> int:  # fmt: skip
    """Close *bucket* for every active series, write its rows, add them to the parent; give the rows not absent.

    `last_close` holds the close of the latest trade in ticks, 0 when it is not known: a price from before a gap is not
    the price after it. `dead` is 1 while the feed of a series is in a gap, which began at `dead_since`; `alive_since`
    is the end of its latest one.
    `parent_bucket` -1: there is no parent, and `into` is not touched.
    """
    s: cython.Py_ssize_t
    k: cython.Py_ssize_t
    p: cython.Py_ssize_t
    r: cython.Py_ssize_t
    n: cython.Py_ssize_t = active.shape[0]
    live: cython.longlong = state.shape[1]
    rows: cython.longlong = marks.shape[1]
    parents: cython.longlong = into.shape[1]
    origin: cython.uint
    tainted: cython.bint
    present: cython.int = 0
    k = bucket & (live - 1)
    r = bucket % rows
    for s in range(n):
        if active[s] == 0:
            continue
        if state[s, k, BUCKET] != bucket:
            begin(state, sums, s, k, bucket)
        if is_base:
            state[s, k, FLAGS] |= QUIET
            if dead[s] and (bucket + 1) * step > dead_since[s]:
                state[s, k, FLAGS] |= TAINTED
                last_close[s] = 0
        tainted = (state[s, k, FLAGS] & TAINTED) != 0
        make_room(marks, head, s, bucket)
        if state[s, k, TRADES] > 0:
            if tainted:
                origin = PARTIAL
            elif state[s, k, FLAGS] & MENDED:
                origin = REPAIRED
            elif state[s, k, FLAGS] & CORRECTED:
                origin = EXCHANGE
            else:
                origin = FROM_TRADES
            write(state, sums, s, k, r, open, high, low, close, volume, turnover, bought, marks, origin)
            if is_base and state[s, k, LAST_TS] >= alive_since[s]:
                if not (dead[s] and (bucket + 1) * step > dead_since[s]):
                    last_close[s] = state[s, k, CLOSE]
        elif tainted or last_close[s] == 0 or not state[s, k, FLAGS] & QUIET:
            origin = ABSENT
            marks[s, r] = ABSENT
        else:
            origin = FILLED
            open[s, r] = high[s, r] = low[s, r] = close[s, r] = last_close[s]
            volume[s, r] = turnover[s, r] = bought[s, r] = 0.0
            marks[s, r] = FILLED
        if origin != ABSENT:
            present += 1
        if parent_bucket >= 0:
            p = parent_bucket & (parents - 1)
            if into[s, p, BUCKET] != parent_bucket:
                begin(into, into_sums, s, p, parent_bucket)
            if state[s, k, TRADES] > 0:
                merge(state, sums, s, k, into, into_sums, p)
            into[s, p, FLAGS] |= state[s, k, FLAGS] & (QUIET | UNTOLD | MENDED | CORRECTED)
            if tainted:
                into[s, p, FLAGS] |= TAINTED
    return present
