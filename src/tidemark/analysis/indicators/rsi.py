# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Relative strength index of 14 candles, in [0, 100]; 50 where the price has not moved at all.

Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978). The first average is that of the first 14
changes, each further one is smoothed by 1/14.

Reads: close. Memory: 32 bytes a series.
"""

import cython

READS = ("close",)
GIVES = ("rsi",)
WARM_UP = 15
WIDTH = 4
PERIOD = cython.declare(cython.int, 14)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
GAIN = cython.declare(cython.int, 2)
LOSS = cython.declare(cython.int, 3)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
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
        gain: cython.double = state[r, GAIN]
        loss: cython.double = state[r, LOSS]
        change: cython.double = close[i] - state[r, PRICE] if seen > 0 else 0.0
        up: cython.double = change if change > 0 else 0.0
        down: cython.double = -change if change < 0 else 0.0
        if seen > PERIOD:
            gain = (gain * (PERIOD - 1) + up) / PERIOD
            loss = (loss * (PERIOD - 1) + down) / PERIOD
        else:
            gain += up
            loss += down
            if seen == PERIOD:
                gain /= PERIOD
                loss /= PERIOD
        out[i, 0] = 100.0 * gain / (gain + loss) if seen >= PERIOD and gain + loss > 0 else 50.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, GAIN] = gain
            state[r, LOSS] = loss
