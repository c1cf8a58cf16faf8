# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Average true range of 14 candles against its own mean of 100: 1 where candles are as large as usual.

Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978), for the range. The first mean is that of the
first 100 averages, each further one is smoothed by 1/100; without any range the ratio is 1.

Reads: high, low, close. Memory: 32 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("atr_ratio",)
WARM_UP = 114
WIDTH = 4
PERIOD = cython.declare(cython.int, 14)
LONG_PERIOD = cython.declare(cython.int, 100)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
RANGE = cython.declare(cython.int, 2)
MEAN = cython.declare(cython.int, 3)


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
        mean: cython.double = state[r, MEAN]
        if seen > 0:
            top: cython.double = high[i] if high[i] > before else before
            bottom: cython.double = low[i] if low[i] < before else before
            if seen > PERIOD:
                average = (average * (PERIOD - 1) + top - bottom) / PERIOD
            else:
                average += top - bottom
                if seen == PERIOD:
                    average /= PERIOD
        if seen >= PERIOD + LONG_PERIOD:
            mean = (mean * (LONG_PERIOD - 1) + average) / LONG_PERIOD
        elif seen >= PERIOD:
            mean += average
            if seen == PERIOD + LONG_PERIOD - 1:
                mean /= LONG_PERIOD
        out[i, 0] = average / mean if seen >= PERIOD + LONG_PERIOD - 1 and mean > 0 else 1.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, RANGE] = average
            state[r, MEAN] = mean
