# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Average true range of 14 candles, in prices and in percent of the close.

Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978). The first average is that of the first 14 true
ranges, each further one is smoothed by 1/14.

Reads: high, low, close. Memory: 24 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("atr", "atr_percent")
WARM_UP = 15
WIDTH = 3
PERIOD = cython.declare(cython.int, 14)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
RANGE = cython.declare(cython.int, 2)


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
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.double = state[r, SEEN]
        before: cython.double = state[r, PRICE]
        average: cython.double = state[r, RANGE]
        if seen > 0:
            top: cython.double = high[i] if high[i] > before else before
            bottom: cython.double = low[i] if low[i] < before else before
            if seen > PERIOD:
                average = (average * (PERIOD - 1) + top - bottom) / PERIOD
            else:
                average += top - bottom
                if seen == PERIOD:
                    average /= PERIOD
        is_ready: cython.bint = seen >= PERIOD
        out[i, 0] = average if is_ready else 0.0
        out[i, 1] = 100.0 * average / close[i] if is_ready and close[i] > 0 else 0.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, RANGE] = average
