# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Candles of a longer timeframe out of those that lie within it, of many markets, as they come.

Nothing is checked here: whoever calls passes C-contiguous arrays, and candles in order of time, none before 1970.
"""

import cython

NONE = cython.declare(cython.longlong, -1)
OPEN = cython.declare(cython.int, 0)
HIGH = cython.declare(cython.int, 1)
LOW = cython.declare(cython.int, 2)
CLOSE = cython.declare(cython.int, 3)
VOLUME = cython.declare(cython.int, 4)
FIGURES = cython.declare(cython.int, 5)


def join(
    market: cython.int[::1], time: cython.longlong[::1], figures: cython.double[:, ::1], length: cython.longlong,
    step: cython.longlong, number: cython.longlong[::1], waiting: cython.double[:, ::1],
    given_market: cython.int[::1], given_time: cython.longlong[::1], given: cython.double[:, ::1],
) -> int:  # fmt: skip
    """Take n candles of *length* (ns); give how many of *step* (ns) were finished by them, in the order in which.

    One is finished by the candle that ends when it does, or else by the next one. figures: (5, n) open, high, low,
    close, volume. number (markets,): which of them waits, -1 for none; waiting (markets, 5): its figures so far.
    given_market, given_time (2 n,) and given (5, 2 n) receive them.
    """
    i: cython.Py_ssize_t
    m: cython.Py_ssize_t
    which: cython.longlong
    count: cython.Py_ssize_t = 0
    for i in range(market.shape[0]):
        m = market[i]
        which = time[i] // step
        if number[m] != NONE and number[m] != which:
            count = _give(m, step, number, waiting, given_market, given_time, given, count)
        if number[m] == NONE:
            number[m] = which
            waiting[m, OPEN] = figures[OPEN, i]
            waiting[m, HIGH] = figures[HIGH, i]
            waiting[m, LOW] = figures[LOW, i]
            waiting[m, VOLUME] = 0.0
        waiting[m, HIGH] = figures[HIGH, i] if figures[HIGH, i] > waiting[m, HIGH] else waiting[m, HIGH]
        waiting[m, LOW] = figures[LOW, i] if figures[LOW, i] < waiting[m, LOW] else waiting[m, LOW]
        waiting[m, CLOSE] = figures[CLOSE, i]
        waiting[m, VOLUME] += figures[VOLUME, i]
        if time[i] + length >= (which + 1) * step:
            count = _give(m, step, number, waiting, given_market, given_time, given, count)
    return count


@cython.cfunc
@cython.exceptval(check=False)
def _give(
    m: cython.Py_ssize_t, step: cython.longlong, number: cython.longlong[::1], waiting: cython.double[:, ::1],
    given_market: cython.int[::1], given_time: cython.longlong[::1], given: cython.double[:, ::1],
    count: cython.Py_ssize_t,
) -> cython.Py_ssize_t:  # fmt: skip
    k: cython.int
    given_market[count] = m
    given_time[count] = number[m] * step
    for k in range(FIGURES):
        given[k, count] = waiting[m, k]
    number[m] = NONE
    return count + 1
