# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Commodity channel index of 20 candles; 0 where the typical price has not moved.

Source: D. R. Lambert, Commodities (October 1980): the typical price (high + low + close) / 3 less its mean, in units of
0.015 mean absolute deviations.

Reads: high, low, close. Memory: 168 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("cci",)
WARM_UP = 20
WIDTH = 21
PERIOD = cython.declare(cython.int, 20)
SEEN = cython.declare(cython.int, 0)
FIRST = cython.declare(cython.int, 1)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    high: cython.double[:],
    low: cython.double[:],
    close: cython.double[:],
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
        at: cython.int = FIRST + seen % PERIOD
        typical: cython.double = (high[i] + low[i] + close[i]) / 3.0
        replaced: cython.double = state[r, at]
        state[r, at] = typical
        value: cython.double = 0.0
        if seen >= PERIOD - 1:
            mean: cython.double = 0.0
            for j in range(FIRST, FIRST + PERIOD):
                mean += state[r, j]
            mean /= PERIOD
            deviation: cython.double = 0.0
            for j in range(FIRST, FIRST + PERIOD):
                deviation += state[r, j] - mean if state[r, j] > mean else mean - state[r, j]
            deviation /= PERIOD
            if deviation > 0:
                value = (typical - mean) / (0.015 * deviation)
        out[i, 0] = value
        if commits:
            state[r, SEEN] = seen + 1
        else:
            state[r, at] = replaced
