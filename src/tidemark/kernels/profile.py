# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Volume by price: what aggressors bought and sold in each of a few buckets of ticks, since the day (UTC) began.

A bucket is `ticks >> shift`; bucket b stands at index b - base. At the first trade of a day the width is the smallest
power of two of ticks that is at least 1 / 4096 of the price. A price beyond the buckets moves them, and doubles their
width until all that was traded fits.

`state` is int64 (series, 8), columns DAY..NEWEST below. `bought` and `sold` are float32 (series, BUCKETS), in base
currency, `recent_bought` and `recent_sold` the same with a half-life. Nothing is checked here: whoever calls validates
slots, and passes C-contiguous arrays.
"""

import cython

BUCKETS = 128
STATE = 8
COUNT = cython.declare(cython.int, BUCKETS)
# The day since the epoch, the bucket of index 0, the shift, the first and the last index that has volume, trades of the
# day, the price in ticks and the time of the newest of them.
DAY = cython.declare(cython.int, 0)
BASE = cython.declare(cython.int, 1)
SHIFT = cython.declare(cython.int, 2)
LOW = cython.declare(cython.int, 3)
HIGH = cython.declare(cython.int, 4)
TRADES = cython.declare(cython.int, 5)
TICKS = cython.declare(cython.int, 6)
NEWEST = cython.declare(cython.int, 7)
DAY_NS = cython.declare(cython.longlong, 86400000000000)
FINEST = cython.declare(cython.longlong, 4096)
# The share of the volume that lies in the value area.
AREA = cython.declare(cython.double, 0.7)
# An imbalance is so many times the other side one bucket further, at so much of all recent volume; so many buckets of
# it are a stack. What has less of it than LEAST is not traded.
TIMES = cython.declare(cython.double, 3.0)
WEIGHTY = cython.declare(cython.double, 0.02)
LEAST = cython.declare(cython.double, 0.001)
STACK = cython.declare(cython.int, 3)
# Below this a float32 is no normal number, and slow.
NOTHING = cython.declare(cython.double, 1e-30)


def hear(
    slot: cython.int[::1], ts_event: cython.longlong[::1], price: cython.double[::1], size: cython.double[::1],
    is_buy: cython.uchar[::1], fresh: cython.uchar[::1], start: cython.Py_ssize_t, count: cython.Py_ssize_t,
    per_unit: cython.double[::1], state: cython.longlong[:, ::1], bought: cython.float[:, ::1],
    sold: cython.float[:, ::1], recent_bought: cython.float[:, ::1], recent_sold: cython.float[:, ::1],
) -> int:  # fmt: skip
    """Add the *fresh* trades of rows [start, count), but those of a day that is over; give the next row.

    Stops before the first trade of a series' day, where its ticks per unit of price, in *per_unit*, are to be put.
    """
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    at: cython.Py_ssize_t
    ticks: cython.longlong
    bucket: cython.longlong
    # The day of the trade before, its first nanosecond and the one behind its last: nearly always this one's too.
    day: cython.longlong = 0
    opens: cython.longlong = 0
    ends: cython.longlong = 0
    for i in range(start, count):
        if fresh[i] == 0:
            continue
        s = slot[i]
        if ts_event[i] < opens or ts_event[i] >= ends:
            day = ts_event[i] // DAY_NS
            opens = day * DAY_NS
            ends = opens + DAY_NS
        if day < state[s, DAY]:
            continue
        if day > state[s, DAY]:
            # A tick may have changed since the day before.
            if state[s, TRADES] > 0:
                per_unit[s] = 0.0
                state[s, TRADES] = 0
            if per_unit[s] == 0.0:
                return i
        ticks = cython.cast(cython.longlong, price[i] * per_unit[s] + 0.5)
        if day > state[s, DAY]:
            begin(state, bought, sold, recent_bought, recent_sold, s, day, ticks)
        bucket = ticks >> state[s, SHIFT]
        if bucket < state[s, BASE] or bucket >= state[s, BASE] + COUNT:
            fit(state, bought, sold, recent_bought, recent_sold, s, bucket)
            bucket = ticks >> state[s, SHIFT]
        at = bucket - state[s, BASE]
        if state[s, TRADES] == 0:
            state[s, LOW] = at
            state[s, HIGH] = at
        elif at < state[s, LOW]:
            state[s, LOW] = at
        elif at > state[s, HIGH]:
            state[s, HIGH] = at
        if is_buy[i]:
            bought[s, at] += size[i]
            recent_bought[s, at] += size[i]
        else:
            sold[s, at] += size[i]
            recent_sold[s, at] += size[i]
        state[s, TRADES] += 1
        if ts_event[i] >= state[s, NEWEST]:
            state[s, NEWEST] = ts_event[i]
            state[s, TICKS] = ticks
    return count


@cython.cfunc
@cython.exceptval(check=False)
def begin(
    state: cython.longlong[:, ::1], bought: cython.float[:, ::1], sold: cython.float[:, ::1],
    recent_bought: cython.float[:, ::1], recent_sold: cython.float[:, ::1], s: cython.Py_ssize_t, day: cython.longlong,
    ticks: cython.longlong,
) -> cython.void:  # fmt: skip
    """Begin *day* with empty buckets around *ticks*."""
    j: cython.Py_ssize_t
    shift: cython.longlong = 0
    while ticks >> shift > FINEST:
        shift += 1
    for j in range(COUNT):
        bought[s, j] = 0.0
        sold[s, j] = 0.0
        recent_bought[s, j] = 0.0
        recent_sold[s, j] = 0.0
    state[s, DAY] = day
    state[s, BASE] = (ticks >> shift) - COUNT // 2
    state[s, SHIFT] = shift
    state[s, LOW] = 0
    state[s, HIGH] = 0
    state[s, TRADES] = 0
    state[s, TICKS] = ticks
    state[s, NEWEST] = 0


@cython.cfunc
@cython.exceptval(check=False)
def fit(
    state: cython.longlong[:, ::1], bought: cython.float[:, ::1], sold: cython.float[:, ::1],
    recent_bought: cython.float[:, ::1], recent_sold: cython.float[:, ::1], s: cython.Py_ssize_t,
    bucket: cython.longlong,
) -> cython.void:  # fmt: skip
    """Make room for *bucket* beside all that has volume."""
    low: cython.longlong = state[s, BASE] + state[s, LOW]
    high: cython.longlong = state[s, BASE] + state[s, HIGH]
    first: cython.longlong = bucket if bucket < low else low
    last: cython.longlong = bucket if bucket > high else high
    wider: cython.longlong = 0
    while (last >> wider) - (first >> wider) >= COUNT:
        wider += 1
    base: cython.longlong = (first >> wider) - (COUNT - 1 - ((last >> wider) - (first >> wider))) // 2
    move(bought, s, state[s, BASE], low, high, base, wider)
    move(sold, s, state[s, BASE], low, high, base, wider)
    move(recent_bought, s, state[s, BASE], low, high, base, wider)
    move(recent_sold, s, state[s, BASE], low, high, base, wider)
    state[s, BASE] = base
    state[s, SHIFT] += wider
    state[s, LOW] = (low >> wider) - base
    state[s, HIGH] = (high >> wider) - base


@cython.cfunc
@cython.exceptval(check=False)
def move(
    volumes: cython.float[:, ::1], s: cython.Py_ssize_t, before: cython.longlong, low: cython.longlong,
    high: cython.longlong, base: cython.longlong, wider: cython.longlong,
) -> cython.void:  # fmt: skip
    """Restate buckets [low, high], of which *before* stands at index 0, as wider ones from *base* on, in place."""
    j: cython.longlong
    volume: cython.float
    # First to the lowest indices, where none is written before it is read, then up to where they belong.
    for j in range(low, high + 1):
        volume = volumes[s, j - before]
        volumes[s, j - before] = 0.0
        volumes[s, (j >> wider) - (low >> wider)] += volume
    for j in range((high >> wider) - (low >> wider), -1, -1):
        volume = volumes[s, j]
        volumes[s, j] = 0.0
        volumes[s, j + (low >> wider) - base] = volume


def read(
    keep: cython.double, per_unit: cython.double[::1], state: cython.longlong[:, ::1], bought: cython.float[:, ::1],
    sold: cython.float[:, ::1], recent_bought: cython.float[:, ::1], recent_sold: cython.float[:, ::1],
    out: cython.double[:, ::1],
) -> None:  # fmt: skip
    """Let *keep* remain of what is recent; write what the buckets of each series say.

    out (series, 6): price, point of control, how far above and below the price the value area ends, and the shares of
    recent volume in stacks of buying and of selling; nothing is written where there are no trades.
    """
    s: cython.Py_ssize_t
    j: cython.Py_ssize_t
    low: cython.Py_ssize_t
    high: cython.Py_ssize_t
    for s in range(state.shape[0]):
        if state[s, TRADES] == 0:
            continue
        low = state[s, LOW]
        high = state[s, HIGH]
        total: cython.double = 0.0
        recent: cython.double = 0.0
        most: cython.double = -1.0
        control: cython.Py_ssize_t = low
        here: cython.Py_ssize_t = (state[s, TICKS] >> state[s, SHIFT]) - state[s, BASE]
        for j in range(low, high + 1):
            recent += faded(recent_bought, s, j, keep) + faded(recent_sold, s, j, keep)
            volume: cython.double = traded(bought, sold, s, j)
            total += volume
            # Of several that are equal the one nearest to the price.
            if volume > most or (volume == most and abs(j - here) < abs(control - here)):
                most = volume
                control = j
        first: cython.Py_ssize_t = control
        last: cython.Py_ssize_t = control
        while most < AREA * total and (first > low or last < high):
            above: cython.double = traded(bought, sold, s, last + 1) if last < high else -1.0
            below: cython.double = traded(bought, sold, s, first - 1) if first > low else -1.0
            if above >= below:
                last += 1
                most += above
            if below >= above:
                first -= 1
                most += below
        width: cython.double = 1 << state[s, SHIFT]
        out[s, 0] = state[s, TICKS] / per_unit[s]
        out[s, 1] = ((state[s, BASE] + control) * width + 0.5 * (width - 1.0)) / per_unit[s]
        out[s, 2] = ((state[s, BASE] + last + 1) * width - 1.0 - state[s, TICKS]) / per_unit[s]
        out[s, 3] = (state[s, TICKS] - (state[s, BASE] + first) * width) / per_unit[s]
        out[s, 4] = stacked(recent_bought, recent_sold, s, low, high, 1, recent)
        out[s, 5] = stacked(recent_sold, recent_bought, s, low, high, -1, recent)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def traded(
    bought: cython.float[:, ::1], sold: cython.float[:, ::1], s: cython.Py_ssize_t, j: cython.Py_ssize_t
) -> cython.double:
    """Both sides of one bucket."""
    return cython.cast(cython.double, bought[s, j]) + cython.cast(cython.double, sold[s, j])


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def faded(
    volumes: cython.float[:, ::1], s: cython.Py_ssize_t, j: cython.Py_ssize_t, keep: cython.double
) -> cython.double:
    """What remains of one bucket."""
    volume: cython.double = cython.cast(cython.double, volumes[s, j]) * keep
    if volume < NOTHING:
        volume = 0.0
    volumes[s, j] = volume
    return volume


@cython.cfunc
@cython.exceptval(check=False)
def stacked(
    side: cython.float[:, ::1], other: cython.float[:, ::1], s: cython.Py_ssize_t, low: cython.Py_ssize_t,
    high: cython.Py_ssize_t, way: cython.Py_ssize_t, recent: cython.double,
) -> cython.double:  # fmt: skip
    """The share of *recent* volume in stacks of *side*, whose prices go up (way 1: buying) or down (-1: selling)."""
    j: cython.Py_ssize_t
    before: cython.Py_ssize_t
    length: cython.int = 0
    run: cython.double = 0.0
    share: cython.double = 0.0
    if recent <= 0.0:
        return 0.0
    for j in range(low, high + 1):
        before = j - way
        # What plain Python reads here would stay a float32, and so would all that is made of it.
        volume: cython.double = cython.cast(cython.double, side[s, j])
        if (
            low <= before <= high
            and volume >= WEIGHTY * recent
            and volume >= TIMES * cython.cast(cython.double, other[s, before])
            and traded(side, other, s, before) >= LEAST * recent
        ):
            length += 1
            run += volume
            if length == STACK:
                share += run
            elif length > STACK:
                share += volume
        else:
            length = 0
            run = 0.0
    return share / recent
