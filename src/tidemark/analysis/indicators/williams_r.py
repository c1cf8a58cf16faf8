# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Williams %R of 14 candles, in [-100, 0]; -50 where there was no range.

Source: L. Williams, How I Made One Million Dollars in the Commodity Market Last Year (1973): how far below the highest
high the close is, in percent of the range.

Reads: high, low, close. Memory: 232 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("williams_r",)
WARM_UP = 14
WIDTH = 29
PERIOD = cython.declare(cython.int, 14)
SEEN = cython.declare(cython.int, 0)
HIGHS = cython.declare(cython.int, 1)
LOWS = cython.declare(cython.int, 15)


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
        at: cython.int = seen % PERIOD
        highest: cython.double = high[i]
        lowest: cython.double = low[i]
        if seen >= PERIOD - 1:
            for j in range(PERIOD):
                # The candle that this one takes the place of is out.
                if j != at:
                    highest = state[r, HIGHS + j] if state[r, HIGHS + j] > highest else highest
                    lowest = state[r, LOWS + j] if state[r, LOWS + j] < lowest else lowest
            out[i, 0] = -100.0 * (highest - close[i]) / (highest - lowest) if highest > lowest else -50.0
        else:
            out[i, 0] = -50.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, HIGHS + at] = high[i]
            state[r, LOWS + at] = low[i]
