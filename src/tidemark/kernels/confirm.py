# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The exchange's own closed candles against ours: read them into columns, then write, compare and correct one series.

Columns of *count* intervals, the first of which is bucket *base*: `present` uint8 (1 where there is a candle), `prices`
int64 (count, 4) open, high, low, close in ticks, `sums` float64 (count, 3) volume, turnover, volume of aggressive buys,
`trades` int64. A candle with volume and 0 trades: the exchange does not tell how many there were, or who bought.
Rows and marks are those of `kernels.candles`. Whoever calls validates the slot, and passes C-contiguous arrays.
"""

import cython

# Columns of `tally`.
OUTSIDE = cython.declare(cython.int, 0)
REFUSED = cython.declare(cython.int, 1)
OFF_TICK = cython.declare(cython.int, 2)

# What became of an interval.
NOTHING = cython.declare(cython.uchar, 0)
WRITTEN = cython.declare(cython.uchar, 1)
MENDED = cython.declare(cython.uchar, 2)
AGREED = cython.declare(cython.uchar, 3)
MISMATCHED = cython.declare(cython.uchar, 4)

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

TICK_TOLERANCE = cython.declare(cython.double, 0.001)
MAX_TICKS = cython.declare(cython.double, 2147483647.0)
# The largest sum that a compact row can hold, and then some way to go.
MAX_SUM = cython.declare(cython.double, 1e36)
LAST_NS = cython.declare(cython.longlong, 9214646399999000000)


def read(
    klines: tuple, base: cython.longlong, count: cython.Py_ssize_t, step: cython.longlong,
    ticks_per_unit: cython.double, present: cython.uchar[::1], prices: cython.longlong[:, ::1],
    sums: cython.double[:, ::1], trades: cython.longlong[::1], tally: cython.longlong[::1],
) -> int:  # fmt: skip
    """Write the rows of *klines* (KlineRow) into the columns, each at its place; give how many that were.

    Their order does not matter. Refused and counted is a row that opens off the grid, stands there twice, or holds
    figures that no candle can have; a row outside the *count* intervals is passed over and counted as such.
    """
    i: cython.Py_ssize_t
    c: cython.int
    at: cython.longlong
    taken: cython.Py_ssize_t = 0
    opened: cython.double
    high: cython.double
    low: cython.double
    close: cython.double
    volume: cython.double
    turnover: cython.double
    bought: cython.double
    scaled: cython.double
    ticks: cython.longlong
    off: cython.double
    is_off: cython.bint
    told: cython.longlong
    for i in range(count):
        present[i] = 0
    for row in klines:
        open_time = row.open_time
        if open_time < 0 or open_time > LAST_NS or open_time % step != 0:
            tally[REFUSED] += 1
            continue
        at = open_time // step - base
        if at < 0 or at >= count:
            tally[OUTSIDE] += 1
            continue
        opened, high, low, close = row.open, row.high, row.low, row.close
        volume, turnover = row.volume, row.turnover
        if (
            present[at] != 0
            or not (0.0 < low <= high and high * ticks_per_unit < MAX_TICKS and low * ticks_per_unit >= 0.5)
            or not (low <= opened <= high and low <= close <= high)
            or not (0.0 <= volume < MAX_SUM and 0.0 <= turnover < MAX_SUM)
        ):
            tally[REFUSED] += 1
            continue
        told = 0
        bought = 0.0
        if row.trades is not None and row.bought is not None and volume > 0.0:
            bought = row.bought
            if row.trades < 0 or not (0.0 <= bought <= volume * 1.000001):
                tally[REFUSED] += 1
                continue
            told = MAX_TRADES if row.trades > MAX_TRADES else row.trades
            if told == 0:
                bought = 0.0
        is_off = False
        for c in range(4):
            scaled = (opened if c == 0 else high if c == 1 else low if c == 2 else close) * ticks_per_unit
            ticks = cython.cast(cython.longlong, scaled + 0.5)
            off = scaled - ticks
            is_off = is_off or off > TICK_TOLERANCE or off < -TICK_TOLERANCE
            prices[at, c] = ticks
        if is_off:
            tally[OFF_TICK] += 1
        sums[at, 0] = volume
        sums[at, 1] = turnover
        sums[at, 2] = bought
        trades[at] = told
        present[at] = 1
        taken += 1
    return taken


@cython.cfunc
@cython.exceptval(check=False)
def differs(ours: cython.double, theirs: cython.double, least: cython.double) -> cython.bint:
    """Whether two sums differ by more than a compact row and a printed figure round."""
    distance: cython.double = ours - theirs if ours > theirs else theirs - ours
    scale: cython.double = ours if ours > theirs else theirs
    return distance > 1e-6 * scale and distance > least


@cython.cfunc
@cython.exceptval(check=False)
def compare(
    s: cython.Py_ssize_t, r: cython.Py_ssize_t, before: cython.Py_ssize_t, i: cython.Py_ssize_t,
    prices: cython.longlong[:, ::1], sums: cython.double[:, ::1], opens_at_close: cython.bint, lot: cython.double,
    ticks_per_unit: cython.double, open: cython.int[:, ::1], high: cython.int[:, ::1], low: cython.int[:, ::1],
    close: cython.int[:, ::1], volume: cython.float[:, ::1], turnover: cython.float[:, ::1],
) -> cython.uchar:  # fmt: skip
    """In which figures row (s, r) differs from interval *i*: a bit each for open, high, low, close, volume, turnover.

    before: the row of the interval before, -1 where its close is not known. opens_at_close: the exchange's candle opens
    at that close, and its high and low take it in; otherwise at its first trade, as ours do. lot: the step of sizes;
    half of it is rounding, not a trade.
    """
    fields: cython.uchar = 0
    top: cython.longlong = high[s, r]
    bottom: cython.longlong = low[s, r]
    if opens_at_close:
        if before >= 0 and close[s, before] != prices[i, 0]:
            fields |= 1
        if prices[i, 0] > top:
            top = prices[i, 0]
        if prices[i, 0] < bottom:
            bottom = prices[i, 0]
    elif open[s, r] != prices[i, 0]:
        fields |= 1
    if top != prices[i, 1]:
        fields |= 2
    if bottom != prices[i, 2]:
        fields |= 4
    if close[s, r] != prices[i, 3]:
        fields |= 8
    if differs(cython.cast(cython.double, volume[s, r]), sums[i, 0], 0.5 * lot):
        fields |= 16
    if differs(cython.cast(cython.double, turnover[s, r]), sums[i, 1], 0.5 * lot * prices[i, 1] / ticks_per_unit):
        fields |= 32
    return fields


def judge(
    s: cython.Py_ssize_t, base: cython.longlong, count: cython.Py_ssize_t, present: cython.uchar[::1],
    prices: cython.longlong[:, ::1], sums: cython.double[:, ::1], trades: cython.longlong[::1],
    in_gap: cython.uchar[::1], whole_only: cython.bint, opens_at_close: cython.bint, lot: cython.double,
    ticks_per_unit: cython.double, head: cython.longlong[::1], open: cython.int[:, ::1], high: cython.int[:, ::1],
    low: cython.int[:, ::1], close: cython.int[:, ::1], volume: cython.float[:, ::1], turnover: cython.float[:, ::1],
    bought: cython.float[:, ::1], marks: cython.uint[:, ::1], verdict: cython.uchar[::1], fields: cython.uchar[::1],
) -> int:  # fmt: skip
    """Settle *count* intervals of series *s*; give how many rows were written.

    Absent: written, as repaired where `in_gap`, else as the exchange's. Partial, or filled where the exchange has
    volume: replaced, as repaired. Any other: compared, and replaced as the exchange's where it differs. `verdict` says
    what became of each interval, `fields` (see `compare`) in what it differed. whole_only: rows that are whole are not
    compared. The caller lets no interval in that is open yet or older than the ring.
    """
    i: cython.Py_ssize_t
    r: cython.Py_ssize_t
    before: cython.Py_ssize_t
    b: cython.longlong
    k: cython.longlong
    rows: cython.longlong = marks.shape[1]
    origin: cython.uint
    mark: cython.uint
    previous: cython.uint
    written: cython.Py_ssize_t = 0
    for i in range(count):
        verdict[i] = NOTHING
        fields[i] = 0
        if present[i] == 0:
            continue
        b = base + i
        r = b % rows
        if b > head[s]:
            if head[s] >= 0:
                k = head[s] + 1 if head[s] + 1 > b - rows else b - rows
                while k < b:
                    marks[s, k % rows] = ABSENT
                    k += 1
            head[s] = b
            marks[s, r] = ABSENT
        origin = marks[s, r] & ORIGIN
        mark = REPAIRED
        if origin == ABSENT:
            verdict[i] = MENDED if in_gap[i] else WRITTEN
            if in_gap[i] == 0:
                mark = EXCHANGE
        elif origin == PARTIAL or (origin == FILLED and sums[i, 0] > 0.0):
            verdict[i] = MENDED
            mark = REPAIRED | REVISED
        elif whole_only:
            continue
        else:
            before = -1
            if b - 1 > head[s] - rows:
                previous = marks[s, (b - 1) % rows] & ORIGIN
                if previous != ABSENT and previous != PARTIAL:
                    before = (b - 1) % rows
            fields[i] = compare(
                s, r, before, i, prices, sums, opens_at_close, lot, ticks_per_unit, open, high, low, close, volume,
                turnover,
            )  # fmt: skip
            if fields[i] == 0:
                verdict[i] = AGREED
                continue
            verdict[i] = MISMATCHED
            mark = EXCHANGE | REVISED
        open[s, r] = prices[i, 0]
        high[s, r] = prices[i, 1]
        low[s, r] = prices[i, 2]
        close[s, r] = prices[i, 3]
        volume[s, r] = sums[i, 0]
        turnover[s, r] = sums[i, 1]
        bought[s, r] = sums[i, 2]
        marks[s, r] = mark | cython.cast(cython.uint, trades[i]) << 4
        written += 1
    return written
