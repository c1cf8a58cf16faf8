# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Mean price by volume since the day and since the week began, and the standard deviation of price around each.

Source: S. Berkowitz, D. Logue, E. Noser, The Total Cost of Transactions on the NYSE (1988). The price of a candle is
the mean of high, low and close; days begin at 00:00 UTC, weeks on Monday. Mean and deviation are those of all candles
of the session, weighted by volume. Before anything was traded in it: that price, and 0.

Reads: time, high, low, close, volume. Memory: 72 bytes a series.
"""

import cython

READS = ("time", "high", "low", "close", "volume")
GIVES = ("vwap_day", "vwap_day_deviation", "vwap_week", "vwap_week_deviation")
WARM_UP = 1
WIDTH = 9
SEEN = cython.declare(cython.int, 0)
# Session, volume, mean and the sum of squared distances from it times volume: of the day, then of the week.
SESSIONS = cython.declare(cython.int, 1)
DAY_S = cython.declare(cython.longlong, 86400)
WEEK_S = cython.declare(cython.longlong, 604800)
# 1970 began on a Thursday.
MONDAY_S = cython.declare(cython.longlong, 259200)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    time: cython.double[:],
    high: cython.double[:],
    low: cython.double[:],
    close: cython.double[:],
    volume: cython.double[:],
    out: cython.double[:, :],
    commits: cython.bint,
) -> None:
    """See base.Indicator.update."""
    i: cython.Py_ssize_t
    k: cython.int
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        at: cython.longlong = int(time[i])
        price: cython.double = (high[i] + low[i] + close[i]) / 3.0
        for k in range(2):
            first: cython.int = SESSIONS + 4 * k
            session: cython.double = at // DAY_S if k == 0 else (at + MONDAY_S) // WEEK_S
            traded: cython.double = state[r, first + 1]
            mean: cython.double = state[r, first + 2]
            squares: cython.double = state[r, first + 3]
            if session != state[r, first] or traded == 0:
                traded = 0.0
                mean = price
                squares = 0.0
            if volume[i] > 0:
                traded += volume[i]
                away: cython.double = price - mean
                mean += away * (volume[i] / traded)
                squares += volume[i] * away * (price - mean)
            out[i, 2 * k] = mean
            out[i, 2 * k + 1] = (squares / traded) ** 0.5 if squares > 0 else 0.0
            if commits:
                state[r, first] = session
                state[r, first + 1] = traded
                state[r, first + 2] = mean
                state[r, first + 3] = squares
        if commits:
            state[r, SEEN] += 1
