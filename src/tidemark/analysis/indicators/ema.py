# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Exponential moving averages of 20, 50 and 200 closes, in prices: each begins as a plain mean.

Source: R. G. Brown, Smoothing, Forecasting and Prediction of Discrete Time Series (1963); the weight of a candle is
2 / (period + 1).

Reads: close. Memory: 32 bytes a series.
"""

import cython

READS = ("close",)
GIVES = ("ema_20", "ema_50", "ema_200")
WARM_UP = 200
WIDTH = 4
SEEN = cython.declare(cython.int, 0)
FIRST = cython.declare(cython.int, 1)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
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
        seen: cython.double = state[r, SEEN]
        for j in range(3):
            period: cython.int = 20 if j == 0 else 50 if j == 1 else 200
            value: cython.double = state[r, FIRST + j]
            if seen >= period:
                value += (close[i] - value) * 2.0 / (period + 1)
            else:
                value += close[i]
                if seen == period - 1:
                    value /= period
            out[i, j] = value if seen >= 199 else 0.0
            if commits:
                state[r, FIRST + j] = value
        if commits:
            state[r, SEEN] = seen + 1
