# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Volume of 5 candles against what is usual: 1 where it is, or nothing is known of it.

(A. Admati, P. Pfleiderer, A Theory of Intraday Patterns, 1988: volume has its hours.) Usual for a candle is the mean
volume of a candle in the same hour of the day (UTC) on the days before it, each of them a mean of its own, the latest 7
of which count most; where fewer than 3 such days are known it is that of the latest 20 candles before it. The volume of
5 candles is held against the sum of what was usual for each. `usual_volume` is what is usual for the newest one.

Reads: time, volume. Memory: 504 bytes a series.
"""

import cython

READS = ("time", "volume")
GIVES = ("relative_volume", "usual_volume")
WARM_UP = 21
WIDTH = 63
PERIOD = cython.declare(cython.int, 20)
LATEST = cython.declare(cython.int, 5)
DAYS = cython.declare(cython.double, 7.0)
LEAST_DAYS = cython.declare(cython.double, 3.0)
HOUR_S = cython.declare(cython.longlong, 3600)
SEEN = cython.declare(cython.int, 0)
RECENT = cython.declare(cython.int, 1)
# The hour since the epoch that is being counted, its candles and their volume.
HOUR = cython.declare(cython.int, 2)
CANDLES = cython.declare(cython.int, 3)
TRADED = cython.declare(cython.int, 4)
VOLUMES = cython.declare(cython.int, 5)
USUALS = cython.declare(cython.int, 10)
# For each hour of the day its mean volume, then of how many days that is.
MEANS = cython.declare(cython.int, 15)
KNOWN = cython.declare(cython.int, 39)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    time: cython.double[:],
    volume: cython.double[:],
    out: cython.double[:, :],
    commits: cython.bint,
) -> None:
    """See base.Indicator.update."""
    i: cython.Py_ssize_t
    j: cython.int
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.longlong = int(state[r, SEEN])
        at: cython.int = seen % LATEST
        hour: cython.longlong = int(time[i]) // HOUR_S
        counted: cython.longlong = int(state[r, HOUR])
        clock: cython.int = hour % 24
        over: cython.int = counted % 24
        is_over: cython.bint = hour != counted and state[r, CANDLES] > 0
        known: cython.double = state[r, KNOWN + over]
        mean: cython.double = state[r, MEANS + over]
        if is_over:
            known = known + 1.0 if known < DAYS else DAYS
            mean += (state[r, TRADED] / state[r, CANDLES] - mean) / known
        recent: cython.double = state[r, RECENT]
        usual: cython.double = recent
        if over == clock:
            if known >= LEAST_DAYS:
                usual = mean
        elif state[r, KNOWN + clock] >= LEAST_DAYS:
            usual = state[r, MEANS + clock]
        traded: cython.double = volume[i]
        expected: cython.double = usual
        for j in range(LATEST):
            if j != at:
                traded += state[r, VOLUMES + j]
                expected += state[r, USUALS + j]
        out[i, 0] = traded / expected if seen >= PERIOD and expected > 0 else 1.0
        out[i, 1] = usual
        if commits:
            if is_over:
                state[r, KNOWN + over] = known
                state[r, MEANS + over] = mean
            if hour != counted:
                state[r, HOUR] = hour
                state[r, CANDLES] = 0.0
                state[r, TRADED] = 0.0
            state[r, CANDLES] += 1
            state[r, TRADED] += volume[i]
            state[r, RECENT] = recent + (volume[i] - recent) / (seen + 1 if seen < PERIOD else PERIOD)
            state[r, VOLUMES + at] = volume[i]
            state[r, USUALS + at] = usual
            state[r, SEEN] = seen + 1
