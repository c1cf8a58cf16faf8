# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Candles from trades: accumulate in event time, and revise what is closed.

One timeframe has, for every series, a few live accumulators (the buckets that may still change exactly) and one ring of
closed rows. A bucket is `ts_event // step`; it lives in accumulator `bucket % live` and in ring row `bucket % rows`, so
that the open time of a row is implied by where it stands.

Accumulators: `state` int64 (series, live, 11), columns BUCKET..FLAGS below; `sums` float64 (series, live, 3): volume,
turnover, volume of aggressive buys. Prices are integer ticks. Rows: `open, high, low, close` int32, `volume, turnover,
bought` float32, `marks` uint32 = origin | revised << 3 | trades << 4; all of shape (series, rows). A row that has
volume and no trades is the exchange's, which did not tell how many there were or who bought. `head` int64 (series,) is
the newest bucket written, -1 when none is.

Nothing is checked here: whoever calls validates slots, and passes C-contiguous arrays. `live` is a power of two.
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
TAINTED = cython.declare(cython.longlong, 1)  # QUIET is 2, MENDED 8 and CORRECTED 16
UNTOLD = cython.declare(cython.longlong, 4)

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

# Columns of `clock`: the latest event time believed, the latest time told by ticks (both in the exchange's time), how
# many trades in a row claimed to be from the far future, how many time differences were sampled, the oldest open
# bucket.
WATERMARK = cython.declare(cython.int, 0)
TOLD = cython.declare(cython.int, 1)
AHEAD = cython.declare(cython.int, 2)
SAMPLES = cython.declare(cython.int, 3)
FRONTIER = cython.declare(cython.int, 4)

# Columns of `counters`.
APPLIED = cython.declare(cython.int, 0)
LATE = cython.declare(cython.int, 1)
FROM_FUTURE = cython.declare(cython.int, 2)
OFF_TICK = cython.declare(cython.int, 3)
TOO_LARGE = cython.declare(cython.int, 4)

# A trade this far beyond every other clue of the time is not believed, until BELIEVED of them in a row agree.
HORIZON_NS = cython.declare(cython.longlong, 600000000000)
BELIEVED = cython.declare(cython.int, 32)
TICK_TOLERANCE = cython.declare(cython.double, 0.001)
MAX_TICKS = cython.declare(cython.double, 2147483647.0)


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
@cython.inline
@cython.exceptval(check=False)
def accumulate(
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], s: cython.Py_ssize_t, k: cython.Py_ssize_t,
    ticks: cython.longlong, ts: cython.longlong, sequence: cython.longlong, price: cython.double, size: cython.double,
    is_buy: cython.uchar,
) -> cython.void:  # fmt: skip
    """Add one trade to accumulator (s, k); open and close go by (time, sequence), ties to the later arrival."""
    if state[s, k, TRADES] == 0:
        state[s, k, OPEN] = ticks
        state[s, k, HIGH] = ticks
        state[s, k, LOW] = ticks
        state[s, k, CLOSE] = ticks
        state[s, k, FIRST_TS] = ts
        state[s, k, FIRST_SEQUENCE] = sequence
        state[s, k, LAST_TS] = ts
        state[s, k, LAST_SEQUENCE] = sequence
    else:
        if ticks > state[s, k, HIGH]:
            state[s, k, HIGH] = ticks
        if ticks < state[s, k, LOW]:
            state[s, k, LOW] = ticks
        if ts > state[s, k, LAST_TS] or (ts == state[s, k, LAST_TS] and sequence >= state[s, k, LAST_SEQUENCE]):
            state[s, k, CLOSE] = ticks
            state[s, k, LAST_TS] = ts
            state[s, k, LAST_SEQUENCE] = sequence
        elif ts < state[s, k, FIRST_TS] or (ts == state[s, k, FIRST_TS] and sequence < state[s, k, FIRST_SEQUENCE]):
            state[s, k, OPEN] = ticks
            state[s, k, FIRST_TS] = ts
            state[s, k, FIRST_SEQUENCE] = sequence
    state[s, k, TRADES] += 1
    sums[s, k, VOLUME] += size
    sums[s, k, TURNOVER] += price * size
    if is_buy:
        sums[s, k, BOUGHT] += size


