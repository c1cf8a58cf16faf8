# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Chaikin money flow of 20 candles, in [-1, 1]; 0 where nothing was traded.

Source: M. Chaikin: volume by where the close lies in the range, from -1 at the low to 1 at the high, over all volume.

Reads: high, low, close, volume. Memory: 328 bytes a series.
"""

import cython

READS = ("high", "low", "close", "volume")
GIVES = ("chaikin",)
WARM_UP = 20
WIDTH = 41
PERIOD = cython.declare(cython.int, 20)
SEEN = cython.declare(cython.int, 0)
FLOWS = cython.declare(cython.int, 1)
VOLUMES = cython.declare(cython.int, 21)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    high: cython.double[:],
    low: cython.double[:],
    close: cython.double[:],
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
        at: cython.int = seen % PERIOD
        flow: cython.double = 0.0
        if high[i] > low[i]:
            flow = ((close[i] - low[i]) - (high[i] - close[i])) / (high[i] - low[i]) * volume[i]
        value: cython.double = 0.0
        if seen >= PERIOD - 1:
            flows: cython.double = flow
            total: cython.double = volume[i]
            for j in range(PERIOD):
                if j != at:
                    flows += state[r, FLOWS + j]
                    total += state[r, VOLUMES + j]
            value = flows / total if total > 0 else 0.0
        out[i, 0] = value
        if commits:
            state[r, SEEN] = seen + 1
            state[r, FLOWS + at] = flow
            state[r, VOLUMES + at] = volume[i]
