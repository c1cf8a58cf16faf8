# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Moving averages' convergence and divergence (12, 26, 9): the line, its signal, and their difference, in prices.

Source: G. Appel, Technical Analysis (2005). Both averages begin as plain means that end at the 26th candle, the signal
as the mean of the first nine lines, as TA-Lib has it.

Reads: close. Memory: 32 bytes a series.
"""

import cython

READS = ("close",)
GIVES = ("macd", "macd_signal", "macd_histogram")
WARM_UP = 34
WIDTH = 4
FAST_PERIOD = cython.declare(cython.int, 12)
SLOW_PERIOD = cython.declare(cython.int, 26)
SIGNAL_PERIOD = cython.declare(cython.int, 9)
SEEN = cython.declare(cython.int, 0)
FAST = cython.declare(cython.int, 1)
SLOW = cython.declare(cython.int, 2)
SIGNAL = cython.declare(cython.int, 3)


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
        fast: cython.double = state[r, FAST]
        slow: cython.double = state[r, SLOW]
        signal: cython.double = state[r, SIGNAL]
        if seen >= SLOW_PERIOD:
            fast += (close[i] - fast) * 2.0 / (FAST_PERIOD + 1)
            slow += (close[i] - slow) * 2.0 / (SLOW_PERIOD + 1)
        else:
            slow += close[i]
            if seen >= SLOW_PERIOD - FAST_PERIOD:
                fast += close[i]
            if seen == SLOW_PERIOD - 1:
                fast /= FAST_PERIOD
                slow /= SLOW_PERIOD
        line: cython.double = fast - slow if seen >= SLOW_PERIOD - 1 else 0.0
        if seen >= SLOW_PERIOD + SIGNAL_PERIOD - 1:
            signal += (line - signal) * 2.0 / (SIGNAL_PERIOD + 1)
        else:
            signal += line
            if seen == SLOW_PERIOD + SIGNAL_PERIOD - 2:
                signal /= SIGNAL_PERIOD
        is_ready: cython.bint = seen >= SLOW_PERIOD + SIGNAL_PERIOD - 2
        out[i, 0] = line if is_ready else 0.0
        out[i, 1] = signal if is_ready else 0.0
        out[i, 2] = line - signal if is_ready else 0.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, FAST] = fast
            state[r, SLOW] = slow
            state[r, SIGNAL] = signal