def apply(
    slot: cython.int[::1], ts_event: cython.longlong[::1], ts_recv: cython.longlong[::1],
    sequence: cython.longlong[::1], price: cython.double[::1], size: cython.double[::1],
    is_buy: cython.uchar[::1], fresh: cython.uchar[::1], start: cython.Py_ssize_t,
    count: cython.Py_ssize_t, step: cython.longlong, grace: cython.longlong, ticks_per_unit: cython.double[::1],
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], clock: cython.longlong[::1],
    offsets: cython.longlong[::1], late: cython.int[::1], suspects: cython.uchar[::1], counters: cython.longlong[::1],
) -> tuple:  # fmt: skip
    """Add the fresh trades from *start* on to the base timeframe; give (next row, late rows).

    Stops before the trade that shows the oldest open bucket to be over (its end and the grace have passed in event
    time): the caller closes that bucket for all series and calls again from there. Rows of trades whose bucket is
    closed already are listed in `late`. `suspects[slot]` is set when a price is not on the tick; `offsets` keeps the
    latest differences of exchange time and ours.
    """
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    k: cython.Py_ssize_t
    lates: cython.Py_ssize_t = 0
    live: cython.longlong = state.shape[1]
    ts: cython.longlong
    bucket: cython.longlong
    ticks: cython.longlong
    scaled: cython.double
    off: cython.double
    latest: cython.longlong
    frontier: cython.longlong = clock[FRONTIER]
    watermark: cython.longlong = clock[WATERMARK]
    told: cython.longlong = clock[TOLD]
    # The bucket of the trade before, its first nanosecond and the one behind its last: nearly always this one's too.
    opens: cython.longlong = 0
    ends: cython.longlong = 0
    bucket = 0
    for i in range(start, count):
        if fresh[i] == 0:
            continue
        ts = ts_event[i]
        if frontier < 0:
            clock[FRONTIER] = frontier = (ts - grace) // step
        latest = watermark if watermark > told else told
        if latest > 0 and ts > latest + HORIZON_NS:
            clock[AHEAD] += 1
            if clock[AHEAD] < BELIEVED:
                counters[FROM_FUTURE] += 1
                fresh[i] = 0
                continue
        clock[AHEAD] = 0
        if ts > watermark:
            clock[WATERMARK] = watermark = ts
        if watermark >= (frontier + 1) * step + grace:
            return i, lates
        s = slot[i]
        scaled = price[i] * ticks_per_unit[s]
        ticks = cython.cast(cython.longlong, scaled + 0.5)
        if scaled >= MAX_TICKS or ticks <= 0:
            counters[TOO_LARGE] += 1
            suspects[s] = 1
            fresh[i] = 0
            continue
        off = scaled - ticks
        if off > TICK_TOLERANCE or off < -TICK_TOLERANCE:
            counters[OFF_TICK] += 1
            suspects[s] = 1
        offsets[clock[SAMPLES] & 63] = ts - ts_recv[i]
        clock[SAMPLES] += 1
        counters[APPLIED] += 1
        if ts < opens or ts >= ends:
            bucket = ts // step
            opens = bucket * step
            ends = opens + step
        if bucket < frontier:
            counters[LATE] += 1
            late[lates] = i
            lates += 1
            continue
        k = bucket & (live - 1)
        if state[s, k, BUCKET] != bucket:
            begin(state, sums, s, k, bucket)
        accumulate(state, sums, s, k, ticks, ts, sequence[i], price[i], size[i], is_buy[i])
    return count, lates


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
def follow(
    s: cython.Py_ssize_t, bucket: cython.longlong, frontier: cython.longlong, ticks: cython.longlong,
    open: cython.int[:, ::1], high: cython.int[:, ::1], low: cython.int[:, ::1], close: cython.int[:, ::1],
    marks: cython.uint[:, ::1], last_close: cython.longlong[::1],
) -> cython.void:  # fmt: skip
    """Give the filled rows that come after *bucket* its revised close, and the series too when nothing traded since."""
    rows: cython.longlong = marks.shape[1]
    r: cython.Py_ssize_t
    b: cython.longlong = bucket + 1
    while b < frontier and (marks[s, b % rows] & ORIGIN) == FILLED:
        r = b % rows
        if close[s, r] != ticks:
            open[s, r] = high[s, r] = low[s, r] = close[s, r] = ticks
            marks[s, r] = FILLED | REVISED
        b += 1
    if b == frontier and last_close[s] != 0:
        last_close[s] = ticks


