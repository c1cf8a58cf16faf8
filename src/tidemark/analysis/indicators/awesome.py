# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Awesome oscillator (5, 34): the mean of the latest five midprices less that of the latest 34, in prices.

Source: B. Williams, New Trading Dimensions (1998). The midprice of a candle is (high + low) / 2.

Reads: high, low. Memory: 280 bytes a series.
"""

import cython

READS = ("high", "low")
GIVES = ("awesome",)
WARM_UP = 34
WIDTH = 35
FAST_PERIOD = cython.declare(cython.int, 5)
SLOW_PERIOD = cython.declare(cython.int, 34)
SEEN = cython.declare(cython.int, 0)
FIRST = cython.declare(cython.int, 1)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    high: cython.double[:],
    low: cython.double[:],
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
        at: cython.int = seen % SLOW_PERIOD
        replaced: cython.double = state[r, FIRST + at]
        state[r, FIRST + at] = (high[i] + low[i]) / 2.0
        value: cython.double = 0.0
        if seen >= SLOW_PERIOD - 1:
            slow: cython.double = 0.0
            fast: cython.double = 0.0
            for j in range(SLOW_PERIOD):
                slow += state[r, FIRST + j]
                # How many candles ago that was.
                if (at - j + SLOW_PERIOD) % SLOW_PERIOD < FAST_PERIOD:
                    fast += state[r, FIRST + j]
            value = fast / FAST_PERIOD - slow / SLOW_PERIOD
        out[i, 0] = value
        if commits:
            state[r, SEEN] = seen + 1
        else:
            state[r, FIRST + at] = replaced
