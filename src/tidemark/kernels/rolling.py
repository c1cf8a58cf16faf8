# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Indicators over a window of any length, a candle after the other: what strategies ask for by name and length.

Each takes the state of all series, float64 (series, width) and zero before the first candle, whose first column counts
candles; rows, int32 (n,): the series of each entry, where one may come again; the columns that it reads, float64 (n,);
the length; and where the values go, float64 (n,): 0 until there is one. Sums are added up anew whenever the window has
gone round, so that they do not drift. Nothing is checked here.

>>> import numpy as np
>>> state, out = np.zeros((1, window_width(3))), np.zeros(4)
>>> mean(state, np.zeros(4, np.int32), np.array([1.0, 2.0, 6.0, 7.0]), 3, out)
>>> out.tolist()
[0.0, 0.0, 3.0, 5.0]
"""

import cython

SEEN = cython.declare(cython.int, 0)
SUM = cython.declare(cython.int, 1)
SQUARES = cython.declare(cython.int, 2)
# What sums are taken of is the distance from here, so that squares of large prices lose nothing.
ORIGIN = cython.declare(cython.int, 3)
WINDOW = cython.declare(cython.int, 4)

LAST = cython.declare(cython.int, 1)
UP = cython.declare(cython.int, 2)
DOWN = cython.declare(cython.int, 3)
SMOOTHED_WIDTH = 4


def window_width(period: int) -> int:
    """How wide the state of a series is that keeps a window."""
    return 4 + period


@cython.cfunc
@cython.exceptval(check=False)
def _take(state: cython.double[:, ::1], r: cython.int, value: cython.double, period: cython.int) -> cython.longlong:
    """Take a value into the window and the sums; give how many there were before it."""
    k: cython.int
    seen: cython.longlong = int(state[r, SEEN])
    place: cython.int = WINDOW + seen % period
    if seen % period == 0:
        state[r, ORIGIN] = value
        state[r, place] = value
        state[r, SUM] = 0.0
        state[r, SQUARES] = 0.0
        last: cython.int = period if seen >= period else 1
        for k in range(last):
            apart: cython.double = state[r, WINDOW + k] - value
            state[r, SUM] += apart
            state[r, SQUARES] += apart * apart
    else:
        now: cython.double = value - state[r, ORIGIN]
        before: cython.double = state[r, place] - state[r, ORIGIN] if seen >= period else 0.0
        state[r, SUM] += now - before
        state[r, SQUARES] += now * now - before * before
        state[r, place] = value
    state[r, SEEN] = seen + 1
    return seen


def mean(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The mean of the last *period* values."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        r: cython.int = rows[i]
        seen: cython.longlong = _take(state, r, values[i], period)
        out[i] = state[r, ORIGIN] + state[r, SUM] / period if seen + 1 >= period else 0.0


def deviation(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The standard deviation of the last *period* values, of the window itself (divided by its length)."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        r: cython.int = rows[i]
        seen: cython.longlong = _take(state, r, values[i], period)
        out[i] = 0.0
        if seen + 1 >= period:
            middle: cython.double = state[r, SUM] / period
            variance: cython.double = state[r, SQUARES] / period - middle * middle
            out[i] = variance**0.5 if variance > 0 else 0.0


def change(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The change against the value *period* before, in percent; 0 where that was 0."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        r: cython.int = rows[i]
        seen: cython.longlong = int(state[r, SEEN])
        place: cython.int = WINDOW + seen % period
        before: cython.double = state[r, place]
        out[i] = (values[i] / before - 1.0) * 100.0 if seen >= period and before != 0 else 0.0
        state[r, place] = values[i]
        state[r, SEEN] = seen + 1


def highest(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The largest of the last *period* values."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        out[i] = _largest(state, rows[i], values[i], period)


def lowest(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The smallest of the last *period* values."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        found: cython.double = _largest(state, rows[i], -values[i], period)
        out[i] = -found if found != 0 else 0.0


@cython.cfunc
@cython.exceptval(check=False)
def _largest(state: cython.double[:, ::1], r: cython.int, value: cython.double, period: cython.int) -> cython.double:
    """Take a value; the largest of the window, 0 while it is not full. It is searched for where the largest leaves."""
    k: cython.int
    seen: cython.longlong = int(state[r, SEEN])
    place: cython.int = WINDOW + seen % period
    leaving: cython.double = state[r, place]
    state[r, place] = value
    state[r, SEEN] = seen + 1
    if seen == 0 or value >= state[r, SUM]:
        state[r, SUM] = value
    elif seen >= period and leaving == state[r, SUM]:
        state[r, SUM] = value
        for k in range(period):
            if state[r, WINDOW + k] > state[r, SUM]:
                state[r, SUM] = state[r, WINDOW + k]
    return state[r, SUM] if seen + 1 >= period else 0.0


def exponential(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The exponential mean, of which a value weighs 2 / (period + 1); it begins as a plain mean."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        r: cython.int = rows[i]
        seen: cython.double = state[r, SEEN]
        value: cython.double = state[r, LAST]
        if seen >= period:
            value += (values[i] - value) * 2.0 / (period + 1)
        else:
            value += values[i]
            if seen == period - 1:
                value /= period
        state[r, LAST] = value
        state[r, SEEN] = seen + 1
        out[i] = value if seen >= period - 1 else 0.0


def strength(
    state: cython.double[:, ::1], rows: cython.int[::1], values: cython.double[::1], period: cython.int,
    out: cython.double[::1],
) -> None:  # fmt: skip
    """The relative strength index, 0 to 100; 50 where nothing moved. Source: J. W. Wilder (1978)."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        r: cython.int = rows[i]
        seen: cython.double = state[r, SEEN]
        moved: cython.double = values[i] - state[r, LAST] if seen > 0 else 0.0
        rise: cython.double = moved if moved > 0 else 0.0
        fall: cython.double = -moved if moved < 0 else 0.0
        if seen > period:
            state[r, UP] = (state[r, UP] * (period - 1) + rise) / period
            state[r, DOWN] = (state[r, DOWN] * (period - 1) + fall) / period
        else:
            state[r, UP] += rise
            state[r, DOWN] += fall
            if seen == period:
                state[r, UP] /= period
                state[r, DOWN] /= period
        state[r, LAST] = values[i]
        state[r, SEEN] = seen + 1
        total: cython.double = state[r, UP] + state[r, DOWN]
        out[i] = 0.0
        if seen >= period:
            out[i] = 100.0 * state[r, UP] / total if total > 0 else 50.0


def true_range(
    state: cython.double[:, ::1], rows: cython.int[::1], high: cython.double[::1], low: cython.double[::1],
    close: cython.double[::1], period: cython.int, out: cython.double[::1],
) -> None:  # fmt: skip
    """The average true range, from the second candle on. Source: J. W. Wilder (1978)."""
    i: cython.Py_ssize_t
    for i in range(rows.shape[0]):
        r: cython.int = rows[i]
        seen: cython.double = state[r, SEEN]
        before: cython.double = state[r, LAST]
        top: cython.double = before if before > high[i] and seen > 0 else high[i]
        bottom: cython.double = before if before < low[i] and seen > 0 else low[i]
        if seen > period:
            state[r, UP] = (state[r, UP] * (period - 1) + top - bottom) / period
        elif seen > 0:
            state[r, UP] += top - bottom
            if seen == period:
                state[r, UP] /= period
        state[r, LAST] = close[i]
        state[r, SEEN] = seen + 1
        out[i] = state[r, UP] if seen >= period else 0.0