def revise(
    slot: cython.int[::1], ts_event: cython.longlong[::1], sequence: cython.longlong[::1],
    price: cython.double[::1], size: cython.double[::1], is_buy: cython.uchar[::1], late: cython.int[::1],
    lates: cython.Py_ssize_t, step: cython.longlong, frontier: cython.longlong, ticks_per_unit: cython.double[::1],
    state: cython.longlong[:, :, ::1], sums: cython.double[:, :, ::1], head: cython.longlong[::1],
    open: cython.int[:, ::1], high: cython.int[:, ::1], low: cython.int[:, ::1], close: cython.int[:, ::1],
    volume: cython.float[:, ::1], turnover: cython.float[:, ::1], bought: cython.float[:, ::1],
    marks: cython.uint[:, ::1], last_close: cython.longlong[::1], taken: cython.uchar[::1],
    revised_slot: cython.int[::1], revised_bucket: cython.longlong[::1],
) -> tuple:  # fmt: skip
    """Add late trades to one timeframe; give (rows revised, trades older than the ring, trades that were in already).

    Exact while the bucket's accumulator is live. Older rows take high, low, volume and trades; their open and close
    stay, since a compact row does not know the times of its trades. Rows filled with a close that has changed follow
    it. Rows revised by a trade are listed in `revised_slot`, `revised_bucket`. `frontier` is this timeframe's oldest
    open bucket: an open one takes the trade without a revision and hands it to the longer ones when it closes, so the
    trade leaves `late` (-1). So does a trade whose row is the exchange's own or was repaired: it is in there already.
    `taken[j]` says that a shorter timeframe took the trade, so that the longer ones take it too, whatever their rows
    came from. Call this for each timeframe in turn, from short to long, with the same `late`; `taken` is zero at first.
    """
    j: cython.Py_ssize_t
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    k: cython.Py_ssize_t
    r: cython.Py_ssize_t
    live: cython.longlong = state.shape[1]
    rows: cython.longlong = marks.shape[1]
    bucket: cython.longlong
    ticks: cython.longlong
    origin: cython.uint
    trades: cython.longlong
    revised: cython.Py_ssize_t = 0
    lost: cython.Py_ssize_t = 0
    settled: cython.Py_ssize_t = 0
    for j in range(lates):
        i = late[j]
        if i < 0:
            continue
        s = slot[i]
        bucket = ts_event[i] // step
        ticks = cython.cast(cython.longlong, price[i] * ticks_per_unit[s] + 0.5)
        k = bucket & (live - 1)
        if bucket >= frontier:
            if state[s, k, BUCKET] != bucket:
                begin(state, sums, s, k, bucket)
            accumulate(state, sums, s, k, ticks, ts_event[i], sequence[i], price[i], size[i], is_buy[i])
            late[j] = -1
            continue
        if head[s] < bucket or bucket <= head[s] - rows:
            lost += 1
            continue
        r = bucket % rows
        origin = marks[s, r] & ORIGIN
        if origin == EXCHANGE or origin == REPAIRED:
            if taken[j] == 0:
                settled += 1
                late[j] = -1
                continue
        elif origin == FROM_TRADES or origin == FILLED:
            taken[j] = 1
        if state[s, k, BUCKET] == bucket:
            if origin == FILLED:
                origin = FROM_TRADES
            elif origin == ABSENT:
                origin = PARTIAL if state[s, k, FLAGS] & TAINTED else FROM_TRADES
            accumulate(state, sums, s, k, ticks, ts_event[i], sequence[i], price[i], size[i], is_buy[i])
            write(state, sums, s, k, r, open, high, low, close, volume, turnover, bought, marks, origin | REVISED)
            follow(s, bucket, frontier, state[s, k, CLOSE], open, high, low, close, marks, last_close)
        else:
            trades = marks[s, r] >> 4
            if origin == ABSENT or volume[s, r] == 0.0:
                if origin == ABSENT:
                    origin = PARTIAL
                elif origin == FILLED:
                    origin = FROM_TRADES
                open[s, r] = high[s, r] = low[s, r] = close[s, r] = ticks
                volume[s, r] = turnover[s, r] = bought[s, r] = 0.0
                trades = 0
            elif trades == 0:
                trades = -1
            if ticks > high[s, r]:
                high[s, r] = ticks
            if ticks < low[s, r]:
                low[s, r] = ticks
            volume[s, r] += size[i]
            turnover[s, r] += price[i] * size[i]
            if is_buy[i] and trades >= 0:
                bought[s, r] += size[i]
            trades = trades + 1 if trades < MAX_TRADES else MAX_TRADES
            marks[s, r] = origin | REVISED | cython.cast(cython.uint, trades) << 4
        revised_slot[revised] = s
        revised_bucket[revised] = bucket
        revised += 1
    return revised, lost, settled
