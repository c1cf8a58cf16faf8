# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The state of each market, moved by one candle after the other; see analysis.regime, which has the meaning of it all.

Nothing is checked here: whoever calls validates the rows, and passes C-contiguous arrays.
"""

import cython

UNKNOWN = cython.declare(cython.int, 0)
ILLIQUID = cython.declare(cython.int, 1)
VOLATILE = cython.declare(cython.int, 2)
TREND_UP = cython.declare(cython.int, 3)
TREND_DOWN = cython.declare(cython.int, 4)
RANGE = cython.declare(cython.int, 5)


def move(
    rows: cython.int[::1], at: cython.longlong[::1], figures: cython.double[:, ::1], known: cython.uchar[::1],
    limits: cython.double[::1], regime: cython.uchar[::1], since: cython.longlong[::1], told: cython.uchar[::1],
) -> None:  # fmt: skip
    """Move `regime` of each row by figures (n, 5): ADX, +DI, -DI, ranges and volume against the usual.

    limits: where each state is entered and left: volume, volume, range, range, ADX, ADX. A row may come again, in
    order. since: the time of the candle with which the present state began. told: the state after each entry (n,).
    """
    i: cython.Py_ssize_t
    r: cython.int
    before: cython.int
    now: cython.int
    is_trend: cython.bint
    for i in range(rows.shape[0]):
        r = rows[i]
        before = regime[r]
        is_trend = before == TREND_UP or before == TREND_DOWN
        if not known[i]:
            now = UNKNOWN
        elif figures[i, 4] < limits[0] or (before == ILLIQUID and figures[i, 4] <= limits[1]):
            now = ILLIQUID
        elif figures[i, 3] > limits[2] or (before == VOLATILE and figures[i, 3] >= limits[3]):
            now = VOLATILE
        elif figures[i, 0] > limits[4] or (is_trend and figures[i, 0] >= limits[5]):
            if figures[i, 1] != figures[i, 2]:
                now = TREND_UP if figures[i, 1] > figures[i, 2] else TREND_DOWN
            else:
                # Neither side leads: it stays what it was.
                now = before if is_trend else RANGE
        else:
            now = RANGE
        if now != before or since[r] == 0:
            since[r] = at[i]
        regime[r] = now
        told[i] = now
