# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The highest high and the lowest low of 50 candles, this one included, in prices.

Source: R. Donchian's channel, here of 50 candles. The extremes are sought anew only when the one that leaves was one.

Reads: high, low. Memory: 824 bytes a series.
"""

import cython

READS = ("high", "low")
GIVES = ("range_high", "range_low")
WARM_UP = 50
WIDTH = 103
PERIOD = cython.declare(cython.int, 50)
SEEN = cython.declare(cython.int, 0)
HIGHEST = cython.declare(cython.int, 1)
LOWEST = cython.declare(cython.int, 2)
HIGHS = cython.declare(cython.int, 3)
LOWS = cython.declare(cython.int, 53)


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
        at: cython.int = seen % PERIOD
        highest: cython.double = high[i]
        lowest: cython.double = low[i]
        if seen >= PERIOD and state[r, HIGHS + at] == state[r, HIGHEST]:
            for j in range(PERIOD):
                if j != at and state[r, HIGHS + j] > highest:
                    highest = state[r, HIGHS + j]
        elif seen > 0 and state[r, HIGHEST] > highest:
            highest = state[r, HIGHEST]
        if seen >= PERIOD and state[r, LOWS + at] == state[r, LOWEST]:
            for j in range(PERIOD):
                if j != at and state[r, LOWS + j] < lowest:
                    lowest = state[r, LOWS + j]
        elif seen > 0 and state[r, LOWEST] < lowest:
            lowest = state[r, LOWEST]
        is_ready: cython.bint = seen >= PERIOD - 1
        out[i, 0] = highest if is_ready else 0.0
        out[i, 1] = lowest if is_ready else 0.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, HIGHEST] = highest
            state[r, LOWEST] = lowest
            state[r, HIGHS + at] = high[i]
            state[r, LOWS + at] = low[i]
