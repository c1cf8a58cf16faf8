# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Average directional index of 14 candles with +DI and -DI, each in [0, 100].

Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978). Movements and ranges are summed over 13 candles
and smoothed from the 14th change on, the first index is the mean of 14, as TA-Lib has it. A candle without any range
leaves the index as it was.

Reads: high, low, close. Memory: 64 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("adx", "plus_di", "minus_di")
WARM_UP = 28
WIDTH = 8
PERIOD = cython.declare(cython.int, 14)
SEEN = cython.declare(cython.int, 0)
HIGH = cython.declare(cython.int, 1)
LOW = cython.declare(cython.int, 2)
PRICE = cython.declare(cython.int, 3)
PLUS = cython.declare(cython.int, 4)
MINUS = cython.declare(cython.int, 5)
RANGE = cython.declare(cython.int, 6)
INDEX = cython.declare(cython.int, 7)


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
        plus: cython.double = state[r, PLUS]
        minus: cython.double = state[r, MINUS]
        extent: cython.double = state[r, RANGE]
        index: cython.double = state[r, INDEX]
        plus_di: cython.double = 0.0
        minus_di: cython.double = 0.0
        if seen > 0:
            before: cython.double = state[r, PRICE]
            up: cython.double = high[i] - state[r, HIGH]
            down: cython.double = state[r, LOW] - low[i]
            top: cython.double = high[i] if high[i] > before else before
            bottom: cython.double = low[i] if low[i] < before else before
            if seen >= PERIOD:
                plus -= plus / PERIOD
                minus -= minus / PERIOD
                extent -= extent / PERIOD
            if down > 0 and up < down:
                minus += down
            elif up > 0 and up > down:
                plus += up
            extent += top - bottom
            if seen >= PERIOD and extent > 0:
                plus_di = 100.0 * plus / extent
                minus_di = 100.0 * minus / extent
                total: cython.double = plus_di + minus_di
                if total > 0:
                    apart: cython.double = plus_di - minus_di if plus_di > minus_di else minus_di - plus_di
                    directed: cython.double = 100.0 * apart / total
                    if seen >= 2 * PERIOD:
                        index = (index * (PERIOD - 1) + directed) / PERIOD
                    else:
                        index += directed
            if seen == 2 * PERIOD - 1:
                index /= PERIOD
        is_ready: cython.bint = seen >= 2 * PERIOD - 1
        out[i, 0] = index if is_ready else 0.0
        out[i, 1] = plus_di if is_ready else 0.0
        out[i, 2] = minus_di if is_ready else 0.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, HIGH] = high[i]
            state[r, LOW] = low[i]
            state[r, PRICE] = close[i]
            state[r, PLUS] = plus
            state[r, MINUS] = minus
            state[r, RANGE] = extent
            state[r, INDEX] = index
